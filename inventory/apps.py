"""The inventory app."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Wiring of `inventory`."""

    name = "inventory"
    label = "inventory"
