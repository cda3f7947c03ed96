"""The posture app."""

from django.apps import AppConfig


class PostureConfig(AppConfig):
    """Wiring of `posture`."""

    name = "posture"
    label = "posture"
