"""Every address of the product. Each route is declared in the registry (`inventory.access.routes`)."""

from django.urls import include, path

from posture.views import apis, facts

roof = (
    [
        path("", apis.home, name="home"),
        path("apis/", apis.api_list, name="apis"),
        path("apis/<str:code>/", apis.api_summary, name="api"),
        path("apis/<str:code>/endpoints/", apis.api_endpoints, name="api-endpoints"),
        path("apis/<str:code>/findings/", apis.api_findings, name="api-findings"),
        path("apis/<str:code>/history/", apis.api_history, name="api-history"),
        path("apis/<str:code>/facts/", facts.api_facts, name="api-facts"),
    ],
    "posture",
)

urlpatterns = [
    path("", include(roof)),
    path("", include("inventory.access.urls")),
    path("", include("inventory.jobs.urls")),
    path("", include("findings.urls")),
]
