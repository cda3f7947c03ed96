"""What the palette finds: everything somebody may see, by the words they have for it."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Concat, Length
from django.urls import reverse
from django.utils.http import urlencode

from findings.models import Finding, with_words
from findings.status import OPEN, SeverityRank, Status
from inventory.access.directory import PEOPLE, code_of
from inventory.access.models import User
from inventory.access.records import Principal
from inventory.access.routes import address_for
from inventory.access.selectors import teams_in_sight
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from inventory.models import Api, BaseUrl, Connection, Endpoint
from posture.selectors.api_findings import place_of
from posture.selectors.places import ACTS, GROUPS, PERSONAL, Place, open_to
from posture.selectors.summaries import with_team

MOST: Final = 6
"""Hits of one kind that are shown."""
LONGEST: Final = 200
SWITCH: Final = "Switch light or dark"
SHORTEST: Final = 2
"""Fewer letters than this find places only."""
WITH_METHOD: Final = re.compile(r"(get|post|put|patch|delete|head|options|trace) +(/.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing that was found: what it is called, where it is, and what stands beside it.

    Without an address it is an act of the page itself. `score` and `band` are an API's, `severity` a finding's;
    `keys` go to a place without the palette.
    """

    label: str
    url: str
    icon: str
    note: str = ""
    code: str = ""
    severity: str = ""
    scored: bool = False
    score: Decimal | None = None
    band: str = ""
    keys: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HitGroup:
    """The hits of one kind."""

    label: str
    hits: tuple[Hit, ...]


def search(*, principal: Principal, text: str) -> tuple[HitGroup, ...]:
    """Return what the principal may see under these words, at most six of a kind; seven queries at most."""
    text = " ".join(text.replace("\0", " ").split())[:LONGEST]
    found = [HitGroup(label=label, hits=tuple(hits)) for label, hits in _kinds(principal, text)]
    return tuple(group for group in found if group.hits)


def _kinds(principal: Principal, text: str) -> Iterator[tuple[str, Iterator[Hit]]]:
    if len(text) >= SHORTEST:
        yield "APIs", _apis(principal, text)
        yield "Findings", _findings(principal, text)
        yield "Endpoints", _endpoints(principal, text)
        yield "Teams", _teams(principal, text)
        yield "People", _people(principal, text)
        yield "Connections", _connections(principal, text)
        yield "Jobs", _jobs(principal, text)
    yield "Actions", chain(_places(principal, text, (ACTS,)), _switch(text))
    yield "Go to", _places(principal, text, (*(places for _, places in GROUPS), PERSONAL))


def _apis(principal: Principal, text: str) -> Iterator[Hit]:
    address = re.sub(r":\d+", "", re.sub(r"^\w+://", "", text))
    urls = BaseUrl.objects.annotate(whole=Concat("host", "base_path")).filter(api=OuterRef("pk"))
    named = Q(name__icontains=text) | Q(code__iexact=text) | Q(slug__icontains=text)
    found = with_team(Api.objects.visible_to(principal)).select_related("current_score")
    found = found.filter(named | Exists(urls.filter(whole__icontains=address)))
    for api in found.order_by(F("current_score__score").desc(nulls_last=True), "name", "pk")[:MOST]:
        score = getattr(api, "current_score", None)
        yield Hit(
            label=f"{api.name} {api.version}".strip(),
            url=reverse("posture:api", args=[api.code]),
            icon="api",
            note=api.team_name or "No team",  # type: ignore[attr-defined] # with_team adds it
            code=api.code,
            scored=True,
            score=score.score if score else None,
            band=score.band if score else "",
        )


def _findings(principal: Principal, text: str) -> Iterator[Hit]:
    found = Finding.objects.visible_to(principal).filter(moved_to=None).select_related("endpoint")
    if re.fullmatch(r"fnd-\w+", text, re.IGNORECASE):
        found = found.filter(code=text.upper())
    elif re.fullmatch(r"cve-[\d-]+", text, re.IGNORECASE):
        found = found.filter(cve=text.upper())
    else:
        # Open ones alone, in the order of their index: the scan ends with the sixth.
        found = found.filter(with_words(text), status__in=OPEN)
    for finding in found.order_by("-severity", "-first_seen", "pk")[:MOST]:
        yield Hit(
            label=finding.title,
            url=reverse("posture:finding", args=[finding.code]),
            icon="list-check",
            note=place_of(finding) or Status(finding.status).label,
            code=finding.code,
            severity=SeverityRank(finding.severity).name.lower(),
        )


def _endpoints(principal: Principal, text: str) -> Iterator[Hit]:
    found = Endpoint.objects.filter(removed_at=None, api__in=Api.objects.visible_to(principal)).select_related("api")
    if split := WITH_METHOD.fullmatch(text):
        found, text = found.filter(method__iexact=split[1]), split[2]
    for endpoint in found.filter(path__icontains=text).order_by(Length("path"), "path", "method", "pk")[:MOST]:
        listed = reverse("posture:api-endpoints", args=[endpoint.api.code])
        yield Hit(
            label=str(endpoint),
            url=f"{listed}?{urlencode({'q': endpoint.path[:LONGEST]})}",
            icon="link",
            note=endpoint.api.name,
        )


def _teams(principal: Principal, text: str) -> Iterator[Hit]:
    for team in (
        teams_in_sight(principal).filter(Q(name__icontains=text) | Q(slug__iexact=text)).order_by("name")[:MOST]
    ):
        yield Hit(label=team.name, url=reverse("access:team", args=[team.slug]), icon="users", note=team.slug)


def _people(principal: Principal, text: str) -> Iterator[Hit]:
    if not address_for(principal, "access:people"):
        return
    for user in User.objects.filter(Q(name__icontains=text) | Q(email__icontains=text)).order_by("name", "pk")[:MOST]:
        yield Hit(
            label=str(user),
            url=reverse("access:person", args=[code_of(user.pk, PEOPLE)]),
            icon="user-question",
            note=user.email,
        )


def _connections(principal: Principal, text: str) -> Iterator[Hit]:
    found = Connection.objects.visible_to(principal).filter(Q(name__icontains=text) | Q(code__iexact=text))
    for connection in found.select_related("team").order_by("name", "pk")[:MOST]:
        yield Hit(
            label=connection.name,
            url=reverse("inventory:connection", args=[connection.code]),
            icon="plug-connected",
            note=str(connection.team or "The organisation"),
            code=connection.code,
        )


def _jobs(principal: Principal, text: str) -> Iterator[Hit]:
    named = Q(title__icontains=text)
    with suppress(ValueError):
        named |= Q(pk=UUID(text))
    for job in Job.objects.visible_to(principal).filter(named).order_by("-created_at", "-id")[:MOST]:
        yield Hit(label=job.title, url=reverse("jobs:job", args=[job.pk]), icon="progress", note=State(job.state).label)


def _places(principal: Principal, text: str, groups: Iterable[tuple[Place, ...]]) -> Iterator[Hit]:
    for places in groups:
        for place, url in open_to(principal, places):
            if text.lower() in place.label.lower():
                yield Hit(label=place.label, url=url, icon=place.icon, keys=place.key)


def _switch(text: str) -> Iterator[Hit]:
    if text.lower() in SWITCH.lower():
        yield Hit(label=SWITCH, url="", icon="moon")
