"""The findings app."""

from django.apps import AppConfig
from typing_extensions import override

from inventory.connectors.registry import discover


class FindingsConfig(AppConfig):
    """Wiring of `findings`: its readers, checks, jobs and receivers."""

    name = "findings"
    label = "findings"

    @override
    def ready(self) -> None:
        """Register readers and jobs, and listen to the ground floor."""
        from findings import receivers, tasks  # noqa: F401, PLC0415 -- imported for what they register

        discover("findings.connectors", "findings.checks")
