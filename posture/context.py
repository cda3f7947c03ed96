"""What every full page shows around its content: where one can go, who one is, how one likes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from inventory.access.choices import OrganisationRole, Theme
from inventory.access.models import User
from inventory.access.records import Principal
from inventory.access.rights import Verb, may_somewhere
from inventory.jobs.models import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One place of the side bar. `count` is shown when it is not 0; `counted` says of what, for screen readers."""

    label: str
    url: str
    key: str
    icon: str
    current: bool
    count: int = 0
    counted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The side bar and the person's habits; without a person there are no places to go."""

    organisation: str
    theme: str = Theme.AUTO
    single_keys: bool = True
    person: str = ""
    role: str = ""
    may_upload: bool = False
    may_export: bool = False
    items: tuple[Item, ...] = ()

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
    return Shell(
        organisation=settings.ORGANISATION_NAME,
        theme=user.theme,
        single_keys=user.single_keys,
        person=str(user),
        role=_role(principal),
        may_upload=may_somewhere(principal, Verb.UPLOAD),
        may_export=may_somewhere(principal, Verb.EXPORT),
        items=tuple(_items(request, principal)),
    )


def _items(request: HttpRequest, principal: Principal) -> Iterator[Item]:
    match = request.resolver_match
    here = match.namespace if match else ""
    on_findings = here == "posture" and bool(match and (match.url_name or "").startswith("finding"))
    on_apis = here == "posture" and not on_findings
    yield Item(label="APIs", url=reverse("posture:apis"), key="a", icon="api", current=on_apis)
    yield Item(label="Findings", url=reverse("posture:findings"), key="f", icon="list-check", current=on_findings)
    yield Item(
        label="Jobs",
        url=reverse("jobs:jobs"),
        key="j",
        icon="progress",
        current=here == "jobs",
        count=Job.objects.visible_to(principal).live().count(),
        counted="waiting or running",
    )
    yield Item(
        label="Connections",
        url=reverse("inventory:connections"),
        key="c",
        icon="plug-connected",
        current=here == "inventory",
    )
    yield Item(
        label="Mapping",
        url=reverse("findings:mapping"),
        key="m",
        icon="link",
        current=match is not None and match.view_name == "findings:mapping",
    )


def _role(principal: Principal) -> str:
    for role in OrganisationRole:
        if role in principal.organisation_roles:
            return str(role.label)
    return str(principal.team_roles[0][1].label) if principal.team_roles else "No team yet"
