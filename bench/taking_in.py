"""Reports into the findings, from stored bytes to scored, beside COPY of the same rows into the same table."""

import time
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO

from psycopg import sql

from bench import estate, machine
from bench.databases import copy_of, superuser
from bench.lines import Line
from findings.services.upload import receive_upload
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from inventory.jobs.services.running import run_job
from posture.services.asking import SCORE

STATED = 100_000
MOST_TIMES = 6
MOST_TIMES_LARGE, MOST_TIMES_VISIBLE = 5, 4
"""Of the estate of a million: to the scores, and until everybody sees the findings."""
MOST_SECONDS_AGAIN = 0.3
MOST_MEGABYTES = 300
PIECE = 1 << 20


@dataclass(slots=True)
class Rounds:
    """Seconds of every round."""

    upload: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    visible: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)
    copy: list[float] = field(default_factory=list)
    copy_presence: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    megabytes: dict[str, int] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)


def run_to_end(job: Job) -> None:
    """Run a job here and now. Raises RuntimeError when it does not end as done."""
    state = run_job(job_id=job.pk, now=estate.NOW)
    if state != State.DONE:
        job.refresh_from_db()
        msg = f"{job.title} ended as {state}: {job.error}"
        raise RuntimeError(msg)


def measure(
    *, where: str, template: str, count: int, rounds: int, document: BytesIO | None = None, large: bool = False
) -> list[Line]:
    """Take a report of `count` findings into copies of `template`, and the same bytes once more.

    Without a document it is one about the estate of this package; if it is `large`, the goals are those of a million.
    """
    document = document or estate.report(count)
    size = document.getbuffer().nbytes
    digest = sha256(document.getbuffer()).hexdigest()[:12]
    before = machine.load()
    taken = Rounds()
    for _ in range(rounds):
        with TemporaryFile() as findings, TemporaryFile() as presences:
            with copy_of(template) as name:
                _take_in(document, count, taken)
                _keep_rows(name, count, findings, presences)
            with copy_of(template) as name:
                taken.copy.append(_copy(name, "findings_finding", findings, taken))
                taken.copy_presence.append(_copy(name, "findings_presence", presences, taken))
    load = f"{before} before, {machine.load()} after"
    visible = Line(
        name=f"{count:,} findings into {where}, stored bytes to visible", rows=count, seconds=taken.visible,
        against="COPY of the same findings, same indexes", compared=taken.copy, most=MOST_TIMES_VISIBLE, stated=STATED,
        digest=digest, load=load,
    )  # fmt: skip
    return [
        *([visible] if large else []),
        Line(
            name=f"{count:,} findings into {where}, stored bytes to scored ({size >> 20} MB of SARIF)",
            rows=count, seconds=taken.whole, against="COPY of the same findings, same indexes", compared=taken.copy,
            most=MOST_TIMES_LARGE if large else MOST_TIMES, stated=STATED, megabytes=taken.megabytes,
            most_megabytes=MOST_MEGABYTES, processor=taken.processor,
            apart={
                "scores (in the time above)": taken.score, "due dates and checks, after it": taken.after,
                "upload, sealing and hashing": taken.upload,
                "COPY of their presences": taken.copy_presence,
            },
            digest=digest, load=load,
        ),
        Line(
            name=f"The latest {size >> 20} MB again, after the hash, {where}", rows=count, seconds=taken.again,
            most=MOST_SECONDS_AGAIN, stated=STATED, apart={"upload, sealing and hashing": taken.upload},
            digest=digest, load=load,
        ),
    ]  # fmt: skip


def _take_in(document: BytesIO, count: int, taken: Rounds) -> None:
    principal = estate.person()
    with machine.Watch() as watch:
        first = _upload(document, taken)
        began = time.monotonic()
        run_to_end(first)
        scoring = time.monotonic()
        for job in Job.objects.filter(state=State.QUEUED, kind=SCORE).order_by("created_at"):
            run_to_end(job)
        ended = time.monotonic()
        # Due dates, checks and what they bring follow by jobs of their own, on other workers.
        for job in Job.objects.filter(state=State.QUEUED).order_by("created_at"):
            run_to_end(job)
        taken.after.append(time.monotonic() - ended)
    first.refresh_from_db()
    if (first.result or {}).get("created") != count:
        msg = f"{count} findings were sent by {principal.name}, and the job says {first.result}."
        raise RuntimeError(msg)
    taken.visible.append(scoring - began)
    taken.whole.append(ended - began)
    taken.score.append(ended - scoring)
    taken.processor |= watch.processor_seconds
    for name, most in watch.megabytes.items():
        taken.megabytes[name] = max(most, taken.megabytes.get(name, 0))
    repeated = _upload(document)
    began = time.monotonic()
    run_to_end(repeated)
    taken.again.append(time.monotonic() - began)


def _upload(document: BytesIO, taken: Rounds | None = None) -> Job:
    document.seek(0)
    began = time.monotonic()
    job = receive_upload(file=document, name="bench.sarif", options={}, principal=estate.person(), now=estate.NOW)
    if taken is not None:
        taken.upload.append(time.monotonic() - began)
    return job


def _keep_rows(database: str, count: int, findings: IO[bytes], presences: IO[bytes]) -> None:
    """Write the rows that came last into files, as COPY takes them."""
    with superuser(database) as connection:
        for table, file in (("findings_finding", findings), ("findings_presence", presences)):
            query = sql.SQL("COPY (SELECT * FROM {} ORDER BY id DESC LIMIT {}) TO STDOUT").format(
                sql.Identifier(table), sql.Literal(count)
            )
            with connection.cursor().copy(query) as copy:
                for piece in copy:
                    file.write(piece)


def _copy(database: str, table: str, file: IO[bytes], taken: Rounds) -> float:
    """Return the seconds of a warm COPY of a file into a table as it stands, logged and committed."""
    with superuser(database) as connection:
        held = sql.Identifier(table)
        # Rows and indexes alone: what the product's triggers count is no part of the other side.
        connection.execute("SET session_replication_role = replica")
        # Warm: the table's pages and its indexes are in memory, as they are for the product's own run.
        connection.execute(sql.SQL("SELECT count(*), count(id) FROM {}").format(held))
        connection.execute(sql.SQL("BEGIN; COPY {} TO '/dev/null'; ROLLBACK").format(held))
        pid = str(connection.info.backend_pid)
        file.seek(0)
        spent, began = machine.processor_seconds(pid), time.monotonic()
        with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(held)) as copy:
            while piece := file.read(PIECE):
                copy.write(piece)
        seconds = time.monotonic() - began
        taken.processor[f"COPY into {table}"] = machine.processor_seconds(pid) - spent
        return seconds
