"""Failed checks as findings: folded like any report, through the same identity, so that people decide on them alike."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Max
from typing_extensions import override

from findings.choices import Confidence, Severity
from findings.identity import OWN_CHECKS
from findings.mapping import Placement
from findings.models import Finding, Report, Scan
from findings.records import FindingRecord
from findings.services.folding import EMPTY, fold_shares, lock_shares
from findings.services.scans import Stated
from findings.services.staging import Share, stage
from findings.status import SeverityRank
from inventory.addresses import AddressBook
from inventory.checks.base import Check
from inventory.codes import chance_code
from inventory.models import Api

SERIES: Final = "checks"
AGAIN: Final = timedelta(days=7)
"""How long failures that stay as they were are not folded again; a series that is silent for 30 days would retire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failed check; `place` is method and path of the endpoint, empty for the API as a whole."""

    api_id: int
    check: Check
    severity: str
    evidence: str
    place: tuple[str, str]


class Own(Placement):
    """Where our own findings go: each record names its API where others name their series."""

    @override
    def api_of(self, record: FindingRecord) -> int:
        """Return the API that was checked."""
        return int(record.series)

    @override
    def series_name(self, record_series: str) -> str:
        """Return the one series of all checks of an API."""
        return SERIES


def fold_failures(
    *,
    failures: Collection[Failure],
    unsaid: Collection[tuple[int, str, str, str]],
    api_ids: Collection[int],
    changed: Collection[int],
    now: datetime,
) -> set[int]:
    """Make the open findings of our checks on these APIs the failures; return the APIs this concerned.

    `unsaid` are results that turned unknown: what failed there before is neither mended nor closed. Only APIs that
    changed or were not folded for a week are.
    """
    chosen = set(changed) | _due(api_ids, now)
    if not chosen:
        return set()
    records = [_record(one) for one in failures if one.api_id in chosen]
    records += [_record_of(finding) for finding in _standing(unsaid, chosen)]
    stable_ids = {pk: str(stable) for pk, stable in Api.objects.filter(pk__in=chosen).values_list("pk", "stable_id")}
    shares: list[Share] = [(OWN_CHECKS, SERIES, api_id) for api_id in sorted(chosen)]
    lock_shares(shares)
    staged = stage(records, placement=Own(book=AddressBook(()), stable_ids=stable_ids, unmapped=""))
    report = Report.objects.create(
        code=chance_code("RPT"), digest=hashlib.sha256(f"checks {now}".encode()).hexdigest(), name="Posture checks",
        format="checks", uploaded_at=now, folded_at=now,
    )  # fmt: skip
    stated = Stated(at=now, at_source="upload")
    given = [(share, staged.shares.get(share, EMPTY), stated) for share in shares]
    fold_shares(given, report=report, now=now)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE staged")
    return chosen


def _due(api_ids: Collection[int], now: datetime) -> set[int]:
    scans = Scan.objects.filter(series__source_kind=OWN_CHECKS, series__api__in=api_ids)
    last = scans.values("series__api").annotate(at=Max("scanned_at")).values_list("series__api", "at")
    return {api_id for api_id, at in last if at < now - AGAIN}


def _standing(unsaid: Collection[tuple[int, str, str, str]], chosen: Collection[int]) -> Iterator[Finding]:
    """Yield the findings that are present where a check cannot tell any more."""
    for finding in Finding.objects.filter(api__in=chosen, source_kind=OWN_CHECKS, present=True):
        if (finding.api_id, finding.rule, finding.method, finding.path_key) in unsaid:
            yield finding


def _record(failure: Failure) -> FindingRecord:
    entry, (method, path) = failure.check, failure.place
    return FindingRecord(
        source_kind=OWN_CHECKS, rule=entry.slug, title=entry.title, severity=Severity(failure.severity),
        series=str(failure.api_id), message=f"{failure.evidence} {entry.demand}", remedy=entry.remedy,
        confidence=Confidence.CONFIRMED, cwe=entry.cwe, method=method, path=path,
    )  # fmt: skip


def _record_of(finding: Finding) -> FindingRecord:
    facts: dict[str, Any] = {
        name: getattr(finding, name) for name in ("source_kind", "rule", "title", "message", "remedy", "method", "path")
    }
    return FindingRecord(
        **facts, series=str(finding.api_id), severity=Severity(SeverityRank(finding.severity).name.lower()),
        confidence=Confidence.CONFIRMED, cwe=tuple(finding.cwe),
    )  # fmt: skip
