"""Addresses of the incidents' pages."""

from django.urls import path

from incidents.views import alerts, cases, hooks, incidents, room, together

app_name = "incidents"

urlpatterns = [
    path("alerts/", alerts.alert_list, name="alerts"),
    path("alerts/together/", together.alerts_at_once, name="alerts-together"),
    path("alerts/together/undo/", together.alerts_undo, name="alerts-undo"),
    path("alerts/<str:code>/", alerts.alert_detail, name="alert"),
    path("alerts/<str:code>/triage/", alerts.alert_triage, name="alert-triage"),
    path("alerts/<str:code>/undo/", alerts.alert_undo, name="alert-undo"),
    path("cases/", cases.case_list, name="cases"),
    path("cases/<str:code>/", cases.case_detail, name="case"),
    path("incidents/", incidents.incident_list, name="incidents"),
    path("incidents/new/", incidents.incident_new, name="incident-new"),
    path("incidents/evidence/<str:code>.json", incidents.evidence_json, name="evidence-export"),
    path("incidents/<str:code>/", incidents.incident_room, name="incident"),
    path("incidents/<str:code>/timeline.csv", incidents.timeline_csv, name="incident-export"),
    path("incidents/<str:code>/facts/", room.facts, name="incident-facts"),
    path("incidents/<str:code>/stage/", room.stage, name="incident-stage"),
    path("incidents/<str:code>/entry/", room.entry, name="incident-entry"),
    path("incidents/<str:code>/people/", room.people, name="incident-people"),
    path("incidents/<str:code>/links/", room.links, name="incident-links"),
    path("incidents/<str:code>/playbook/", room.playbook, name="incident-playbook"),
    path("incidents/<str:code>/step/", room.step, name="incident-step"),
    path("incidents/<str:code>/clock/", room.clock, name="incident-clock"),
    path("incidents/<str:code>/task/", room.task, name="incident-task"),
    path("incidents/<str:code>/evidence/", room.evidence, name="incident-evidence"),
    path("incidents/<str:code>/close/", room.closing, name="incident-close"),
    path("hooks/<str:code>/", hooks.receive, name="hook"),
]
