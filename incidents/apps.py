"""The incidents app."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """Wiring of `incidents`."""

    name = "incidents"
    label = "incidents"
