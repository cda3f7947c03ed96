"""What a finding takes on disk, with its indexes and its history."""

from datetime import timedelta
from io import BytesIO

from django.db import connection

from bench import estate, million
from bench.lines import Sized
from bench.taking_in import run_to_end
from findings.models import Finding
from findings.services.upload import receive_upload
from inventory.jobs.choices import State
from inventory.jobs.models import Job

MOST_BYTES = 2_500
SENT = 100_000

SIZES = """
SELECT name, sum(pg_total_relation_size(oid))::bigint FROM (
    SELECT held.oid, coalesce(parent.relname, held.relname)::text AS name FROM pg_class held
    LEFT JOIN pg_inherits ON inhrelid = held.oid LEFT JOIN pg_class parent ON parent.oid = inhparent
    WHERE held.relkind = 'r' AND held.relnamespace = 'public'::regnamespace
) AS tables WHERE name = ANY(%s) GROUP BY name ORDER BY 2 DESC
"""
TABLES = [
    "findings_finding", "findings_presence", "findings_scan", "findings_scanpart", "findings_sighting",
    "findings_series", "findings_due", "findings_report", "findings_decision", "access_statechange", "findings_tally",
    "findings_endpointtally",
]  # fmt: skip


def measure(*, share: float) -> list[Sized]:
    """Take two reports into the estate, a tenth of the first gone in the second, and ask how large the tables are."""
    with million.copied(share) as held:
        for later in (False, True):
            document = estate.report(int(SENT * share), million.HOST, held.apis, later=later)
            _take_in(document, days=int(later))
        with connection.cursor() as cursor:
            cursor.execute(SIZES, [TABLES])
            sizes = dict(cursor.fetchall())
        name = "A finding on disk with indexes, presences, due dates, decisions and the trail"
        return [
            Sized(name=name, rows=Finding.objects.count(), tables=sizes, most=MOST_BYTES, stated=million.STATED)
        ]  # fmt: skip


def _take_in(document: BytesIO, days: int) -> None:
    now = estate.NOW + timedelta(days=days)
    receive_upload(file=document, name="bench.sarif", options={}, principal=estate.person(), now=now)
    for job in Job.objects.filter(state=State.QUEUED, kind="findings.report"):
        run_to_end(job)
