"""Handlers for the tests, in the process of the test and in real workers. Their effects are teams: easy to count."""

import os
import time
from pathlib import Path
from typing import Any

from django.db import connection

from inventory.access.models import Team
from inventory.jobs.choices import Queue
from inventory.jobs.records import JobFailed, Run
from inventory.jobs.registry import handler


def leave(run: Run) -> None:
    """Write the effect that must be there exactly once."""
    slug = run.arguments.get("slug", run.job_id.hex)
    Team.objects.create(slug=f"{slug}-{Team.objects.filter(slug__startswith=slug).count()}", name="An effect")


@handler(kind="test.effect", queue=Queue.SHORT, label="Leave an effect")
def effect(run: Run) -> dict[str, Any]:
    leave(run)
    return {"created": 1, "links": [{"label": "The effect", "url": "/effects/1/"}]}


@handler(kind="test.refuse", queue=Queue.SHORT, label="Refuse")
def refuse(run: Run) -> None:
    leave(run)
    raise JobFailed(run.arguments["sentence"])


@handler(kind="test.break", queue=Queue.SHORT, label="Break")
def break_down(run: Run) -> None:
    """Break as often as `times` says; the attempts are counted in a file, which no rollback takes back."""
    leave(run)
    count = Path(run.arguments["file"])
    broken = int(count.read_text()) if count.exists() else 0
    if broken < run.arguments["times"]:
        count.write_text(str(broken + 1))
        connection.cursor().execute(run.arguments["sql"])


@handler(kind="test.unwritable", queue=Queue.SHORT, label="Return what is not JSON")
def unwritable(run: Run) -> dict[str, Any]:
    leave(run)
    return {"when": run.now}


@handler(kind="test.steps", queue=Queue.BULK, label="Go on", stages=("Read", "Match", "Score"))
def steps(run: Run) -> None:
    """Work in steps of 50 ms until all are done or somebody stops it; swallows nothing."""
    leave(run)
    for step in range(run.arguments["steps"]):
        run.progress(step, run.arguments["steps"], "Match" if step else "Read")
        run.checkpoint()
        time.sleep(0.05)


@handler(kind="test.statement", queue=Queue.BULK, label="Wait in the database")
def statement(run: Run) -> None:
    leave(run)
    connection.cursor().execute("SELECT pg_sleep(%s)", [run.arguments["seconds"]])


@handler(kind="test.lock", queue=Queue.BULK, label="Take a lock")
def lock(run: Run) -> None:
    """Leave the effect, then do what waits for a lock."""
    leave(run)
    connection.cursor().execute(run.arguments["sql"])


@handler(kind="test.gate", queue=Queue.BULK, label="Wait at a gate")
def gate(run: Run) -> None:
    """Leave the effect, tell the own process id, and wait until the gate file is there (60 s at most)."""
    leave(run)
    Path(run.arguments["told"]).write_text(str(os.getpid()))
    end = time.monotonic() + 60
    while not Path(run.arguments["gate"]).exists() and time.monotonic() < end:
        time.sleep(0.02)


@handler(kind="test.die", queue=Queue.BULK, label="Die")
def die(run: Run) -> None:
    """End the worker's process, as the kernel does when memory is short."""
    leave(run)
    os.kill(os.getpid(), 9)


@handler(kind="test.who", queue=Queue.SHORT, label="Tell for whom")
def who(run: Run) -> dict[str, Any]:
    return {"name": run.principal.name, "roles": sorted(run.principal.organisation_roles), "now": run.now.isoformat()}
