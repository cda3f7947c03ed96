"""Deciding several findings in one act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from findings.errors import FindingsRefused
from findings.models import Finding
from findings.services.decide import Statement, Target, ask_acceptance, decide
from findings.services.work import assign
from findings.status import DecisionKind
from inventory.access.records import Principal
from inventory.models import Api
from posture.selectors.finding_page import last_seen_decision
from posture.selectors.queue import MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The decisions that were written, by id, and what they say."""

    decision_ids: tuple[int, ...]
    label: str


def decide_together(  # noqa: PLR0913 -- one decision about many, by whom, when, and what they saw
    *,
    finding_ids: Sequence[int],
    kind: str,
    reason: str,
    until: datetime | None,
    proof: str,
    seen: str,
    principal: Principal,
    now: datetime,
) -> Written:
    """Decide the same about findings, or ask for their acceptance, whole or not at all.

    `seen` names the newest decision about any of them that the person saw. Raises AccessRefused unless the right
    reaches every one of them, FindingsRefused, and FindingsChanged when somebody decided one of them since.
    """
    if not finding_ids:
        msg = "None of these findings is left to decide; look at the queue again."
        raise FindingsRefused(msg)
    said = DecisionKind(kind)
    target = Target(finding_ids=tuple(sorted(finding_ids)), seen=last_seen_decision(seen))
    statement = Statement(kind=said, reason=reason, until=until, proof=proof)
    act = ask_acceptance if said == DecisionKind.ASKED else decide
    result = act(target=target, statement=statement, principal=principal, now=now)
    return Written(decision_ids=result.decision_ids, label=said.label.lower())


@transaction.atomic
def assign_class(*, api: Api, weakness_class: str, principal: Principal, now: datetime) -> tuple[tuple[str, str], ...]:
    """Give the open findings of a class on an API to its owner; return who had each before, as (code, e-mail address).

    At most as many as one act takes, the worst first. Raises AccessRefused, and FindingsRefused without an owner and
    where nothing is left to assign.
    """
    if api.owner is None:
        msg = f"{api.name} has no owner; name one first."
        raise FindingsRefused(msg)
    rows = list(
        Finding.objects.open()
        .filter(api=api, weakness_class=weakness_class)
        .exclude(assignment__assignee=api.owner)
        .select_related("assignment__assignee")
        .order_by("-severity", "pk")[:MOST]
    )
    if not rows:
        msg = f"All open findings of this class on {api.name} are with {api.owner} already."
        raise FindingsRefused(msg)
    assign(finding_ids=[row.pk for row in rows], user=api.owner, principal=principal, now=now)
    return tuple((row.code, row.assignment.assignee.email if hasattr(row, "assignment") else "") for row in rows)
