"""The jobs app."""

from celery.signals import worker_init, worker_process_init
from django.apps import AppConfig
from django.db.models.signals import post_migrate
from typing_extensions import override

from inventory.access.signals import password_reset_asked


class JobsConfig(AppConfig):
    """Wiring of `inventory.jobs`."""

    name = "inventory.jobs"
    label = "jobs"

    @override
    def ready(self) -> None:
        """Register this floor's handlers and listen to the worker's life."""
        from inventory.jobs import receivers, tasks  # noqa: F401, PLC0415 - models exist only now; tasks register

        post_migrate.connect(receivers.seed_schedules, sender=self, dispatch_uid="jobs.schedules")
        password_reset_asked.connect(receivers.send_reset, dispatch_uid="jobs.send_reset")
        worker_init.connect(receivers.remember_parent, weak=False)
        worker_process_init.connect(receivers.start_clean, weak=False)
