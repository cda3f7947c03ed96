"""The inventory app."""

from django.apps import AppConfig
from typing_extensions import override

from inventory.connectors.registry import discover
from inventory.sources import base as sources


class InventoryConfig(AppConfig):
    """Wiring of `inventory`: its readers, checks, connectors and jobs."""

    name = "inventory"
    label = "inventory"

    @override
    def ready(self) -> None:
        """Register readers, connectors and jobs, and listen to what happens here."""
        from inventory import receivers, tasks  # noqa: F401, PLC0415 -- imported for what they register
        from inventory.access import belongings  # noqa: PLC0415 -- knows models, which are there by now
        from inventory.services.belongings import Apis  # noqa: PLC0415 -- as above

        belongings.register(Apis())
        discover("inventory.connectors", "inventory.checks")
        sources.discover()
