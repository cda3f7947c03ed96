"""The Celery application: it carries job ids; what they mean stands in PostgreSQL (`inventory.jobs`)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")

app = Celery("posture")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["inventory.jobs"])
