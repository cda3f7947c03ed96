"""Whether the demo was loaded."""

from django.db import models
from django.db.models import Q
from typing_extensions import override


class DemoInstall(models.Model):
    """That this installation was given the demo's estate: when, by how many days it was moved, and how far it is.

    One row at most. `done_at` is set once everything is there.
    """

    only = models.BooleanField(default=True, unique=True)
    moved_days = models.IntegerField()
    step = models.SmallIntegerField(default=0)
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(only=True), name="demo_install_one")]

    @override
    def __str__(self) -> str:
        return f"Demo, step {self.step}"
