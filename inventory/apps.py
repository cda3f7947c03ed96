"""The inventory app."""

from django.apps import AppConfig
from typing_extensions import override

from inventory.connectors.registry import discover


class InventoryConfig(AppConfig):
    """Wiring of `inventory`: its readers and jobs."""

    name = "inventory"
    label = "inventory"

    @override
    def ready(self) -> None:
        """Register readers and jobs."""
        from inventory import tasks  # noqa: F401, PLC0415 -- imported for what it registers

        discover("inventory.connectors")
