"""The product's Celery application plus the handlers of these tests, for real workers (`-A`)."""

import django

from posture.celery import app as app  # noqa: PLC0414 - celery looks for it here

django.setup()

from tests.inventory.jobs import handlers as handlers  # noqa: E402, PLC0414 - models exist only after the set-up
