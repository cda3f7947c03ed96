"""The inventory app."""

from django.apps import AppConfig

from inventory.connectors.registry import discover


class InventoryConfig(AppConfig):
    """Wiring of `inventory`: its readers and jobs."""

    name = "inventory"
    label = "inventory"

    def ready(self) -> None:
        """Register readers and jobs."""
        from inventory import tasks  # noqa: F401, PLC0415 -- imported for what it registers

        discover("inventory.connectors")
