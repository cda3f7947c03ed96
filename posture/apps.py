"""The posture app."""

from django.apps import AppConfig
from django.core.validators import MaxLengthValidator
from typing_extensions import override


class PostureConfig(AppConfig):
    """Wiring of `posture`."""

    name = "posture"
    label = "posture"

    @override
    def ready(self) -> None:
        """Hear news, register jobs, and make our Celery application the one that whoever enqueues sends ids with."""
        from posture import receivers, tasks  # noqa: F401, PLC0415 - imported for what they register
        from posture.celery import app  # noqa: PLC0415 - the settings it reads are complete only now

        app.set_default()
        # Django's own sentence says that a value is to be ensured, and not what to do.
        MaxLengthValidator.message = "At most %(limit_value)d characters fit, and this has %(show_value)d; shorten it."
