"""Addresses of the findings' pages."""

from django.urls import path

from findings.views import upload

app_name = "findings"

urlpatterns = [
    path("upload/", upload.upload, name="upload"),
]
