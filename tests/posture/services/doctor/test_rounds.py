"""Every fault the doctor names is made here, and it names it; a healthy product has none."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from findings.models import Finding
from inventory.jobs.models import Blob, Job
from inventory.jobs.services import blobs
from inventory.jobs.services.broker import _pause
from inventory.jobs.services.vault import seal_secret
from posture.services.doctor import machine
from posture.services.doctor.rounds import Part, examine
from posture.services.doctor.rows import COUNTED, unkept
from tests.conftest import TOLD, RecordProperty
from tests.findings.reports import analyst, openapi, result, sarif, settle, take_in

NOW = datetime.now(UTC)


@pytest.fixture
def healthy(fresh_database: str, tmp_path: Path, settings: Settings) -> None:
    """Leave an API with two scans, a score and a secret, in a home of its own."""
    settings.POSTURE_HOME = tmp_path
    principal = analyst()
    take_in(openapi("Orders", "/orders", server="https://orders.example"), "o.json", principal, now=NOW)
    for day, results in (("01", "abc"), ("02", "bcd")):
        report = sarif(*(result(f"r-{name}", f"{name}.py") for name in results), ended=f"2026-05-{day}T08:00:00Z")
        take_in(report, "n.sarif", principal, now=NOW, api="Orders", series="nightly")
    settle(now=NOW)
    seal_secret(owner="connection:1", name="header", value=b"hush", now=NOW)


def owner(sql: str) -> Callable[[], None]:
    """Return what runs a statement as the owner of the tables."""

    def run() -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(sql)

    return run


def lose_a_file() -> None:
    blob = Blob.objects.order_by("pk").first()
    assert blob
    (blobs._root() / blob.where).unlink()


def damage_a_file() -> None:
    for blob in Blob.objects.all():
        path = blobs._root() / blob.where
        path.write_bytes(path.read_bytes()[:-1] + b"x")


def leave_a_file() -> None:
    stored = blobs.store(BytesIO(b"x"), now=NOW)
    Blob.objects.filter(pk=stored.pk).delete()


def dangle(relation: str) -> Callable[[], None]:
    """Return what lets a relation name a row that is not there."""
    table, column = relation.split(".")
    return owner(f"UPDATE {table} SET {column} = 999999999 WHERE id = (SELECT min(id) FROM {table})")  # noqa: S608 - ours


SPLIT = """
INSERT INTO findings_presence (finding_id, series_id, from_scan_id, since, until_scan_id, until)
SELECT finding_id, series_id, from_scan_id, since, (SELECT max(id) FROM findings_scan), '2026-05-02T08:00:00Z'
FROM findings_presence ORDER BY id LIMIT 1
"""
TORN = """
WITH torn AS (
    UPDATE findings_presence held SET until_scan_id = last.id, until = last.scanned_at
    FROM (SELECT * FROM findings_scan ORDER BY scanned_at DESC LIMIT 1) AS last
    WHERE held.until_scan_id IS NULL AND held.from_scan_id <> last.id
    RETURNING held.finding_id, held.series_id, last.id, last.scanned_at)
INSERT INTO findings_presence (finding_id, series_id, from_scan_id, since)
SELECT finding_id, series_id, id, scanned_at FROM torn
"""
"""Ends what is open at the last scan, which has it, and begins it there anew."""
MORE_AT_AN_ENDPOINT = """
INSERT INTO findings_endpointtally (endpoint_id, severity, status, n)
SELECT min(id), 2, 'new', 1 FROM inventory_endpoint
"""
FAULTS: dict[str, tuple[str, Callable[[], None]]] = {
    "may change rows of access_statechange": (
        "roles",
        owner("GRANT UPDATE ON access_statechange TO posture_application"),
    ),
    "may change rows of findings_decision": (
        "roles",
        owner("GRANT DELETE ON findings_decision TO posture_application"),
    ),
    "migrations of this version": ("schema", owner("DELETE FROM django_migrations WHERE app = 'posture'")),
    "lacks the partition of 1": (
        "schema",
        owner(
            "DO $$ BEGIN EXECUTE (SELECT 'DROP TABLE ' || inhrelid::regclass FROM pg_inherits WHERE inhparent = "
            "'access_statechange'::regclass AND inhrelid::regclass::text LIKE '%%' || to_char(now() AT TIME ZONE "
            "'UTC' + interval '1 month', 'YYYY') || '%%' || to_char(now() AT TIME ZONE 'UTC' + interval "
            "'1 month', 'MM')); END $$"
        ),
    ),
    "sealed under the key lost": ("keys", owner("UPDATE jobs_secret SET key_id = 'lost'")),
    "cannot be opened. The value": ("keys", owner("UPDATE jobs_secret SET sealed = 'xxxxxxxxxxxxxxxxxxxx'")),
    "documents are gone": ("documents", lose_a_file),
    "does not match its seal": ("documents", damage_a_file),
    "files in blobs/ have no row": ("documents", leave_a_file),
    "jobs wait for more than 10 minutes": (
        "queues",
        owner("UPDATE jobs_job SET state = 'queued', finished_at = NULL, not_before = now() - interval '1 hour'"),
    ),
    "jobs lost their worker": (
        "queues",
        owner("UPDATE jobs_job SET state = 'running', finished_at = NULL, lease_until = now() - interval '1 hour'"),
    ),
    "jobs are quarantined": ("queues", owner("UPDATE jobs_job SET state = 'quarantined'")),
    "name a finding that is not there (finding_id)": ("references", dangle("findings_presence.finding_id")),
    "name a scan that is not there (from_scan_id)": ("references", dangle("findings_presence.from_scan_id")),
    "name a endpoint that is not there (endpoint_id)": ("references", dangle("findings_finding.endpoint_id")),
    "name a api that is not there (api_id)": ("references", dangle("findings_finding.api_id")),
    "stretches of findings overlap": ("counts", owner(SPLIT)),
    "end before they begin": ("counts", owner("UPDATE findings_presence SET until = since - interval '1 day'")),
    "tell other times than their scans": (
        "counts",
        owner("UPDATE findings_presence SET since = since - interval '1 h'"),
    ),
    "lie in the series of another API": ("counts", owner("UPDATE findings_series SET api_id = NULL")),
    "sums of findings differ": ("counts", owner("UPDATE findings_tally SET n = n + 1")),
    "sums of endpoints differ": ("counts", owner(MORE_AT_AN_ENDPOINT)),
    "sums of portfolios differ": ("counts", owner("UPDATE posture_portfolio SET n = n + 1")),
    "are not what its scans say": ("presence", owner(TORN)),
    "show another status": ("statuses", owner("UPDATE findings_finding SET status = 'triaged' WHERE present")),
}


def found(later: timedelta = timedelta()) -> list[Part]:
    return [part for part in examine(now=datetime.now(UTC) + later) if part.faults]


@pytest.mark.slow
@pytest.mark.parametrize("words", FAULTS)
def test_a_fault_that_is_made_is_named(healthy: None, words: str) -> None:
    name, make = FAULTS[words]
    assert [part for part in found() if part.name in {name, "schema"}] == []
    make()
    # Files without a row are told of once they are a day old.
    later = timedelta(days=2) if "no row" in words else timedelta()
    told = [fault for part in found(later) if part.name == name for fault in part.faults]
    assert any(words in fault for fault in told), told


def test_a_healthy_product_has_no_fault_and_the_command_says_so(healthy: None, record_property: RecordProperty) -> None:
    parts = list(examine(now=datetime.now(UTC)))
    assert [part for part in parts if part.faults] == []
    told = f"Faults made and named by the doctor: {len(FAULTS)}"
    record_property(TOLD, f"{told}; recounts: {len(COUNTED)}; relations: {len(list(unkept()))}")
    said = StringIO()
    call_command("doctor", stdout=said)
    assert "Everything is as it should be." in said.getvalue()
    scanned = Finding.objects.filter(source_kind="lint").values_list("status", flat=True)
    assert sorted(scanned) == ["closed", "new", "new", "new"], "nothing was written"


def test_a_fault_ends_the_command_with_one(healthy: None) -> None:
    Job.objects.update(state="quarantined")
    said = StringIO()
    with pytest.raises(SystemExit) as ending:
        call_command("doctor", stdout=said)
    assert ending.value.code == 1
    assert "FAULT queues" in said.getvalue()


def test_a_clock_a_disk_and_a_redis_that_are_out_of_order_are_named(
    healthy: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "7,200 s apart" in next(machine.clock(datetime.now(UTC) + timedelta(hours=2)))
    monkeypatch.setattr(machine, "LEAST_BYTES", 1 << 60)
    monkeypatch.setattr(machine, "LEAST_SHARE", 2.0)
    assert "MB are left" in next(machine.disk())
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1")
    monkeypatch.setattr(machine, "depth", lambda _queue: None)
    assert "Redis does not answer" in next(machine.services())
    assert _pause["until"] >= 0


def test_a_database_that_does_not_answer_is_the_only_fault(healthy: None, django_db_blocker: DjangoDbBlocker) -> None:
    connection = connections["default"]
    connection.close()
    port = connection.settings_dict["HOST"], connection.settings_dict["PORT"]
    connection.settings_dict["HOST"], connection.settings_dict["PORT"] = "127.0.0.1", "1"
    try:
        parts = list(examine(now=NOW))
    finally:
        connection.settings_dict["HOST"], connection.settings_dict["PORT"] = port
        connection.close()
    assert [part.name for part in parts] == ["services"]
    assert "PostgreSQL does not answer" in parts[0].faults[0]
