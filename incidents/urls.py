"""Addresses of the incidents' pages."""

from django.urls import path

from incidents.views import alerts, hooks

app_name = "incidents"

urlpatterns = [
    path("alerts/", alerts.alert_list, name="alerts"),
    path("alerts/<str:code>/", alerts.alert_detail, name="alert"),
    path("alerts/<str:code>/triage/", alerts.alert_triage, name="alert-triage"),
    path("alerts/<str:code>/undo/", alerts.alert_undo, name="alert-undo"),
    path("hooks/<str:code>/", hooks.receive, name="hook"),
]
