"""Addresses of jobs."""

from django.urls import path

from inventory.jobs import views

app_name = "jobs"
urlpatterns = [
    path("jobs/", views.job_list, name="jobs"),
    path("jobs/<uuid:job_id>/", views.job_detail, name="job"),
    path("jobs/<uuid:job_id>/stop/", views.job_stop, name="job-stop"),
    path("jobs/<uuid:job_id>/again/", views.job_again, name="job-again"),
]
