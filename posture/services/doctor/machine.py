"""What the product stands on: services, roles, schema, keys, documents, queues, disk and clock."""

import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from inventory.jobs.choices import Queue
from inventory.jobs.models import Blob, Secret
from inventory.jobs.services.blobs import BlobDamaged, BlobExpired, open_plain, without_a_row
from inventory.jobs.services.broker import depth
from inventory.jobs.services.keys import key_ids_in_use
from inventory.jobs.services.vault import SecretDamaged, SecretMissing, open_secret
from posture.services.doctor.answers import rows_of

SAMPLE: Final = 50
"""Documents and secrets that are opened; their files are all looked for."""
LATE: Final = timedelta(minutes=10)
SKEW: Final = timedelta(seconds=5)
LEAST_BYTES: Final = 1 << 30
LEAST_SHARE: Final = 0.05

WORDS: Final = "UPDATE, DELETE, TRUNCATE"
ROLE: Final = "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = current_user"
MAY_CHANGE: Final = """
SELECT c.oid::regclass::text FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND (c.relname = ANY(%(tables)s) OR i.inhparent::regclass::text = ANY(%(tables)s))
    AND has_table_privilege(c.oid, %(words)s) ORDER BY 1
"""
OWNED: Final = """
SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
    AND pg_get_userbyid(relowner) = current_user
"""
MISSING_MONTHS: Final = """
SELECT wanted.parent, wanted.months FROM (
    SELECT parent, (
        SELECT count(*) FROM generate_series(0, 1) ahead WHERE NOT EXISTS (
            SELECT FROM pg_inherits i WHERE i.inhparent = parent::regclass AND i.inhrelid::regclass::text
                LIKE '%%' || to_char(now() AT TIME ZONE 'UTC' + ahead * interval '1 month', 'YYYY') || '%%'
                    || to_char(now() AT TIME ZONE 'UTC' + ahead * interval '1 month', 'MM'))) AS months
    FROM unnest(%(tables)s::text[]) AS parent) wanted
WHERE wanted.months > 0
"""
JOBS: Final = """
SELECT count(*) FILTER (WHERE state = 'queued' AND coalesce(not_before, created_at) < now() - %(late)s),
    count(*) FILTER (WHERE state = 'running' AND lease_until < now() - %(late)s),
    count(*) FILTER (WHERE state = 'quarantined')
FROM jobs_job
"""


def _tables(attribute: str) -> list[str]:
    """Return the tables of the models that have an attribute."""
    return [model._meta.db_table for model in apps.get_models() if getattr(model, attribute, False)]  # noqa: SLF001 - documented


def services() -> Iterator[str]:
    """Ask Redis; that PostgreSQL answers is asked before everything."""
    for queue in Queue.values:
        if depth(queue) is None:
            yield "Redis does not answer: jobs wait until it does. Start it again; nothing is lost."
            return


def roles() -> Iterator[str]:
    """Look at what the application's role may do."""
    if any(rows_of(ROLE)[0]):
        yield f"The role {settings.APPLICATION_ROLE} is a superuser or may make roles: nothing can be kept from it."
    elif rows_of(OWNED)[0][0]:
        yield f"The role {settings.APPLICATION_ROLE} owns tables, so the trail can be rewritten. Give it no tables."
    else:
        for (table,) in rows_of(MAY_CHANGE, tables=_tables("append_only"), words=WORDS):
            yield f"The application may change rows of {table}, which is append-only. Run manage.py migrate."


def schema() -> Iterator[str]:
    """Compare the migrations of the code with those of the database, and look for the months ahead."""
    executor = MigrationExecutor(connections["default"])
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        first = waiting[0][0]
        yield f"{len(waiting):,} migrations of this version are not applied, first {first}. Run manage.py migrate."
        return
    for table, months in rows_of(MISSING_MONTHS, tables=_tables("monthly_partitions")):
        yield f"{table} lacks the partition of {months} of the next two months. Run manage.py migrate."


def keys() -> Iterator[str]:
    """Look for keys that something is sealed under and that are gone, and open a sample of secrets."""
    known = {name for name, _ in settings.SEAL_KEYS}
    for key_id, count in sorted(key_ids_in_use().items()):
        if key_id not in known:
            yield f"{count:,} things are sealed under the key {key_id}, which is gone. Bring it back from a backup."
    for secret in _sample(Secret.objects.filter(key_id__in=known)):
        try:
            open_secret(owner=secret.owner, name=secret.name)
        except (SecretDamaged, SecretMissing) as fault:
            yield str(fault)


def documents(now: datetime) -> Iterator[str]:
    """Look for every document's file and for files nobody knows, and open a sample."""
    held = Blob.objects.filter(dropped_at=None)
    root = settings.POSTURE_HOME / "blobs"
    lost = [str(pk) for pk, where in held.values_list("pk", "where").iterator() if not (root / where).is_file()]
    if lost:
        yield f"The files of {len(lost):,} stored documents are gone, first {lost[0]}. Bring blobs/ back from a backup."
    known = [name for name, _ in settings.SEAL_KEYS]
    for blob in _sample(held.exclude(pk__in=lost[:10_000]).filter(key_id__in=known)):
        try:
            open_plain(blob).close()
        except (BlobDamaged, BlobExpired) as fault:
            yield f"{fault}"
    orphans = without_a_row(now)
    if orphans:
        yield f"{len(orphans):,} files in blobs/ have no row and are older than a day; tonight's cleaning removes them."


def _sample(rows: Any) -> list[Any]:
    """Return some rows, others each time, without reading all."""
    chosen = list(rows.values_list("pk", flat=True)[:100_000])
    return list(rows.filter(pk__in=random.sample(chosen, min(SAMPLE, len(chosen)))))


def queues() -> Iterator[str]:
    """Count the jobs that wait too long, that nobody carries on, and that were set aside."""
    waiting, abandoned, quarantined = rows_of(JOBS, late=LATE)[0]
    minutes = int(LATE.total_seconds() // 60)
    if waiting:
        yield f"{waiting:,} jobs wait for more than {minutes} minutes though they are due: is a worker running?"
    if abandoned:
        yield f"{abandoned:,} jobs lost their worker {minutes} minutes ago and are not taken back: is a beat running?"
    if quarantined:
        yield f"{quarantined:,} jobs are quarantined: their pages say why, and let them be tried again."


def disk() -> Iterator[str]:
    """Look at the room that is left where documents lie."""
    used = shutil.disk_usage(settings.POSTURE_HOME)
    if used.free < min(LEAST_BYTES, LEAST_SHARE * used.total):
        yield f"{used.free >> 20:,} MB are left in {settings.POSTURE_HOME}: uploads will be refused. Make room."


def clock(now: datetime) -> Iterator[str]:
    """Compare our clock with the database's."""
    theirs = rows_of("SELECT clock_timestamp()")[0][0]
    apart = abs(theirs - now.astimezone(UTC))
    if apart > SKEW:
        yield f"The clocks of this machine and of the database are {apart.total_seconds():,.0f} s apart."
