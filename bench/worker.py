"""`python -m bench.worker DATABASE`: do what is queued there, in a process of its own, as a worker does."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")
django.setup()

from bench.databases import ALIASES, point  # noqa: E402 - they need Django's settings
from bench.taking_in import run_to_end  # noqa: E402 - as above
from inventory.jobs.choices import State  # noqa: E402 - as above
from inventory.jobs.models import Job  # noqa: E402 - as above


def main() -> None:
    """Run the queued jobs of a database, and those that they bring, as nice as the worker of large documents."""
    os.nice(10)
    point(dict.fromkeys(ALIASES, sys.argv[1]))
    while queued := list(Job.objects.filter(state=State.QUEUED).order_by("created_at")):
        for job in queued:
            run_to_end(job)


if __name__ == "__main__":
    main()
