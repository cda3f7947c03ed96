"""Addresses of connections and traffic."""

from django.urls import path

from inventory.views import connections, traffic

app_name = "inventory"

urlpatterns = [
    path("connections/", connections.connection_list, name="connections"),
    path("connections/new/", connections.connection_new, name="connection-new"),
    path("connections/<str:code>/", connections.connection_page, name="connection"),
    path("connections/<str:code>/run/", connections.connection_run, name="connection-run"),
    path("connections/<str:code>/pause/", connections.connection_pause, name="connection-pause"),
    path("connections/<str:code>/test/", connections.connection_test, name="connection-test"),
    path("connections/<str:code>/secret/", connections.connection_secret, name="connection-secret"),
    path("connections/<str:code>/runs/<str:run>/", connections.run_page, name="run"),
    path("traffic/", traffic.traffic, name="traffic"),
    path("traffic/adopt/", traffic.traffic_adopt, name="traffic-adopt"),
    path("policies/discovery/", traffic.traffic_policy, name="traffic-policy"),
]
