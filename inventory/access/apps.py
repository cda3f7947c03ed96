"""The access app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Wiring of `inventory.access`."""

    name = "inventory.access"
    label = "access"
