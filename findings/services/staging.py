"""The table a report is copied into before anything is stored, and the identity each row gets there."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection

from findings.identity import fingerprint, weakness_class, weakness_key
from findings.mapping import Placement
from findings.records import FindingRecord
from findings.status import SeverityRank
from inventory.access.masking import masked
from inventory.codes import digest_code
from inventory.paths import path_key

IDENTITY = {
    "source_kind": "text", "series_name": "text", "api_id": "bigint", "fingerprint": "text", "code": "text",
    "rule": "text", "before": "text", "speaks": "text",
}  # fmt: skip
"""What tells findings apart. `before` is the fingerprint it had without an API, `speaks` the digest of its facts."""

FACTS = {
    "weakness_key": "text", "weakness_class": "text", "title": "text", "message": "text", "remedy": "text",
    "severity": "smallint", "raw_severity": "text", "confidence": "text", "cwe": "integer[]", "cve": "text",
    "cvss": "double precision", "method": "text", "url": "text", "path": "text", "path_key": "text",
    "parameter": "text", "location": "text", "file": "text", "line": "integer", "suppressed": "boolean",
    "repository": "text", "instances": "integer", "record_digest": "text",
}  # fmt: skip
"""What a later scan may change."""

COLUMNS = IDENTITY | FACTS
"""The staged columns, in the order in which `row_of` gives them."""

CREATE = f"""
CREATE TEMPORARY TABLE staged (share integer, {", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())},
    outspoken boolean NOT NULL DEFAULT false) ON COMMIT DROP
"""

RECORD_DIGEST = "encode(sha256(convert_to({speaks} || ' ' || {instances}, 'UTF8')), 'hex')"
"""The digest of a record: of what it says (`speaks`) and how often; the same in SQL as in `row_of`."""

SETTLE = "SELECT set_config('work_mem', '64MB', true)"
"""Sorting what came should not touch the disk."""

# Entries equal in every part of their identity are one finding; the one with the highest digest speaks for all.
MERGE_DOUBLES = f"""
WITH doubled AS (
    SELECT fingerprint, series_name, sum(instances) AS instances,
           (array_agg(ctid ORDER BY speaks DESC))[1] AS kept
    FROM staged GROUP BY fingerprint, series_name HAVING count(*) > 1
), dropped AS (
    DELETE FROM staged USING doubled WHERE staged.fingerprint = doubled.fingerprint
        AND staged.series_name = doubled.series_name AND staged.ctid <> doubled.kept
)
UPDATE staged SET instances = doubled.instances,
    record_digest = {RECORD_DIGEST.format(speaks="staged.speaks", instances="doubled.instances")}
FROM doubled WHERE staged.ctid = doubled.kept
"""


SEVERITIES = {rank.name.lower(): int(rank) for rank in SeverityRank}


Share = tuple[str, str, int | None]
"""Source kind, name and API of a series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """How many entries came, and the number under which the rows of each series stand in the staging table."""

    entries: int
    shares: dict[Share, int]


def row_of(record: FindingRecord, placement: Placement) -> tuple[Any, ...]:
    """Return one finding as a row of the staging table, with its fingerprint and digest; its texts are masked."""
    api_id = placement.api_of(record)
    series_name = placement.series_name(record.series)
    path = placement.book.inside(api_id, record.path) if api_id is not None and record.path else record.path
    scope = f"{placement.unmapped}:{series_name}" if api_id is None else placement.stable_ids[api_id]
    key = path_key(path) if path else ""
    identity = {
        "source_kind": record.source_kind, "rule": record.rule, "method": record.method, "path": path,
        "parameter": record.parameter, "location": record.location,
    }  # fmt: skip
    mark = fingerprint(api=scope, **identity)
    facts = (
        weakness_key(**identity, cwe=record.cwe),
        weakness_class(record.source_kind, record.rule, record.cwe)[:400],
        masked(record.title), masked(record.message), masked(record.remedy),
        SEVERITIES[record.severity], record.raw_severity[:100], record.confidence or "",
        f"{{{','.join(map(str, record.cwe))}}}", record.cve[:30], record.cvss, record.method[:20],
        masked(_bare(record.url))[:2000],
        masked(path)[:2000], key[:2000], record.parameter[:300], record.location[:1000], record.file[:1000],
        record.line, record.suppressed, masked(record.repository)[:1000],
    )  # fmt: skip
    speaks = hashlib.sha256(msgspec.json.encode(facts)).hexdigest()
    return (
        record.source_kind[:100], series_name, api_id, mark, digest_code("FND", mark), record.rule[:300],
        _before(record, placement, series_name), speaks, *facts, record.instances,
        hashlib.sha256(f"{speaks} {record.instances}".encode()).hexdigest(),
    )  # fmt: skip


def _bare(url: str) -> str:
    """Return a URL without its query and fragment: the values in them may be people's data, and are evidence."""
    return url.partition("#")[0].partition("?")[0]


def _before(record: FindingRecord, placement: Placement, series_name: str) -> str | None:
    if not placement.anew:
        return None
    return fingerprint(
        api=f"{placement.unmapped}:{series_name}", source_kind=record.source_kind, rule=record.rule,
        method=record.method, path=record.path, parameter=record.parameter, location=record.location,
    )  # fmt: skip


def stage(
    records: Iterable[FindingRecord], *, placement: Placement, each: Callable[[int], None] = lambda _: None
) -> Staged:
    """Copy findings into a temporary table `staged`, merge doubles, and return how many came and of which series.

    `each` is called with the running number every thousand rows; it may raise to stop. Call inside a transaction.
    """
    count = 0
    shares: dict[Share, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(SETTLE)
        cursor.execute("DROP TABLE IF EXISTS staged")
        cursor.execute(CREATE)
        with cursor.copy(f"COPY staged (share, {', '.join(COLUMNS)}) FROM STDIN") as copy:
            for count, record in enumerate(records, start=1):
                if not placement.anew or placement.api_of(record) is not None:
                    row = row_of(record, placement)
                    copy.write_row((shares.setdefault(row[:3], len(shares)), *row))
                if count % 1000 == 0:
                    each(count)
        # Only what rows are found by: looking at all the texts takes longer than any plan can win back.
        cursor.execute("ANALYZE staged (share, series_name, fingerprint)")
        cursor.execute(MERGE_DOUBLES)
        if len(shares) > 1:
            cursor.execute("CREATE INDEX ON staged (share)")
    return Staged(entries=count, shares=shares)
