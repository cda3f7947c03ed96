"""Every address of the REST interface, from all floors; this is the one place that knows them all."""

from django.urls import path, re_path

from findings.api import checks, decisions, findings, mapping, reports
from incidents.api import alerts, incidents, triage
from inventory.access.api import teams
from inventory.api import connections, endpoints, hooks, runs
from inventory.jobs.api import jobs
from posture.api import apis, compliance, exports, schema, scores

app_name = "api"

urlpatterns = [
    path("teams/", teams.TeamList.as_view(), name="teams"),
    path("teams/<slug:slug>/", teams.TeamDetail.as_view(), name="team"),
    path("apis/", apis.ApiList.as_view(), name="apis"),
    path("apis/<str:code>/", apis.ApiDetail.as_view(), name="api"),
    path("apis/<str:code>/score/", scores.ApiScore.as_view(), name="api-score"),
    path("endpoints/", endpoints.EndpointList.as_view(), name="endpoints"),
    path("findings/", findings.FindingList.as_view(), name="findings"),
    path("findings/<str:code>/", findings.FindingDetail.as_view(), name="finding"),
    path("checks/", checks.CheckList.as_view(), name="checks"),
    path("compliance/", compliance.ComplianceSummary.as_view(), name="compliance"),
    path("compliance/results/", compliance.ComplianceResults.as_view(), name="compliance-results"),
    path("alerts/", alerts.AlertList.as_view(), name="alerts"),
    path("alerts/triage/", triage.AlertTriage.as_view(), name="alert-triage"),
    path("alerts/<str:code>/", alerts.AlertDetail.as_view(), name="alert"),
    path("incidents/", incidents.IncidentList.as_view(), name="incidents"),
    path("incidents/<str:code>/", incidents.IncidentDetail.as_view(), name="incident"),
    path("incidents/<str:code>/timeline/", incidents.IncidentTimeline.as_view(), name="incident-timeline"),
    path("decisions/", decisions.DecisionList.as_view(), name="decisions"),
    path("decisions/<str:code>/", decisions.DecisionDetail.as_view(), name="decision"),
    path("decisions/<str:code>/answer/", decisions.DecisionAnswer.as_view(), name="decision-answer"),
    path("decisions/<str:code>/undo/", decisions.DecisionUndo.as_view(), name="decision-undo"),
    path("reports/", reports.ReportList.as_view(), name="reports"),
    path("reports/<str:code>/", reports.ReportDetail.as_view(), name="report"),
    path("connections/", connections.ConnectionList.as_view(), name="connections"),
    path("connections/<str:code>/", connections.ConnectionDetail.as_view(), name="connection"),
    path("connections/<str:code>/pause/", connections.ConnectionPause.as_view(), name="connection-pause"),
    path("connections/<str:code>/resume/", connections.ConnectionResume.as_view(), name="connection-resume"),
    path("connections/<str:code>/test/", connections.ConnectionTest.as_view(), name="connection-test"),
    path("connections/<str:code>/run/", connections.ConnectionRun.as_view(), name="connection-run"),
    path("connections/<str:code>/secret/", hooks.ConnectionSecret.as_view(), name="connection-secret"),
    path("runs/", runs.RunList.as_view(), name="runs"),
    path("runs/<str:code>/", runs.RunDetail.as_view(), name="run"),
    path("mapping-rules/", mapping.RuleList.as_view(), name="mapping-rules"),
    path("mapping-rules/preview/", mapping.RulePreview.as_view(), name="mapping-rule-preview"),
    path("mapping-rules/<str:code>/", mapping.RuleDetail.as_view(), name="mapping-rule"),
    path("mapping-rules/<str:code>/end/", mapping.RuleEnd.as_view(), name="mapping-rule-end"),
    path("jobs/", jobs.JobList.as_view(), name="jobs"),
    path("jobs/<uuid:job_id>/", jobs.JobDetail.as_view(), name="job"),
    path("jobs/<uuid:job_id>/cancel/", jobs.JobCancel.as_view(), name="job-cancel"),
    path("export/apis.csv", exports.ApisCsv.as_view(), name="export-apis"),
    path("export/apis/<str:code>/findings.csv", exports.FindingsCsv.as_view(), name="export-findings"),
    path("schema/", schema.SchemaAnswer.as_view(), name="schema"),
    # What is nowhere gets an answer in the one shape too.
    re_path("", schema.Nowhere.as_view(), name="nowhere"),
]
