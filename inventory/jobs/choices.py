"""The words of jobs: states and queues."""

from django.db.models import TextChoices


class State(TextChoices):
    """Where a job stands. `queued` and `running` are live; the others are final."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Stopped"
    QUARANTINED = "quarantined", "Quarantined"


class Queue(TextChoices):
    """Who waits behind whom: short work (scores, notices) never behind imports, small imports not behind large ones."""

    SHORT = "short", "Short work"
    SMALL = "small", "Small imports"
    BULK = "bulk", "Imports"


LIVE = (State.QUEUED, State.RUNNING)
FINAL = (State.DONE, State.FAILED, State.CANCELLED, State.QUARANTINED)
NOTABLE = (State.QUEUED, State.RUNNING, State.FAILED, State.QUARANTINED)
"""Few among many: what can still change, and what somebody should look at."""
