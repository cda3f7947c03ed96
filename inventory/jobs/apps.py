"""The jobs app."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Wiring of `inventory.jobs`."""

    name = "inventory.jobs"
    label = "jobs"
