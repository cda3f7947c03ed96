"""Addresses of the findings' pages."""

from django.urls import path

from findings.views import deadlines, mapping, upload

app_name = "findings"

urlpatterns = [
    path("upload/", upload.upload, name="upload"),
    path("policies/deadlines/", deadlines.deadlines, name="deadlines"),
    path("mapping/", mapping.mapping, name="mapping"),
    path("mapping/<str:code>/end/", mapping.mapping_end, name="mapping-end"),
]
