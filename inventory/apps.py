"""The inventory app."""

from django.apps import AppConfig
from typing_extensions import override

from inventory.connectors.registry import discover
from inventory.sources import base as sources


class InventoryConfig(AppConfig):
    """Wiring of `inventory`: its readers, connectors and jobs."""

    name = "inventory"
    label = "inventory"

    @override
    def ready(self) -> None:
        """Register readers, connectors and jobs."""
        from inventory import tasks  # noqa: F401, PLC0415 -- imported for what it registers

        discover("inventory.connectors")
        sources.discover()
