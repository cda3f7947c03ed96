"""The corpus's SARIF logs end in one state whatever order, repetition and cut they come in. See `POSTURE_CORPUS`."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest
from django.db import transaction

from findings.connectors.sarif.reader import Sarif
from findings.models import Report
from findings.records import FindingRecord, ReportSummary
from findings.services.ingest import Document, UploadOptions, ingest_report
from inventory.access.records import SYSTEM
from inventory.jobs.documents import Document as Bytes
from inventory.models import Api
from posture.services.digest import digest_here
from tests.conftest import CORPUS

INDEX = CORPUS / "INDEX.json"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SMALL = 100_000
pytestmark = [
    pytest.mark.skipif(not INDEX.exists(), reason=f"the corpus is not at {CORPUS}"),
    pytest.mark.django_db,
]


@dataclass(frozen=True, kw_only=True)
class Log:
    """One log of the corpus, read: its findings and summary, and the scan it stands for."""

    name: str
    records: tuple[FindingRecord, ...]
    summary: ReportSummary
    scan_id: str = ""
    parts: int | None = None


def logs() -> list[Log]:
    """Read every log below the size at which one test would take minutes, each as a scan of its own hour."""
    entries = json.loads(INDEX.read_text())["files"]
    small = [entry for entry in entries if entry["format"] == "sarif" and entry["bytes"] < SMALL]
    return [_read(CORPUS.parent / entry["file"]) for entry in small]


def _read(path: Any) -> Log:
    document = Bytes(BytesIO(path.read_bytes()), path.name)
    reading = Sarif().read(document, {})
    records: list[FindingRecord] = []
    while True:
        try:
            records.append(next(reading))
        except StopIteration as end:
            return Log(name=path.name, records=tuple(records), summary=end.value)


def at_hour(log: Log, hour: int) -> Log:
    """Return the log as if its scans had ended that many hours into a day."""
    at = NOW - timedelta(days=30) + timedelta(hours=hour)
    runs = tuple(replace_run(run, at) for run in log.summary.runs)
    return replace(log, summary=_struct(log.summary, runs=runs, scanned_at=at))


def replace_run(run: Any, at: datetime) -> Any:
    return _struct(run, scanned_at=at)


def _struct(value: Any, **changes: Any) -> Any:
    fields = {name: getattr(value, name) for name in value.__struct_fields__}
    return type(value)(**{**fields, **changes})


def cut(log: Log, dice: random.Random) -> list[Log]:
    """Return the log as two parts of one scan, its entries dealt at random."""
    if len(log.records) < 2:
        return [replace(log, scan_id=log.name, parts=1)]
    entries = list(log.records)
    dice.shuffle(entries)
    at = dice.randint(1, len(entries) - 1)
    whole = replace(log, scan_id=log.name, parts=2)
    return [replace(whole, records=tuple(entries[:at])), replace(whole, records=tuple(entries[at:]))]


def state(sent: Iterable[Log], api: Api) -> str:
    """Return the digest of what the logs leave, sent in this order, and take it back."""
    with transaction.atomic():
        for log in sent:
            send(log, api)
        digest = digest_here(now=NOW)[0]
        transaction.set_rollback(True)
    return digest


def send(log: Log, api: Api) -> None:
    report = Report.objects.create(
        code=uuid4().hex[:16], digest=uuid4().hex, name=log.name, format="sarif", uploaded_at=NOW
    )
    document = Document(records=list(log.records), summary=lambda: log.summary)
    options = UploadOptions(api_id=api.pk, series="nightly", scan_id=log.scan_id, parts=log.parts)
    ingest_report(report=report, document=document, options=options, principal=SYSTEM, now=NOW)


@pytest.fixture
def api() -> Api:
    return Api.objects.create(
        code="API-1", stable_id=uuid5(NAMESPACE_URL, "x"), name="A", slug="a", first_seen=NOW, last_seen=NOW
    )


@pytest.fixture(scope="module")
def scans() -> Sequence[Log]:
    """Return each log twice, as scans of different hours, so that one tool's scans follow each other."""
    found = logs()
    assert len(found) >= 10
    return [at_hour(log, hour) for hour, log in enumerate([*found, *reversed(found)])]


@pytest.mark.parametrize("seed", range(3))
def test_any_order_and_repetition_ends_in_one_state(scans: Sequence[Log], api: Api, seed: int) -> None:
    dice = random.Random(seed)
    shuffled = [*scans, *dice.choices(scans, k=5)]
    dice.shuffle(shuffled)
    assert state(shuffled, api) == state(scans, api)


@pytest.mark.parametrize("seed", range(3))
def test_any_cut_into_parts_ends_in_one_state(scans: Sequence[Log], api: Api, seed: int) -> None:
    dice = random.Random(seed)
    named = [replace(log, name=f"{number} {log.name}") for number, log in enumerate(scans)]
    pieces = [part for log in named for part in cut(log, dice)]
    dice.shuffle(pieces)
    by_scan: dict[str, int] = {}
    for piece in pieces:
        by_scan[piece.scan_id] = piece.parts or 1
    # What a scan says of its number of parts is part of the state, so the whole is sent as saying the same.
    whole = [replace(log, scan_id=log.name, parts=None) for log in named]
    assert _findings(pieces, api) == _findings(whole, api)
    assert set(by_scan.values()) == {1, 2}


def _findings(sent: Iterable[Log], api: Api) -> list[str]:
    with transaction.atomic():
        for log in sent:
            send(log, api)
        tables = digest_here(now=NOW)[1]
        transaction.set_rollback(True)
    return [f"{table.name} {table.digest}" for table in tables if table.name in {"findings", "presence"}]
