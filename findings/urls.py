"""Addresses of the findings' pages."""

from django.urls import path

from findings.views import columns, deadlines, mapping, upload

app_name = "findings"

urlpatterns = [
    path("upload/", upload.upload, name="upload"),
    path("upload/<str:code>/columns/", columns.columns, name="upload-columns"),
    path("policies/deadlines/", deadlines.deadlines, name="deadlines"),
    path("policies/deadlines/except/", deadlines.deadline_except, name="deadline-except"),
    path("policies/deadlines/except/<int:number>/end/", deadlines.deadline_except_end, name="deadline-except-end"),
    path("mapping/", mapping.mapping, name="mapping"),
    path("mapping/reports/<str:code>/tie/", mapping.report_tie, name="report-tie"),
    path("mapping/<str:code>/end/", mapping.mapping_end, name="mapping-end"),
]
