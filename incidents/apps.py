"""The incidents app."""

from django.apps import AppConfig
from typing_extensions import override

from inventory.connectors.registry import discover


class IncidentsConfig(AppConfig):
    """Wiring of `incidents`: its readers, jobs and receivers."""

    name = "incidents"
    label = "incidents"

    @override
    def ready(self) -> None:
        """Register readers and jobs, and listen to the floors below."""
        from incidents import receivers, tasks  # noqa: F401, PLC0415 -- imported for what they register

        discover("incidents.connectors")
