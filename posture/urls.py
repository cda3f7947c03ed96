"""Every address of the product. Each route is declared in the registry (`inventory.access.routes`)."""

from django.urls import include, path

from posture.views import (
    apis,
    compliance,
    components,
    demo,
    exports,
    facts,
    findings,
    lists,
    notices,
    overview,
    people,
    queue,
    register,
    saved,
    search,
    work,
)

roof = (
    [
        path("", overview.overview, name="home"),
        path("start/", overview.start, name="start"),
        path("overview/assign/", overview.overview_assign, name="overview-assign"),
        path("apis/", lists.api_list, name="apis"),
        path("apis/<str:code>/", apis.api_summary, name="api"),
        path("apis/<str:code>/endpoints/", apis.api_endpoints, name="api-endpoints"),
        path("apis/<str:code>/checks/", apis.api_checks, name="api-checks"),
        path("apis/<str:code>/findings/", apis.api_findings, name="api-findings"),
        path("apis/<str:code>/history/", apis.api_history, name="api-history"),
        path("apis/<str:code>/facts/", facts.api_facts, name="api-facts"),
        path("apis/<str:code>/people/", people.api_people, name="api-people"),
        path("apis/<str:code>/specification/", people.api_specification, name="api-specification"),
        path("findings/", lists.finding_list, name="findings"),
        path("findings/<str:code>/", findings.finding_detail, name="finding"),
        path("findings/<str:code>/decide/", findings.finding_decide, name="finding-decide"),
        path("findings/<str:code>/ask/", findings.finding_ask, name="finding-ask"),
        path("findings/<str:code>/answer/", findings.finding_answer, name="finding-answer"),
        path("findings/<str:code>/undo/", findings.finding_undo, name="finding-undo"),
        path("findings/<str:code>/note/", findings.finding_note, name="finding-note"),
        path("notices/", notices.notice_list, name="notices"),
        path("notices/read/", notices.notices_read, name="notices-read"),
        path("notices/settings/", notices.notice_wishes, name="notice-wishes"),
        path("notices/<str:code>/", notices.notice_open, name="notice-open"),
        path("findings/<str:code>/assign/", work.finding_assign, name="finding-assign"),
        path("findings/<str:code>/pause/", work.finding_pause, name="finding-pause"),
        path("findings/<str:code>/retest/", work.finding_retest, name="finding-retest"),
        path("queue/", queue.queue_list, name="queue"),
        path("queue/together/", queue.queue_together, name="queue-together"),
        path("queue/undo/", queue.queue_undo, name="queue-undo"),
        path("queue/<str:code>/", queue.queue_panel, name="queue-panel"),
        path("decisions/", register.register, name="register"),
        path("export/decisions.csv", register.register_csv, name="export-register"),
        path("compliance/", compliance.compliance, name="compliance"),
        path("export/compliance.csv", compliance.compliance_csv, name="export-compliance"),
        path("export/papers/", compliance.papers, name="export-papers"),
        path("export/papers/new/", compliance.paper_new, name="export-paper-new"),
        path("export/papers/<str:code>/", compliance.paper, name="export-paper"),
        path("components/", components.components, name="components"),
        path("settings/demo/", demo.demo_reset, name="demo-reset"),
        path("search", search.find, name="search"),
        path("views/save/", saved.view_save, name="view-save"),
        path("views/<str:code>/delete/", saved.view_delete, name="view-delete"),
        path("views/<str:code>/first/", saved.view_first, name="view-first"),
        path("export/apis.csv", exports.apis_csv, name="export-apis"),
        path("export/findings.csv", exports.all_findings_csv, name="export-all-findings"),
        path("export/apis/<str:code>/findings.csv", exports.findings_csv, name="export-findings"),
    ],
    "posture",
)

urlpatterns = [
    path("", include(roof)),
    path("", include("inventory.access.urls")),
    path("", include("inventory.jobs.urls")),
    path("", include("inventory.urls")),
    path("", include("findings.urls")),
    path("", include("incidents.urls")),
    path("api/v1/", include("posture.api.urls")),
]

handler400 = "posture.views.failures.not_understood"
handler404 = "posture.views.failures.not_found"
handler500 = "posture.views.failures.failed"
