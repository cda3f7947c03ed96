"""What deciding or assigning several findings at once would change."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Max

from findings.models import Decision, Finding
from findings.status import EFFECTIVE, DecisionKind, SeverityRank, Status
from inventory.access.records import Principal
from inventory.access.rights import Verb, may
from inventory.models import ApiTeam
from posture.queues import QueueFilter
from posture.selectors.api_findings import place_of
from posture.selectors.api_people import people_to_name
from posture.selectors.finding_page import code_of_decision
from posture.selectors.queue import MOST, alike, first_queued, named_findings, person_of

ASSIGN: Final = "assign"
ACTS: Final[Mapping[str, str]] = {
    **{kind.value: kind.label for kind in EFFECTIVE if kind != DecisionKind.ACCEPTED},
    DecisionKind.ASKED.value: "Ask to accept the risk",
    ASSIGN: "Assign",
}
SHOWN: Final = 25
"""Rows that are told one by one; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One finding that the act is about: as it stands, and as it will."""

    pk: int
    code: str
    severity: str
    title: str
    place: str
    api: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What an act would change: the findings, those left out, and what is sent back to notice others' decisions.

    `assigned` says who works on each now, as (code, e-mail address).
    """

    act: str
    label: str
    items: tuple[Item, ...]
    left_out: int
    seen: str
    people: tuple[tuple[str, str], ...]
    assigned: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> tuple[Item, ...]:
        """The rows that are told one by one."""
        return self.items[:SHOWN]

    @property
    def more(self) -> int:
        """How many are not."""
        return max(len(self.items) - SHOWN, 0)

    @property
    def by_severity(self) -> dict[str, int]:
        """How many of each severity, the worst first."""
        counted = Counter(item.severity for item in self.items)
        return {rank.name.lower(): counted[rank.name.lower()] for rank in reversed(SeverityRank)}

    @property
    def apis(self) -> int:
        """On how many APIs they are."""
        return len({item.api for item in self.items})

    @property
    def is_full(self) -> bool:
        """Whether there may be more than one act takes."""
        return len(self.items) + self.left_out >= MOST


def chosen(
    *, principal: Principal, codes: Sequence[str], like: str, narrowed: QueueFilter | None, sort: str
) -> list[Finding]:
    """Return the findings an act is about: named, alike one, or the first of a list; two queries at most."""
    if codes:
        return named_findings(principal=principal, codes=codes)
    if like:
        return list(alike(principal=principal, code=like).order_by("due__due_at", "pk")[:MOST])
    return first_queued(principal=principal, narrowed=narrowed, sort=sort) if narrowed is not None else []


def elsewhere(*, principal: Principal, code: str) -> int:
    """Return in how many other places in sight the same weakness is open and undecided; one query."""
    return alike(principal=principal, code=code).count()


def together_of(
    *, principal: Principal, findings: Collection[Finding], act: str, of_ids: Collection[int] = ()
) -> Together:
    """Return what an act would change about findings in sight; three queries.

    Those the principal may not do it to, and those that stand so already, are left out. `of_ids` names findings by id.
    """
    if of_ids:
        findings = list(Finding.objects.visible_to(principal).filter(pk__in=of_ids).select_related(
            "endpoint", "api__owner", "assignment__assignee"))  # fmt: skip
    verb = Verb.CLASSIFY if act == ASSIGN else Verb.ASK_ACCEPTANCE if act == DecisionKind.ASKED else Verb.DECIDE
    api_ids = {finding.api_id for finding in findings if finding.api_id}
    held = dict(ApiTeam.objects.filter(api__in=api_ids, until=None).values_list("api", "team"))
    rows = [row for row in findings if may(principal, verb, team_id=held.get(row.api_id or 0)) and row.status != act]
    newest = Decision.objects.visible_to(principal).filter(finding__in=rows).aggregate(newest=Max("pk"))["newest"]
    return Together(
        act=act,
        label=ACTS.get(act, ""),
        items=tuple(_item(row, act) for row in rows),
        left_out=len(findings) - len(rows),
        seen=code_of_decision(newest) if newest else "none",
        people=people_to_name(principal) if act == ASSIGN else (),
        assigned=tuple((row.code, row.assignment.assignee.email if hasattr(row, "assignment") else "") for row in rows),
    )


def _item(row: Finding, act: str) -> Item:
    before = Status(row.status).label
    if act == ASSIGN:
        before, after = person_of(row) or "Nobody", ""
    elif act == DecisionKind.ASKED:
        after = f"{before} until somebody approves"
    else:
        after = Status(act).label if act in Status.values else ""
    return Item(
        pk=row.pk, code=row.code, severity=SeverityRank(row.severity).name.lower(), title=row.title,
        place=place_of(row), api=row.api.name if row.api else "", before=before, after=after,
    )  # fmt: skip
