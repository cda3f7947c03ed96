"""Hosts that are called and belong to no API: shadow API candidates, and the click that makes an API of one."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import Concat

from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.choices import Environment
from inventory.errors import InventoryRefused
from inventory.jobs.models import Job
from inventory.jobs.services.jobs import enqueue
from inventory.models import Api, BaseUrl, Observation
from inventory.services.specifications import NewApi, create_api

SHOWN: Final = 100
PLACE: Final = "inventory.place"
"""The kind of job that ties calls to APIs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One host with calls that belong to no API; `paths` counts methods and paths, `ok` calls answered with 2xx.

    The host is empty for logs that do not tell it: those are to be taken in again with the API they are about.
    """

    host: str
    calls: int
    ok: int
    paths: int
    first_day: date
    last_day: date


def candidates(principal: Principal) -> tuple[list[Candidate], int]:
    """Return the hosts with most successful calls that belong to no API, and how many hosts there are in all.

    Raises AccessRefused for those who do not see the whole organisation: a host tells of APIs of any team.
    """
    require(principal, Verb.SEE, team_id=None)
    rows = Observation.objects.filter(api=None).order_by().values("host")
    summed = rows.annotate(
        calls_=Sum("calls"), ok_=Sum("ok"), paths=Count(Concat("method", "path_key"), distinct=True),
        first_day=Min("day"), last_day=Max("day"),
    )  # fmt: skip
    found = [
        Candidate(
            host=row["host"], calls=row["calls_"], ok=row["ok_"], paths=row["paths"], first_day=row["first_day"],
            last_day=row["last_day"],
        )
        for row in summed.order_by("-ok_", "-calls_", "host")[:SHOWN]
    ]  # fmt: skip
    return found, rows.distinct().count()


@transaction.atomic
def adopt_host(*, host: str, team: Team | None, principal: Principal, now: datetime) -> tuple[Api, Job]:
    """Make an API of a host with unmapped calls, and return it with the job that ties them to it.

    Raises AccessRefused without the right to classify all, InventoryRefused for a host without such calls.
    """
    require(principal, Verb.CLASSIFY, team_id=None)
    if not host or not Observation.objects.filter(Q(api=None), host=host).exists():
        msg = f"No log has calls to “{host}” that belong to no API; somebody may have made one of it."
        raise InventoryRefused(msg)
    new = NewApi(name=host, environment=Environment.UNKNOWN, base_path="", version="")
    api = create_api(new=new, team=team, principal=principal, now=now, source="log")
    BaseUrl.objects.get_or_create(api=api, scheme="", host=host, port=None, base_path="")
    job = enqueue(
        kind=PLACE, arguments={"apis": [api.pk], "cause": f"API made of the calls to {host}"}, principal=principal,
        now=now, title=f"Tie the calls to {host}",
    )  # fmt: skip
    return api, job
