"""What people state about an API: its team, its owner and the facts that weigh its risk."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from inventory.access.models import Team, User
from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_change
from inventory.choices import Criticality, Environment, FactSource, Reach, Sensitivity, Stage
from inventory.errors import InventoryChanged, InventoryRefused
from inventory.models import Api, ApiTeam, Fact
from inventory.signals import ApisChanged, facts_recorded, team_changed

CLASSIFIED = {
    "reach": Reach,
    "environment": Environment,
    "criticality": Criticality,
    "sensitivity": Sensitivity,
    "stage": Stage,
}
"""Attributes a person may state, with their closed vocabularies."""

UNSTATED = {"stage": Stage.ACTIVE.value}
"""What is shown while no source states it, where that is not "unknown"."""


def current_team(api: Api) -> Team | None:
    """Return the team that holds an API now."""
    row = ApiTeam.objects.filter(api=api, until=None).select_related("team").first()
    return row.team if row else None


def _require(principal: Principal, api: Api) -> None:
    team = current_team(api)
    require(principal, Verb.CLASSIFY, team_id=team.pk if team else None)


def _check(changes: Mapping[str, str | None]) -> None:
    for attribute, value in changes.items():
        if attribute not in CLASSIFIED:
            msg = f"“{attribute}” is not something to state about an API; use one of {', '.join(CLASSIFIED)}."
            raise InventoryRefused(msg)
        if value is not None and value not in CLASSIFIED[attribute].values:
            msg = f"“{value}” is no {attribute}; use one of {', '.join(CLASSIFIED[attribute].values)}."
            raise InventoryRefused(msg)


def shown_value(api: Api, attribute: str) -> str:
    """Return the value the facts give an attribute: the strongest source wins, then the newest; else its default."""
    ranks = {source: rank for rank, source in enumerate(FactSource.values)}
    facts = Fact.objects.filter(api=api, endpoint=None, attribute=attribute)
    best = min(facts, key=lambda fact: (ranks[fact.source_kind], -fact.last_seen.timestamp()), default=None)
    return best.value if best else UNSTATED.get(attribute, "unknown")


@transaction.atomic
def classify_api(
    *, api: Api, changes: Mapping[str, str | None], principal: Principal, now: datetime, reason: str = ""
) -> tuple[str, ...]:
    """State facts about an API by hand and return the attributes whose shown value changed.

    `changes` maps an attribute of `CLASSIFIED` to its value, or to None to withdraw what people stated.
    Raises InventoryRefused on an unknown attribute or value, AccessRefused when the principal may not classify.
    """
    _check(changes)
    api = Api.objects.select_for_update().get(pk=api.pk)
    _require(principal, api)
    changed: list[str] = []
    for attribute, value in changes.items():
        mine = {"api": api, "endpoint": None, "attribute": attribute, "source_kind": FactSource.PERSON, "source_id": ""}
        if value is None:
            Fact.objects.filter(**mine).delete()
        else:
            Fact.objects.update_or_create(
                **mine,
                defaults={"value": value, "last_seen": now},
                create_defaults={"value": value, "first_seen": now, "last_seen": now},
            )
        old, new = getattr(api, attribute), shown_value(api, attribute)
        if old != new:
            setattr(api, attribute, new)
            changed.append(attribute)
            record_change(
                principal=principal, kind="api", code=api.code, verb=f"set {attribute}", old=old, new=new,
                now=now, reason=reason, source="person", api_id=api.pk,
            )  # fmt: skip
    if changed:
        api.save(update_fields=changed)
        cause = f"{' and '.join(changed)} set by {principal.name}"
        facts_recorded.send(Api, result=ApisChanged(api_ids=(api.pk,), cause=cause))
    return tuple(changed)


def _keep_pace(stood: str | None, stands: str) -> None:
    """Refuse when what the person saw is no longer what stands; None did not say."""
    if stood is not None and stood != stands:
        msg = f"Not saved: somebody changed it while you did, to {stands or 'nobody'}. Compare, then save yours again."
        raise InventoryChanged(msg)


@transaction.atomic
def assign_team(
    *, api: Api, team: Team | None, principal: Principal, now: datetime, reason: str = "", stood: str | None = None
) -> bool:
    """Give an API to a team, or to none; return whether that changed anything.

    A team principal can only hand on what its own team holds, and then no longer sees it. `stood` is the slug of the
    team that the person saw, "" for none. Raises AccessRefused when the principal may not, and InventoryChanged when
    another team holds it by now.
    """
    api = Api.objects.select_for_update().get(pk=api.pk)
    _require(principal, api)
    old = current_team(api)
    _keep_pace(stood, old.slug if old else "")
    if old == team:
        return False
    give_team(api=api, team=team, now=now)
    record_change(
        principal=principal, kind="api", code=api.code, verb="set team", old=old.slug if old else None,
        new=team.slug if team else None, now=now, reason=reason, source="person", api_id=api.pk,
    )  # fmt: skip
    team_changed.send(Api, result=ApisChanged(api_ids=(api.pk,), cause=f"team set by {principal.name}"))
    return True


def give_team(*, api: Api, team: Team | None, now: datetime) -> None:
    """End the present holding and start the next, without asking who may; for services that did."""
    ApiTeam.objects.filter(api=api, until=None).update(until=now)
    if team is not None:
        ApiTeam.objects.create(api=api, team=team, since=now)


class Person(StrEnum):
    """The two people who answer for an API."""

    OWNER = "owner"
    DEPUTY = "deputy"


@transaction.atomic
def assign_person(  # noqa: PLR0913 -- who does what to what, why, and what they saw
    *,
    api: Api,
    role: Person,
    user: User | None,
    principal: Principal,
    now: datetime,
    reason: str = "",
    stood: str | None = None,
) -> bool:
    """Make somebody the owner or deputy of an API, or nobody; return whether that changed anything.

    `stood` is the e-mail address that the person saw, "" for nobody. Raises AccessRefused when the principal may not,
    and InventoryChanged when somebody else holds the role by now.
    """
    api = Api.objects.select_for_update().get(pk=api.pk)
    _require(principal, api)
    old = getattr(api, role)
    _keep_pace(stood, old.email if old else "")
    if old == user:
        return False
    setattr(api, role, user)
    api.save(update_fields=[role.value])
    record_change(
        principal=principal, kind="api", code=api.code, verb=f"set {role}", old=old.email if old else None,
        new=user.email if user else None, now=now, reason=reason, source="person", api_id=api.pk,
    )  # fmt: skip
    facts_recorded.send(Api, result=ApisChanged(api_ids=(api.pk,), cause=f"{role} set by {principal.name}"))
    return True
