"""Folding a report into what is known: whole or not at all, the same whatever the order reports arrive in."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from findings.errors import FindingsRefused
from findings.mapping import Placement, Rule, RuleBook, RuleKind
from findings.models import Finding, MappingRule, Report
from findings.records import FindingRecord, ReportSummary
from findings.services.folding import EMPTY, fold_shares, lock_shares
from findings.services.scans import Stated
from findings.services.staging import Share, stage
from findings.signals import findings_ingested
from inventory.access.records import Principal
from inventory.access.rights import Verb
from inventory.access.services.trail import record_change
from inventory.selectors.apis import address_book, apis_for
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
    given = [
        (share, staged.shares.get(share, EMPTY), _stated(told, share[0], options, report.uploaded_at))
        for share in shares
    ]
    folded = fold_shares(given, report=report, now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM staged WHERE api_id IS NULL")
        unmapped = cursor.fetchone()[0]
    api_ids = tuple(sorted({api_id for _, _, api_id in shares if api_id}))
    scanned = max((stated for _, _, stated in given), key=lambda stated: stated.at, default=None)
    total = IngestCounts(
        entries=staged.entries, skipped=told.skipped_count, unmapped=unmapped, api_ids=api_ids, **asdict(folded),
        scanned_at=scanned.at.isoformat() if scanned else "", scanned_at_source=scanned.at_source if scanned else "",
    )  # fmt: skip
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
