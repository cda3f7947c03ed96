"""One finding: what is known of it, where scans saw it, what people decided, and what it does to the score."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import OuterRef, Q, Subquery

from findings.models import Decision, Finding, Note, Presence
from findings.status import ACCEPTABLE, EFFECTIVE, OPEN, DecisionKind, SeverityRank, Status
from inventory.access.records import Principal
from inventory.access.rights import Verb, may, roles_that_may
from inventory.access.veils import unveil, veil
from inventory.models import Api, ApiTeam
from posture.models import CurrentScore
from posture.selectors.api_findings import FindingRow, row_of
from posture.selectors.why import Factor

MOST: Final = 100
"""Stretches and decisions that are shown; a finding with more shows the newest."""
PURPOSE: Final = "decision"
CAN_BE_TAKEN_BACK: Final = (*EFFECTIVE, DecisionKind.ASKED)
TIME_SOURCES: Final = {"document": "from the document", "uploader": "as stated at upload", "upload": "of the upload"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a finding does to the score of its API: in words, and in points where they are known by themselves."""

    words: str
    points: float | None = None
    if_fixed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Scans of one series that had the finding: from which on, and which complete one no longer had it."""

    series: str
    source: str
    since: datetime
    since_told: str
    until: datetime | None
    until_told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One decision. `reach` says about what else than this finding it is; `fate` what became of it."""

    code: str
    kind: str
    label: str
    by: str
    by_id: int
    at: datetime
    until: datetime | None
    reason: str
    proof: str
    reach: str
    fate: str
    may_undo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A note: what somebody wrote, and when."""

    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingPage:
    """Everything the page of a finding shows. `pending` waits for another person's answer.

    `seen` names the newest decision about this very finding, for its forms to send back.
    """

    row: FindingRow
    weakness_class: str
    api: Api | None
    score: CurrentScore | None
    team_id: int | None
    status_until: datetime | None
    effect: Effect
    waits: bool
    stretches: tuple[Stretch, ...]
    decisions: tuple[Said, ...]
    notes: tuple[Noted, ...]
    seen: str
    cvss: float | None
    epss: float | None
    kev: bool
    pending: Said | None
    may_decide: bool
    may_ask: bool
    may_answer: bool
    approvers: tuple[str, ...]

    @property
    def entries(self) -> list[Said | Noted]:
        """What people said of it, decisions and notes, newest first."""
        return sorted((*self.decisions, *self.notes), key=lambda entry: entry.at, reverse=True)


def visible_finding(*, principal: Principal, code: str) -> Finding:
    """Return the finding with this code if the principal may see it; raises Finding.DoesNotExist for foreign and none.

    Unmapped ones are in sight of who uploaded them, the team they were uploaded for, and organisation roles.
    """
    held = ApiTeam.objects.filter(api=OuterRef("api"), until=None).values("team")[:1]
    found = Finding.objects.visible_to(principal).select_related("endpoint", "moved_to", "due", "assignment__assignee")
    found = found.select_related("api__owner", "api__current_score__point").annotate(held_by=Subquery(held))
    return found.defer("api__current_score__point__inputs").get(code=code)


def decision_about(*, finding: Finding, code: str) -> Decision | None:
    """Return the decision about this finding alone that has this code; None for any other."""
    number = unveil(code.removeprefix("DEC-"), purpose=PURPOSE, key=settings.DIGEST_KEY)
    return None if number is None else Decision.objects.filter(finding=finding, pk=number).first()


def code_of_decision(number: int) -> str:
    """Return the code of a decision, which has none of its own: its number, veiled."""
    return f"DEC-{veil(number, purpose=PURPOSE, key=settings.DIGEST_KEY)}"


def team_of(finding: Finding) -> int | None:
    """Return the team that holds the API of what `visible_finding` gave; None for an unmapped one and for no team."""
    held: int | None = finding.held_by  # type: ignore[attr-defined] # annotated by visible_finding
    return held


def last_seen_decision(text: str) -> int | None:
    """Return the number of the decision that a form says was the newest; 0 for none, None where it says nothing."""
    if not text:
        return None
    return unveil(text.removeprefix("DEC-"), purpose=PURPOSE, key=settings.DIGEST_KEY) or 0


def page_of_finding(
    *, principal: Principal, finding: Finding, factors: Sequence[Factor], now: datetime, patience: float
) -> FindingPage:
    """Return what the page shows of a finding that `visible_finding` gave; three queries.

    `factors` are those of the change point at which the score of its API stands, none without one.
    For `patience` seconds after a decision the page waits for a score that is younger.
    """
    team_id = team_of(finding)
    may_decide = may(principal, Verb.DECIDE, team_id=team_id)
    decisions = tuple(_said(finding, row, may_decide=may_decide) for row in _decisions(principal, finding))
    pending = next((said for said in decisions if _is_pending(said, now)), None)
    score = getattr(finding.api, "current_score", None) if finding.api else None
    newest = max((said.at for said in decisions), default=None)
    approves = Verb.APPROVE_CRITICAL if finding.severity == SeverityRank.CRITICAL else Verb.APPROVE_ACCEPTANCE
    return FindingPage(
        row=row_of(finding),
        weakness_class=finding.weakness_class,
        api=finding.api,
        score=score,
        team_id=team_id,
        status_until=finding.status_until,
        effect=_effect(finding, score, factors),
        waits=bool(score and newest and score.computed_at < newest and (now - newest).total_seconds() < patience),
        stretches=_stretches(finding),
        decisions=decisions,
        notes=_notes(finding),
        seen=next((said.code for said in decisions if not said.reach), "none"),
        cvss=finding.cvss,
        epss=finding.epss,
        kev=finding.kev,
        pending=pending,
        may_decide=may_decide,
        may_ask=finding.status in ACCEPTABLE and may(principal, Verb.ASK_ACCEPTANCE, team_id=team_id),
        may_answer=bool(pending and pending.by_id != principal.user_id and may(principal, approves, team_id=team_id)),
        approvers=roles_that_may(approves),
    )


def _decisions(principal: Principal, finding: Finding) -> Sequence[Decision]:
    about = Q(finding=finding)
    if finding.api_id:
        about |= Q(api=finding.api_id, weakness_class=finding.weakness_class)
    if finding.rule:
        about |= Q(source_kind=finding.source_kind, rule=finding.rule)
    found = Decision.objects.visible_to(principal).filter(about).select_related("by", "answer__by")
    return list(found.order_by("-at", "-pk")[:MOST])


def _notes(finding: Finding) -> tuple[Noted, ...]:
    """Return the notes on the finding and on those that moved here, newest first."""
    found = Note.objects.filter(Q(finding=finding) | Q(finding__moved_to=finding)).select_related("by")
    return tuple(Noted(by=str(note.by), at=note.at, text=note.text) for note in found.order_by("-at", "-pk")[:MOST])


def _said(finding: Finding, decision: Decision, *, may_decide: bool) -> Said:
    answer: Decision | None = getattr(decision, "answer", None)
    reach, fate = "", f"{DecisionKind(answer.kind).label.lower()} by {answer.by}" if answer else ""
    if not fate and decision.finding_id and decision.kind == DecisionKind.ASKED and finding.status not in ACCEPTABLE:
        fate = "not needed any more"
    if not decision.finding_id:
        reach = f"all of {decision.weakness_class} on this API" if decision.api_id else f"every {decision.rule}"
    return Said(
        code=code_of_decision(decision.pk),
        kind=decision.kind,
        label=DecisionKind(decision.kind).label,
        by=str(decision.by),
        by_id=decision.by_id,
        at=decision.at,
        until=decision.until,
        reason=decision.reason,
        proof=decision.proof if decision.proof != finding.code else "",
        reach=reach,
        fate=fate,
        may_undo=may_decide and not reach and answer is None and decision.kind in CAN_BE_TAKEN_BACK,
    )


def _is_pending(said: Said, now: datetime) -> bool:
    return said.kind == DecisionKind.ASKED and not said.fate and said.until is not None and said.until > now


def _stretches(finding: Finding) -> tuple[Stretch, ...]:
    seen = Presence.objects.filter(finding=finding).select_related("series", "from_scan", "until_scan")
    return tuple(
        Stretch(
            series=stretch.series.name,
            source=stretch.series.source_kind,
            since=stretch.since,
            since_told=TIME_SOURCES.get(stretch.from_scan.scanned_at_source, ""),
            until=stretch.until,
            until_told=TIME_SOURCES.get(stretch.until_scan.scanned_at_source, "") if stretch.until_scan else "",
        )
        for stretch in seen.order_by("-since", "-pk")[:MOST]
    )


def _effect(finding: Finding, score: CurrentScore | None, factors: Sequence[Factor]) -> Effect:
    if finding.api_id is None:
        return Effect(words="It is tied to no API yet, so it counts in no score.")
    if finding.status == Status.ACCEPTED:
        return Effect(words="Accepted: it counts in the inherent score alone.")
    if finding.status not in OPEN:
        return Effect(words=f"{Status(finding.status).label}: it does not count.")
    if score is None or score.point is None:
        return Effect(words="The API is not scored yet.")
    return _counted(finding, factors)


def _counted(finding: Finding, factors: Sequence[Factor]) -> Effect:
    by_place = {(factor.kind, factor.key): factor for factor in factors}
    own = by_place.get(("finding", finding.code))
    if own is not None:
        return Effect(words="of the points of its API", points=own.points, if_fixed=own.if_fixed)
    together = by_place.get(("class", finding.weakness_class)) or by_place.get(("rest", ""))
    if together is None:
        return Effect(words="It adds nothing to the score as it was last computed.")
    what = f"smaller ones of {together.key}" if together.key else "smaller ones of other classes"
    return Effect(words=f"for it and all {together.count:,} {what} together", points=together.points)
