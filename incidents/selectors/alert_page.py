"""One alert: what is known of it, what it stands for, and what people did with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.utils.dateparse import parse_datetime

from incidents.choices import CATEGORY_NAMES, WORST_FIRST, Act
from incidents.detections.explaining import explained
from incidents.models import Episode, Incident, TriageStep
from incidents.selectors.alert_list import AlertRow, row_of
from incidents.selectors.holding import team_of
from incidents.selectors.incident_list import incidents_of_alert
from inventory.access.choices import OrganisationRole
from inventory.access.models import User
from inventory.access.records import Principal
from inventory.access.rights import Verb, may, may_somewhere
from inventory.access.veils import unveil, veil
from inventory.models import Api

MOST: Final = 100
OWN: Final = "posture"
"""The source of what our own detections raise."""
PURPOSE: Final = "triage"
PREFIX: Final = "STP-"
TRIAGING: Final = (OrganisationRole.SECURITY_MANAGER, OrganisationRole.ANALYST, OrganisationRole.RESPONDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One of the alerts, without anything the client sent; `numbers` are (what, how many)."""

    at: datetime | None
    method: str
    path: str
    status: int | None
    outcome: str
    where: str
    size: int | None
    numbers: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One thing that a person did; `fate` says that it was taken back."""

    code: str
    act: str
    by: str
    at: datetime
    until: datetime | None
    resolution: str
    assignee: str
    note: str
    fate: str
    may_undo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPage:
    """Everything the page of an alert shows. `samples` is None for whom payloads are not; `why` explains our own."""

    row: AlertRow
    api: Api | None
    category: str
    why: str
    outcomes: tuple[tuple[str, int], ...]
    samples: tuple[Sample, ...] | None
    window_start: datetime
    recorded_at: datetime
    steps: tuple[Done, ...]
    may_triage: bool
    may_declare: bool
    incidents: tuple[Incident, ...]
    people: tuple[tuple[str, str], ...]


def visible_alert(*, principal: Principal, code: str) -> Episode:
    """Return the alert with this code if the principal may see it; raises Episode.DoesNotExist for foreign and none."""
    found = Episode.objects.visible_to(principal).select_related("api", "endpoint", "assignee", "moved_to")
    return found.get(code=code)


def step_about(*, episode: Episode, code: str) -> TriageStep | None:
    """Return the step on this alert that has this code; None for any other."""
    number = unveil(code.removeprefix(PREFIX), purpose=PURPOSE, key=settings.DIGEST_KEY)
    return None if number is None else TriageStep.objects.filter(episode=episode, pk=number).first()


def own_steps(*, principal: Principal, ids: Sequence[int]) -> list[TriageStep]:
    """Return those of some steps that the principal made, on alerts they may see."""
    seen = Episode.objects.visible_to(principal).values("pk")
    rows = TriageStep.objects.filter(pk__in=ids, by=principal.user_id, episode__in=seen)
    return list(rows.select_related("episode"))


def code_of_step(number: int) -> str:
    """Return the code of a step, which has none of its own: its number, veiled."""
    return f"{PREFIX}{veil(number, purpose=PURPOSE, key=settings.DIGEST_KEY)}"


def page_of_alert(*, principal: Principal, episode: Episode, now: datetime) -> AlertPage:
    """Return what the page shows of an alert that `visible_alert` gave."""
    team_id = team_of(episode)
    may_triage = may(principal, Verb.TRIAGE_ALERTS, team_id=team_id)
    sees_payloads = may(principal, Verb.SEE_PAYLOADS, team_id=team_id)
    return AlertPage(
        row=row_of(episode, now=now),
        api=episode.api,
        category=CATEGORY_NAMES.get(episode.category, ""),
        why=_why(episode),
        outcomes=tuple((word.value, episode.outcomes[word]) for word in WORST_FIRST if episode.outcomes.get(word)),
        samples=tuple(map(_sample, episode.samples)) if sees_payloads else None,
        window_start=episode.window_start,
        recorded_at=episode.recorded_at,
        steps=_steps(episode, may_triage=may_triage),
        may_triage=may_triage,
        may_declare=may(principal, Verb.DECLARE_INCIDENT, team_id=team_id),
        incidents=tuple(incidents_of_alert(principal=principal, episode_id=episode.pk)),
        people=tuple(triagers(principal=principal, team_id=team_id)) if may_triage else (),
    )


def _why(episode: Episode) -> str:
    """Return why a client was raised where it was one of our detections, and nothing for others' alerts."""
    if episode.source_kind != OWN or not episode.samples:
        return ""
    return explained(episode.rule, episode.samples[0].get("numbers", {}))


def _sample(told: dict[str, Any]) -> Sample:
    return Sample(
        at=parse_datetime(told["at"]),
        method=told.get("method", ""),
        path=told.get("path", ""),
        status=told.get("status"),
        outcome=told.get("outcome", ""),
        where=told.get("where", ""),
        size=told.get("size"),
        numbers=tuple((name.replace("_", " "), number) for name, number in told.get("numbers", {}).items()),
    )


def _steps(episode: Episode, *, may_triage: bool) -> tuple[Done, ...]:
    rows = TriageStep.objects.filter(episode=episode).select_related("by", "assignee", "undone_by__by")
    return tuple(_done(row, may_triage=may_triage) for row in rows.order_by("-at", "-pk")[:MOST])


def _done(row: TriageStep, *, may_triage: bool) -> Done:
    back: TriageStep | None = getattr(row, "undone_by", None)
    return Done(
        code=code_of_step(row.pk),
        act=row.act,
        by=str(row.by),
        at=row.at,
        until=row.until,
        resolution=row.resolution.replace("_", " "),
        assignee=str(row.assignee) if row.assignee else "",
        note=row.note,
        fate=f"taken back by {back.by}" if back else "",
        may_undo=may_triage and back is None and row.act != Act.UNDONE,
    )


def triagers(*, principal: Principal, team_id: int | None) -> Sequence[tuple[str, str]]:
    """Return (e-mail address, name) of who may triage what a team has, for those who may: they name somebody."""
    if not may_somewhere(principal, Verb.TRIAGE_ALERTS):
        return ()
    found = set(User.objects.filter(is_active=True, organisation_roles__role__in=TRIAGING).values_list("email", "name"))
    if team_id is not None:
        found |= set(User.objects.filter(is_active=True, memberships__team=team_id).values_list("email", "name"))
    return sorted(found, key=lambda one: (one[1].lower(), one[0]))
