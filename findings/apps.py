"""The findings app."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """Wiring of `findings`."""

    name = "findings"
    label = "findings"
