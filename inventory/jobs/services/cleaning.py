"""Forget what ended long ago."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from inventory.jobs.models import Job, KeptAnswer, Tick

KEEP = timedelta(days=30)


def clean(*, now: datetime) -> dict[str, int]:
    """Delete jobs that ended more than 30 days ago, ticks that old and kept answers whose time is over.

    Each schedule keeps its newest tick.
    """
    jobs, _ = Job.objects.filter(finished_at__lt=now - KEEP).delete()
    newer = Tick.objects.filter(schedule=OuterRef("schedule"), at__gt=OuterRef("at"))
    ticks, _ = Tick.objects.filter(Exists(newer), at__lt=now - KEEP).delete()
    answers, _ = KeptAnswer.objects.filter(expires_at__lt=now).delete()
    return {"jobs": jobs, "ticks": ticks, "answers": answers}
