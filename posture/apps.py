"""The posture app."""

from django.apps import AppConfig


class PostureConfig(AppConfig):
    """Wiring of `posture`."""

    name = "posture"
    label = "posture"

    def ready(self) -> None:
        """Make our Celery application the current one: whoever enqueues a job sends its id with it."""
        from posture.celery import app  # noqa: PLC0415 - the settings it reads are complete only now

        app.set_default()
