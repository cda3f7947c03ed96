"""A run of a connection: what its source holds, taken in as an upload is, with the connection's rights."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Final
from uuid import UUID

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import F

from findings.errors import FindingsRefused
from findings.services.upload import receive_upload
from inventory.access.errors import AccessRefused
from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.choices import RunState
from inventory.codes import chance_code
from inventory.errors import InventoryRefused
from inventory.jobs.documents import DocumentError
from inventory.models import Connection, Run
from inventory.services.connections import UPLOAD_OPTIONS
from inventory.services.visits import Ask, surroundings, visit
from inventory.sources.base import Left, Pulled, SourceFailed, SourceRefused, Unchanged, source_for

MOST_DOCUMENTS: Final = 500
"""New documents of one run; the next run goes on."""
MOST_TOLD: Final = 200
PART: Final = 1 << 20


class AnotherRun(Exception):  # noqa: N818 - named for what people are told
    """The connection is being run already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asked for a run, in which job, and how it tells of itself: `each` hears the number of documents so far."""

    principal: Principal
    job_id: UUID | None = None
    each: Callable[[int], None] = lambda _: None
    ask: Ask | None = None


@dataclass(slots=True)
class _Tally:
    cursor: dict[str, Any]
    counts: dict[str, int] = field(default_factory=lambda: {"taken": 0, "unchanged": 0, "left": 0})
    faults: list[dict[str, str]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    whole: bool = False

    def fault(self, place: str, reason: str) -> None:
        self.faults.append({"place": place[:500], "reason": reason[:1000]})

    @property
    def state(self) -> RunState:
        if not self.faults:
            return RunState.DONE
        return RunState.PARTIAL if self.counts["taken"] or self.counts["unchanged"] else RunState.FAILED


@transaction.atomic
def run_connection(*, connection: Connection, asked: Asked, now: datetime) -> Run:
    """Walk through the source once, take in what is new, and return the run, stored, whatever came of it.

    What fails is noted and stops nothing else; nothing is ever closed for it. Raises AccessRefused when who asked may
    not run it, and AnotherRun while it is run elsewhere.
    """
    require(asked.principal, Verb.UPLOAD, team_id=connection.team_id)
    if not _alone(connection):
        msg = f"{connection.name} is being run already; its run goes on."
        raise AnotherRun(msg)
    connection.refresh_from_db()
    tally = _Tally(cursor=dict(connection.cursor))
    try:
        around = surroundings(connection, now=now, ask=asked.ask)
        for item in source_for(connection.kind).walk(visit(connection), around):
            _meet(item, tally, connection, now)
            asked.each(len(tally.seen))
            if tally.counts["taken"] >= MOST_DOCUMENTS:
                break
        else:
            tally.whole = True
    except (SourceFailed, SourceRefused) as failed:
        tally.fault("", str(failed))
    return _store(connection, tally, asked, now)


def _alone(connection: Connection) -> bool:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [connection.owner])
        found: bool = cursor.fetchone()[0]
    return found


def _meet(item: Any, tally: _Tally, connection: Connection, now: datetime) -> None:
    tally.seen.add(item.key)
    if isinstance(item, Unchanged):
        tally.counts["unchanged"] += 1
    elif isinstance(item, Left):
        tally.counts["left"] += 1
        if item.fault:
            tally.fault(item.key, item.reason)
    elif isinstance(item, Pulled):
        with item.file:
            _take(item, tally, connection, now)


def _take(item: Pulled, tally: _Tally, connection: Connection, now: datetime) -> None:
    digest = _digest(item.file)
    mark = {**item.mark, "digest": digest}
    if tally.cursor.get(item.key, {}).get("digest") == digest:
        tally.counts["unchanged"] += 1
        tally.cursor[item.key] = mark
        return
    options = {name: connection.options[name] for name in UPLOAD_OPTIONS if connection.options.get(name)}
    try:
        with transaction.atomic():
            job = receive_upload(
                file=item.file, name=item.name, options={**options, "series": connection.name},
                principal=connection.principal, now=now,
            )  # fmt: skip
    except (DocumentError, FindingsRefused, InventoryRefused, AccessRefused) as refusal:
        tally.counts["left"] += 1
        tally.fault(item.key, str(refusal))
        return
    tally.counts["taken"] += 1
    tally.cursor[item.key] = mark
    tally.documents.append({"name": item.name, "size": item.size, "job": str(job.pk)})


def _digest(file: BinaryIO) -> str:
    digest = hmac.new(settings.DIGEST_KEY, digestmod="sha256")
    file.seek(0)
    while part := file.read(PART):
        digest.update(part)
    file.seek(0)
    return digest.hexdigest()


def _store(connection: Connection, tally: _Tally, asked: Asked, now: datetime) -> Run:
    state = tally.state
    # Keys that are gone are forgotten, but only after a walk that went through everything.
    cursor = {key: mark for key, mark in tally.cursor.items() if key in tally.seen} if tally.whole else tally.cursor
    run = Run.objects.create(
        code=chance_code("RUN"), connection=connection, job_id=asked.job_id, asked_by=asked.principal.name[:200],
        started_at=now, state=state,
        counts={**tally.counts, "faults": len(tally.faults)}, faults=tally.faults[:MOST_TOLD],
        documents=tally.documents,
    )  # fmt: skip
    good = state == RunState.DONE
    rows = Connection.objects.filter(pk=connection.pk)
    rows.update(
        last_run_at=now,
        last_good_at=now if good else F("last_good_at"),
        failures=0 if good else F("failures") + 1,
        fault="" if good else tally.faults[0]["reason"],
    )
    # Somebody may have changed the options meanwhile: what was taken under the old ones tells nothing of the new.
    rows.filter(changed_at=connection.changed_at).update(cursor=cursor)
    return run
