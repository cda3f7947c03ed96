"""A report of 1 GB, written to disk result by result and taken in from there: what each process has in memory."""

import time
from tempfile import TemporaryFile

from bench import estate, machine
from bench.databases import copy_of, settle
from bench.lines import Line
from bench.taking_in import MOST_MEGABYTES, run_to_end
from findings.models import Finding
from findings.services.upload import receive_upload
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from posture.services.asking import SCORE

STATED = 1_650_000
"""Results that take 1 GB."""


def measure(*, share: float) -> list[Line]:
    """Take in a report so large, from the file that was sent to the scores."""
    count = int(STATED * share)
    load = machine.load()
    with copy_of() as name, TemporaryFile() as file:
        estate.make_apis(estate.APIS)
        settle(name)
        estate.write_report(file, count)
        size = file.tell()
        file.seek(0)
        began = time.monotonic()
        with machine.Watch() as watch:
            job = receive_upload(file=file, name="bench.sarif", options={}, principal=estate.person(), now=estate.NOW)
            stored = time.monotonic()
            run_to_end(job)
            visible = time.monotonic()
            for score in Job.objects.filter(state=State.QUEUED, kind=SCORE):
                run_to_end(score)
            scored = time.monotonic()
        if Finding.objects.count() != count:
            msg = f"{count} findings were sent, and {Finding.objects.count()} are there."
            raise RuntimeError(msg)
    return [
        Line(
            name=f"A report of {size / 10**6:,.0f} MB, from the file that was sent to the scores", rows=count,
            seconds=[scored - began], stated=STATED, megabytes=watch.megabytes, most_megabytes=MOST_MEGABYTES,
            apart={
                "upload, sealing and hashing": [stored - began], "until it is visible": [visible - stored],
                "scores": [scored - visible],
            },
            processor=watch.processor_seconds, digest=f"seed {estate.SEED}",
            load=f"{load} before, {machine.load()} after",
        )
    ]  # fmt: skip
