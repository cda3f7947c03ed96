"""What every full page shows around its content: where one can go, who one is, how one likes it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from inventory.access.choices import OrganisationRole, Theme
from inventory.access.models import User
from inventory.access.records import Principal
from inventory.access.rights import Verb, may_somewhere
from inventory.access.routes import address_for
from posture.selectors.demands import MOST, Demands, demands
from posture.selectors.places import GROUPS, PERSONAL, Place, open_to
from posture.services.demo.progress import Progress, heard

COUNTED: Final = {
    "posture:findings": ("findings", "critical or high"),
    "incidents:alerts": ("alerts", "new, critical or high"),
    "incidents:incidents": ("incidents", "not over"),
    "jobs:jobs": ("jobs", "failed"),
    "inventory:connections": ("connections", "need care"),
}
"""Which number stands beside a place, and what it counts, for screen readers."""
WAYS: Final = {
    "connect": "inventory:connection-new",
    "people": "access:people",
    "deadlines": "findings:deadlines",
    "demo": "posture:demo-reset",
}
"""Where pages lead to besides; nothing for those whom the route does not let in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One place one can go to. What is `shown` of the count, when it is not 0; `counted` says of what, in words."""

    label: str
    url: str
    key: str
    icon: str
    current: bool
    count: int = 0
    counted: str = ""

    @property
    def shown(self) -> str:
        """The count as people read it, which goes no further than it was counted."""
        return f"{self.count:,}" if self.count < MOST else f"{MOST - 1:,}+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Some places under one heading; the first group has none."""

    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The side bar and the person's habits; without a person there are no places to go.

    `loading` tells how far the demo is while it is being loaded.
    """

    organisation: str
    theme: str = Theme.AUTO
    single_keys: bool = True
    person: str = ""
    role: str = ""
    notices: int = 0
    may_upload: bool = False
    may_export: bool = False
    groups: tuple[Group, ...] = ()
    personal: tuple[Item, ...] = ()
    ways: Mapping[str, str] = field(default_factory=dict)
    loading: Progress | None = None

    @property
    def other_theme(self) -> str:
        """What the theme switch asks for without a script: dark, and from dark light."""
        return Theme.LIGHT if self.theme == Theme.DARK else Theme.DARK


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give templates `shell` and `now`. One query at most, and only where a page draws its side bar."""
    return {
        "shell": SimpleLazyObject(lambda: _shell(request)),
        "now": _now(),
    }


def _now() -> datetime:
    return timezone.now()  # noqa: TID251 -- the context is an interface: the clock enters here


def _shell(request: HttpRequest) -> Shell:
    principal: Principal | None = getattr(request, "principal", None)
    user = getattr(request, "user", None)
    if principal is None or not isinstance(user, User):
        return Shell(organisation=settings.ORGANISATION_NAME)
    asking = demands(principal=principal, now=_now())
    return Shell(
        organisation=settings.ORGANISATION_NAME,
        theme=user.theme,
        single_keys=user.single_keys,
        person=str(user),
        role=_role(principal),
        notices=asking.notices,
        may_upload=may_somewhere(principal, Verb.UPLOAD),
        may_export=may_somewhere(principal, Verb.EXPORT),
        groups=tuple(
            Group(label=label, items=items)
            for label, places in GROUPS
            if (items := tuple(_items(request, principal, places, asking)))
        ),
        loading=heard(),
        ways={
            word: address_for(principal, name) for word, name in WAYS.items() if word != "demo" or settings.DEMO_DATA
        },
        personal=tuple(_items(request, principal, PERSONAL, asking)),
    )


def _items(request: HttpRequest, principal: Principal, places: tuple[Place, ...], asking: Demands) -> Iterator[Item]:
    here = request.resolver_match.view_name if request.resolver_match else ""
    for place, url in open_to(principal, places):
        what, counted = COUNTED.get(place.name, ("", ""))
        yield Item(
            label=place.label,
            url=url,
            key=place.key,
            icon=place.icon,
            current=place.holds(here),
            count=getattr(asking, what) if what else 0,
            counted=counted,
        )


def _role(principal: Principal) -> str:
    for role in OrganisationRole:
        if role in principal.organisation_roles:
            return str(role.label)
    return str(principal.team_roles[0][1].label) if principal.team_roles else "No team yet"
