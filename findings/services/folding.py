"""Folding what is staged into the series it speaks of: many shares at once, as far as no two can touch one finding."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Q

from findings.models import Report, Series
from findings.services.due import forget_touched
from findings.services.facts import write_facts
from findings.services.presence import fold_presence
from findings.services.scans import (
    NO_RECORDS,
    Fold,
    Stated,
    add_earlier_parts,
    held_scans,
    repeated,
    share_digests,
)
from findings.services.staging import Share
from findings.services.statuses import derive_statuses, start_touching

EMPTY: Final = -1
"""The number of a share without rows."""
TOGETHER: Final = 20_000
"""Rows that one statement folds, unless one share alone has more: so many are sorted in memory."""

Staged = tuple[Share, int, Stated]
"""A share, the number its rows are staged under, and what was stated of its scan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldCounts:
    """What came of folding, in findings."""

    created: int
    updated: int
    unchanged: int
    closed: int
    reopened: int


def lock_shares(shares: Iterable[Share]) -> None:
    """Let one fold at a time write the findings of a source on an API; always in the same order."""
    with connection.cursor() as cursor:
        for key in sorted({f"fold:{source}:{api_id}" for source, _, api_id in shares}):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def fold_shares(staged: Sequence[Staged], *, report: Report, now: datetime) -> FoldCounts:
    """Fold what is staged into its series; call under `lock_shares`."""
    start_touching()
    digests = share_digests()
    series = _series([share for share, _, _ in staged], report)
    numbers: Counter[str] = Counter()
    for wave in _waves(staged, digests):
        held = held_scans(
            [(series[share], digests.get(number, NO_RECORDS)[1], stated) for share, number, stated in wave]
        )
        folds = [
            Fold(share=number, series=series[share], rows=rows, digest=digest, stated=stated, report=report, scan=scan)
            for (share, number, stated), scan in zip(wave, held, strict=True)
            for rows, digest in (digests.get(number, NO_RECORDS),)
        ]
        known = repeated(folds)
        numbers["unchanged"] += sum(fold.rows for fold in known)
        numbers += _fold([fold for fold in folds if fold not in known])
    statuses = derive_statuses(now=now)
    if statuses.changed:
        forget_touched()
    unchanged = numbers["members"] - numbers["created"] - numbers["updated"] - statuses.reopened
    return FoldCounts(
        created=numbers["created"], updated=numbers["updated"], unchanged=numbers["unchanged"] + max(unchanged, 0),
        closed=statuses.closed, reopened=statuses.reopened,
    )  # fmt: skip


def _fold(folds: Sequence[Fold]) -> Counter[str]:
    if not folds:
        return Counter()
    for fold in folds:
        add_earlier_parts(fold)
    facts = write_facts(folds)
    fold_presence(folds)
    return Counter(created=facts.created, updated=facts.updated, members=facts.members)


def _waves(staged: Sequence[Staged], digests: dict[int, tuple[int, str]]) -> Iterator[list[Staged]]:
    """Yield what can be folded at once: a finding is of one source and one API, so no two shares of both are."""
    turns: dict[int, list[Staged]] = defaultdict(list)
    turn: Counter[tuple[str, int | None]] = Counter()
    for one in staged:
        source_kind, _, api_id = one[0]
        turns[turn[source_kind.lower(), api_id]].append(one)
        turn[source_kind.lower(), api_id] += 1
    for held in turns.values():
        wave: list[Staged] = []
        rows = 0
        for one in held:
            its = digests.get(one[1], NO_RECORDS)[0]
            if wave and rows + its > TOGETHER:
                yield wave
                wave, rows = [], 0
            wave.append(one)
            rows += its
        yield wave


def _series(shares: Sequence[Share], report: Report) -> dict[Share, Series]:
    """Return the series of the shares; those that are not there are made."""
    mapped = Q(api__in={api_id for _, _, api_id in shares if api_id is not None}, team=None, uploader=None)
    holder = {"team": report.team, "uploader": report.uploaded_by if report.team is None else None}
    held = Series.objects.filter(
        mapped | Q(api=None, **holder),
        source_kind__in={source_kind for source_kind, _, _ in shares}, name__in={name for _, name, _ in shares},
    )  # fmt: skip
    found = {(one.source_kind, one.name, one.api_id): one for one in held}
    if missing := [share for share in shares if share not in found]:
        Series.objects.bulk_create(
            (
                Series(source_kind=source_kind, name=name, api_id=api_id, **(holder if api_id is None else {}))
                for source_kind, name, api_id in missing
            ),
            ignore_conflicts=True,
        )
        found = {(one.source_kind, one.name, one.api_id): one for one in held.all()}
    return {share: found[share] for share in shares}
