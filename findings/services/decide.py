"""What people decide about findings: some of them, one class of weakness on an API, or a tool's rule everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.expressions import RawSQL

from findings.errors import FindingsChanged, FindingsRefused
from findings.models import Decision, Finding, FindingQuerySet
from findings.services.due import stamp_touched
from findings.services.statuses import derive_statuses, touch
from findings.signals import decisions_recorded
from findings.status import ACCEPTABLE, EFFECTIVE, DecisionKind, SeverityRank, Status
from inventory.access.records import Change, Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_changes
from inventory.models import ApiTeam
from inventory.signals import ApisChanged

WITH_REASON = (DecisionKind.RESOLVED, DecisionKind.FALSE_POSITIVE, DecisionKind.DUPLICATE)
"""Decisions that nobody can judge later without a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a decision is about: findings by id, or a class on an API, or a rule of a source on every API.

    `seen` is the id of the newest decision about these findings that the person saw, 0 for none; None does not ask.
    """

    finding_ids: tuple[int, ...] = ()
    api_id: int | None = None
    weakness_class: str = ""
    source_kind: str = ""
    rule: str = ""
    seen: int | None = None

    def findings(self) -> FindingQuerySet:
        """Return the findings it is about now."""
        if self.finding_ids:
            return Finding.objects.filter(pk__in=self.finding_ids)
        if self.api_id is not None:
            return Finding.objects.filter(api=self.api_id, weakness_class=self.weakness_class)
        return Finding.objects.filter(source_kind=self.source_kind, rule=self.rule)

    def rows(self) -> list[Decision]:
        """Return the unsaved decisions that say something of it: one for each finding, else one."""
        if self.finding_ids:
            return [Decision(finding_id=pk) for pk in sorted(self.finding_ids)]
        if self.api_id is not None:
            return [Decision(api_id=self.api_id, weakness_class=self.weakness_class)]
        return [Decision(source_kind=self.source_kind, rule=self.rule)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is said: the kind, why, until when, and what supports it."""

    kind: DecisionKind
    reason: str = ""
    until: datetime | None = None
    proof: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionResult:
    """The decisions written, by id, for undoing them, and how many findings changed their status."""

    decision_ids: tuple[int, ...]
    changed: int


def _teams(target: Target) -> set[int | None]:
    """Return the teams that hold what a target is about; None stands for unmapped, for no team and for everywhere."""
    if target.rule:
        return {None}
    api_ids = {target.api_id} if target.api_id else set(target.findings().values_list("api_id", flat=True).distinct())
    held = dict(ApiTeam.objects.filter(api__in=api_ids, until=None).values_list("api_id", "team_id"))
    return {held.get(api_id) if api_id else None for api_id in api_ids}


def _require(principal: Principal, verb: Verb, target: Target) -> int:
    """Return the id of the person who decides, or raise: a decision is a person's, and each team must be in reach."""
    for team_id in _teams(target):
        require(principal, verb, team_id=team_id)
    if principal.user_id is None:
        msg = "A decision is made by a person; sign in to make it."
        raise FindingsRefused(msg)
    return principal.user_id


@transaction.atomic
def decide(*, target: Target, statement: Statement, principal: Principal, now: datetime) -> DecisionResult:
    """Write what a person decided and give the findings it is about their status.

    Raises AccessRefused without the right to each finding's API, FindingsRefused without a reason where one is
    needed, for an acceptance (`ask_acceptance`), for a target that is gone and for a duplicate of nothing in sight,
    and FindingsChanged when somebody decided since the person looked.
    """
    if statement.kind not in EFFECTIVE or statement.kind == DecisionKind.ACCEPTED:
        msg = f"“{statement.kind.label}” is not decided by one person; ask for the acceptance instead."
        raise FindingsRefused(msg)
    if statement.kind in WITH_REASON and not statement.reason.strip():
        msg = f"Say why it is “{statement.kind.label}”: somebody will ask."
        raise FindingsRefused(msg)
    person = _require(principal, Verb.DECIDE, target)
    if statement.kind == DecisionKind.DUPLICATE:
        statement = replace(statement, proof=_original(statement.proof, target, principal))
    return _write(target, statement, person=person, principal=principal, now=now)


def _original(code: str, target: Target, principal: Principal) -> str:
    """Return the code of the finding that others are duplicates of; raise when it is not in sight or is one of them."""
    code = code.strip().upper()
    others = Finding.objects.visible_to(principal).filter(code=code)
    if not others.exists() or target.findings().filter(code=code).exists():
        msg = "Name the other finding by its code, such as FND-7K3Q9; there is none like that in sight."
        raise FindingsRefused(msg)
    return code


@transaction.atomic
def ask_acceptance(*, target: Target, statement: Statement, principal: Principal, now: datetime) -> DecisionResult:
    """Ask for a risk to be accepted until a day; nothing changes before another person approves it.

    Raises AccessRefused without the right, and FindingsRefused without a reason, without an end in the future, where
    a finding has no risk left, and while an earlier request for one waits: the answer to it would leave the other open.
    """
    if not statement.reason.strip():
        msg = "Say why the risk can be carried: the person who approves it will ask."
        raise FindingsRefused(msg)
    if statement.until is None or statement.until <= now:
        msg = "Say until when the risk is to be accepted: a day in the future."
        raise FindingsRefused(msg)
    person = _require(principal, Verb.ASK_ACCEPTANCE, target)
    _refuse_a_second(target, now)
    asked = Statement(kind=DecisionKind.ASKED, reason=statement.reason, until=statement.until, proof=statement.proof)
    return _write(target, asked, person=person, principal=principal, now=now)


def _refuse_a_second(target: Target, now: datetime) -> None:
    if not target.finding_ids:
        return
    _lock(target)
    _need_a_risk(target)
    asked = Decision.objects.waiting(now=now).filter(finding__in=target.finding_ids)
    waits = asked.select_related("by", "finding").order_by("pk").first()
    if waits and waits.finding:
        msg = f"{waits.by} asked for that of {waits.finding.code} before, and it waits; take it back first."
        raise FindingsRefused(msg)


def _need_a_risk(target: Target) -> None:
    """Refuse to ask and to answer about what was closed or judged meanwhile. Call with the findings locked."""
    gone = target.findings().exclude(status__in=ACCEPTABLE).order_by("pk").first() if target.finding_ids else None
    if gone:
        msg = f"{gone.code} is “{Status(gone.status).label}” by now: there is no risk left to accept."
        raise FindingsRefused(msg)


@transaction.atomic
def answer_acceptance(
    *, asked: Decision, accept: bool, reason: str, principal: Principal, now: datetime
) -> DecisionResult:
    """Accept a risk somebody asked for, or refuse to. One's own request is never one's own to approve.

    Raises AccessRefused without the right for the severest finding concerned, and FindingsRefused when it is one's
    own, is over, was answered already, or is about a finding that was closed or judged meanwhile.
    """
    target = _target_of(asked)
    verb = Verb.APPROVE_CRITICAL if _is_critical(target) else Verb.APPROVE_ACCEPTANCE
    person = _require(principal, verb, target)
    if asked.kind != DecisionKind.ASKED or asked.by_id == person:
        msg = "Another person has to answer what you asked for." if asked.by_id == person else "Nothing was asked here."
        raise FindingsRefused(msg)
    if accept and (asked.until is None or asked.until <= now):
        msg = "The day until which the acceptance was asked for has passed; ask again."
        raise FindingsRefused(msg)
    _lock(target)
    _need_a_risk(target)
    kind = DecisionKind.ACCEPTED if accept else DecisionKind.REFUSED
    statement = Statement(kind=kind, reason=reason, until=asked.until, proof=asked.proof)
    return _answer([asked], statement, person=person, principal=principal, now=now)


@transaction.atomic
def undo(*, decisions: Sequence[Decision], principal: Principal, now: datetime) -> DecisionResult:
    """Take decisions back by new rows: what was decided before them holds again.

    Raises AccessRefused without the right to decide, and FindingsRefused when one was answered or undone already.
    """
    for target in sorted(map(_target_of, decisions), key=lambda each: each.finding_ids):
        person = _require(principal, Verb.DECIDE, target)
        _lock(target)  # as whoever answers one does first: else each waits for what the other holds
    if not decisions or any(decision.kind == DecisionKind.UNDONE for decision in decisions):
        msg = "There is nothing to take back."
        raise FindingsRefused(msg)
    return _answer(decisions, Statement(kind=DecisionKind.UNDONE), person=person, principal=principal, now=now)


def _target_of(decision: Decision) -> Target:
    finding_ids = (decision.finding_id,) if decision.finding_id else ()
    return Target(
        finding_ids=finding_ids, api_id=decision.api_id, weakness_class=decision.weakness_class,
        source_kind=decision.source_kind, rule=decision.rule,
    )  # fmt: skip


def _is_critical(target: Target) -> bool:
    return target.findings().filter(severity=SeverityRank.CRITICAL).exists()


def _write(target: Target, statement: Statement, *, person: int, principal: Principal, now: datetime) -> DecisionResult:
    if target.finding_ids and target.findings().count() != len(set(target.finding_ids)):
        msg = "Some of these findings are no longer there; look at the list again."
        raise FindingsRefused(msg)
    _keep_pace(target)
    return _store(target.rows(), statement, person=person, principal=principal, now=now)


def _keep_pace(target: Target) -> None:
    """Refuse to decide past what somebody else decided since."""
    if target.seen is None:
        return
    _lock(target)
    newest = Decision.objects.filter(finding__in=target.finding_ids).aggregate(newest=Max("pk"))["newest"] or 0
    if newest > target.seen:
        msg = "Not saved: somebody else decided a moment ago. Compare with what they said, then send yours again."
        raise FindingsChanged(msg)


def _lock(target: Target) -> None:
    """Hold the findings until the transaction ends: of two at once one is refused."""
    # Not against rows that refer to them: who wrote a decision and holds them next would wait in a ring.
    list(target.findings().select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _answer(
    decisions: Sequence[Decision], statement: Statement, *, person: int, principal: Principal, now: datetime
) -> DecisionResult:
    rows = []
    for decision in decisions:
        (row,) = _target_of(decision).rows()
        row.about = decision
        rows.append(row)
    try:
        with transaction.atomic():
            return _store(rows, statement, person=person, principal=principal, now=now)
    except IntegrityError as error:
        msg = "Somebody answered this a moment ago; look at what they decided."
        raise FindingsChanged(msg) from error


def _store(
    rows: list[Decision], statement: Statement, *, person: int, principal: Principal, now: datetime
) -> DecisionResult:
    for row in rows:
        row.kind, row.reason, row.until = statement.kind, statement.reason.strip(), statement.until
        row.proof, row.at, row.by_id = statement.proof, now, person
    written = Decision.objects.bulk_create(rows)
    touch(TOUCHED, [[row.pk for row in written]] * 3)
    changed = derive_statuses(now=now).changed
    stamp_touched(now=now)
    _tell(written, statement, principal=principal, now=now)
    return DecisionResult(decision_ids=tuple(row.pk for row in written), changed=changed)


TOUCHED = """
SELECT finding_id FROM findings_decision WHERE id = ANY(%s) AND finding_id IS NOT NULL
UNION SELECT finding.id FROM findings_decision decision JOIN findings_finding finding
    ON finding.api_id = decision.api_id AND finding.weakness_class = decision.weakness_class
WHERE decision.id = ANY(%s) AND decision.api_id IS NOT NULL
UNION SELECT finding.id FROM findings_decision decision JOIN findings_finding finding
    ON finding.source_kind = decision.source_kind AND finding.rule = decision.rule
WHERE decision.id = ANY(%s) AND decision.rule <> ''
"""


def _tell(written: Sequence[Decision], statement: Statement, *, principal: Principal, now: datetime) -> None:
    """Write the trail and send the news of the APIs concerned."""
    finding_ids = [row.finding_id for row in written if row.finding_id]
    named = {row.pk: row for row in Finding.objects.filter(pk__in=finding_ids).only("code", "api_id")}
    said: dict[str, Any] = {"verb": statement.kind.value, "new": statement.until, "reason": statement.reason}
    changes = []
    for row in written:
        finding = named.get(row.finding_id or 0)
        subject = finding.code if finding else row.weakness_class or row.rule
        api_id = finding.api_id if finding else row.api_id
        what = "finding" if finding else "class" if row.api_id else "rule"
        changes.append(Change(kind=what, code=subject, api_id=api_id, source="person", **said))
    record_changes(changes, principal=principal, now=now)
    touched = Finding.objects.filter(pk__in=RawSQL("SELECT finding_id FROM touched", []))
    api_ids = tuple(sorted(set(touched.exclude(api=None).values_list("api_id", flat=True))))
    if api_ids:
        cause = f"{statement.kind.label.lower()} by {principal.name}"
        decisions_recorded.send(Decision, result=ApisChanged(api_ids=api_ids, cause=cause))
