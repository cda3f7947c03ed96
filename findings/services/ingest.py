"""Folding a report into what is known: whole or not at all, the same whatever the order reports arrive in."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from findings.errors import FindingsRefused
from findings.mapping import Placement, Rule, RuleBook, RuleKind
from findings.models import Finding, MappingRule, Report, Series
from findings.records import FindingRecord, ReportSummary
from findings.services.due import forget_touched
from findings.services.facts import write_facts
from findings.services.presence import fold_presence
from findings.services.scans import STAGED, Fold, Stated, add_earlier_parts, held_scan, is_repeated, share_digest
from findings.services.staging import Share, stage
from findings.services.statuses import derive_statuses
from findings.signals import findings_ingested
from inventory.access.records import Principal
from inventory.access.rights import Verb
from inventory.access.services.trail import record_change
from inventory.models import Api
from inventory.selectors import address_book, apis_for
from inventory.signals import ApisChanged

AHEAD = timedelta(minutes=5)
"""A scan time further ahead of the upload than this is a wrong clock (rulings: scan time)."""


def _silent(_: int) -> None:
    """Hear the running number and do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report being read: `records` can be gone through once, and `summary()` is known after.

    `each` hears the running number of entries every thousand and may raise to stop.
    """

    records: Iterable[FindingRecord]
    summary: Callable[[], ReportSummary]
    each: Callable[[int], None] = _silent


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestCounts:
    """What came of a report, in findings; `entries` counts what the document held before equal ones were merged."""

    entries: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    closed: int = 0
    reopened: int = 0
    skipped: int = 0
    unmapped: int = 0
    api_ids: tuple[int, ...] = ()
    scanned_at: str = ""
    scanned_at_source: str = ""

    def plus(self, other: "IngestCounts") -> "IngestCounts":
        """Return the sums of both."""
        summed = ("created", "updated", "unchanged", "closed", "reopened")
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in summed})


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOptions:
    """What the uploader said of a report; empty and None mean nothing was said.

    `api_id` is the API of the whole report, `otherwise_id` that of what nothing else places.
    """

    api_id: int | None = None
    otherwise_id: int | None = None
    series: str = ""
    scan_id: str = ""
    parts: int | None = None
    complete: bool = True
    scanned_at: datetime | None = None


def placement_of(report: Report, options: UploadOptions, principal: Principal, *, anew: bool = False) -> Placement:
    """Return where a report's findings go, considering only APIs the principal may upload to.

    Raises FindingsRefused when the API it was uploaded for is not among them.
    """
    apis = apis_for(principal, Verb.UPLOAD)
    named = options.api_id or options.otherwise_id
    if named is not None and not apis.filter(pk=named).exists():
        msg = "The API this report is for is no longer one you may upload to; name another."
        raise FindingsRefused(msg)
    if options.api_id is not None:
        apis = apis.filter(pk=options.api_id)
    holder = f"team:{report.team_id}" if report.team_id else f"person:{report.uploaded_by_id}"
    stable_ids = {pk: str(stable_id) for pk, stable_id in apis.values_list("pk", "stable_id")}
    rules = MappingRule.objects.filter(ended_at=None, api__in=stable_ids)
    return Placement(
        book=address_book(apis),
        stable_ids=stable_ids,
        named_api=options.api_id,
        series=options.series,
        unmapped=f"unmapped:{holder}",
        rules=RuleBook(Rule(rule.pk, RuleKind(rule.kind), rule.pattern, rule.api_id) for rule in rules),
        otherwise=options.otherwise_id,
        anew=anew,
    )


def _stated(told: ReportSummary, source_kind: str, options: UploadOptions, uploaded_at: datetime) -> Stated:
    times = [scan.scanned_at for scan in told.runs if scan.source_kind == source_kind and scan.scanned_at]
    at, source = (max(times), "document") if times else (options.scanned_at, "uploader")
    if at is None or at > uploaded_at + AHEAD:
        at, source = uploaded_at, "upload"
    return Stated(
        at=at, at_source=source, scan_id=options.scan_id, parts=options.parts,
        complete=options.complete and told.complete,
    )  # fmt: skip


EMPTY: Final = -1
"""The number of a share without rows."""


def _shares(told: ReportSummary, placement: Placement, staged: Iterable[Share]) -> list[Share]:
    """Return the series a report speaks of: those of its rows, and the ones a scan without findings closes."""
    shares = set(staged)
    for scan in told.runs:
        name = placement.series_name(scan.series)
        api_id = placement.named_api or placement.rules.find_run(scan, name)
        if api_id is not None:
            shares.add((scan.source_kind, name, api_id))
        elif not placement.anew and not any(share[:2] == (scan.source_kind, name) for share in shares):
            shares.add((scan.source_kind, name, None))
    return sorted(shares, key=lambda share: (share[0], share[1], share[2] or 0))


def lock_shares(shares: Iterable[Share]) -> None:
    """Let one fold at a time write the findings of a source on an API; always in the same order."""
    with connection.cursor() as cursor:
        for key in sorted({f"fold:{source}:{api_id}" for source, _, api_id in shares}):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _series(share: Share, report: Report) -> Series:
    source_kind, name, api_id = share
    unmapped = api_id is None
    series, _ = Series.objects.get_or_create(
        source_kind=source_kind,
        name=name,
        api=Api.objects.get(pk=api_id) if api_id is not None else None,
        team=report.team if unmapped else None,
        uploader=report.uploaded_by if unmapped and report.team is None else None,
    )
    return series


def fold_share(share: Share, number: int, *, report: Report, stated: Stated, now: datetime) -> IngestCounts:
    """Fold what is staged under a number into its series; call under `lock_shares`."""
    source_kind, name, api_id = share
    series = _series(share, report)
    digest = share_digest(number)
    fold = Fold(
        series_id=series.pk, share=number, source_kind=source_kind, name=name, api_id=api_id, digest=digest,
        stated=stated, report=report, scan=held_scan(series=series, digest=digest, stated=stated),
    )  # fmt: skip
    if is_repeated(fold):
        return IngestCounts(unchanged=_staged_rows(fold))
    add_earlier_parts(fold)
    facts = write_facts(fold)
    fold_presence(fold)
    statuses = derive_statuses(now=now)
    if statuses.changed:
        forget_touched()
    unchanged = facts.members - facts.created - facts.updated - statuses.reopened
    return IngestCounts(
        created=facts.created, updated=facts.updated, unchanged=max(unchanged, 0),
        closed=statuses.closed, reopened=statuses.reopened,
    )  # fmt: skip


def _staged_rows(fold: Fold) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM staged WHERE {STAGED}", fold.staged)
        count: int = cursor.fetchone()[0]
    return count


@transaction.atomic
def ingest_report(
    *,
    report: Report,
    document: Document,
    options: UploadOptions,
    principal: Principal,
    now: datetime,
    anew: bool = False,
) -> IngestCounts:
    """Fold one report into the findings and return what changed.

    With `anew` the report was folded before and only what had no API then and has one now is taken in; the temporary
    table `staged` then tells which (`services.mapping`). Errors of the document pass through; then nothing of the
    report is stored.
    """
    placement = placement_of(report, options, principal, anew=anew)
    staged = stage(document.records, placement=placement, each=document.each)
    told = document.summary()
    shares = _shares(told, placement, staged.shares)
    lock_shares(shares)
    total = IngestCounts(entries=staged.entries, skipped=told.skipped_count)
    for share in shares:
        stated = _stated(told, share[0], options, report.uploaded_at)
        number = staged.shares.get(share, EMPTY)
        total = total.plus(fold_share(share, number, report=report, stated=stated, now=now))
        total = replace(total, scanned_at=stated.at.isoformat(), scanned_at_source=stated.at_source)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM staged WHERE api_id IS NULL")
        unmapped = cursor.fetchone()[0]
    api_ids = tuple(sorted({api_id for _, _, api_id in shares if api_id}))
    total = replace(total, unmapped=unmapped, api_ids=api_ids)
    _finish(report, total, principal=principal, now=now, anew=anew)
    return total


def _finish(report: Report, counts: IngestCounts, *, principal: Principal, now: datetime, anew: bool) -> None:
    if not anew:
        report.folded_at = now
        report.counts = asdict(counts)
        report.save(update_fields=["folded_at", "counts"])
    told = f"{counts.created} new, {counts.closed} closed, {counts.reopened} reopened, {counts.updated} changed"
    verb = "mapped" if anew else "folded"
    for api_id in counts.api_ids or (None,):
        record_change(
            principal=principal, kind="report", code=report.code, verb=verb, old=None, new=told,
            now=now, source=report.name, api_id=api_id,
        )  # fmt: skip
    if counts.api_ids:
        findings_ingested.send(Finding, result=ApisChanged(api_ids=counts.api_ids, cause=f"report {report.code} read"))
