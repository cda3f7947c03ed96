"""Taking the demo away and loading it anew: everything that hangs on an API, a connection or a document goes.

The application may not delete what is append-only, so this is the one place where the owner of the tables acts for a
person. People, teams, roles, tokens, policies and the trail stay; the trail says that it was done.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.apps import apps
from django.db import OperationalError, connections, models, transaction

from findings.models import Finding, MappingRule, Report
from incidents.models import Episode, Incident
from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_change
from inventory.jobs.models import Blob, Job, Schedule, Secret
from inventory.models import Api, Connection, TrafficLog
from posture.models import DemoInstall, Notice, Portfolio, Trend
from posture.services.demo.loading import begin

ROOTS: Final[tuple[type[models.Model], ...]] = (
    Api, Connection, Report, TrafficLog, Episode, Incident, MappingRule, Job, Notice, Portfolio, Trend
)  # fmt: skip
PATIENCE: Final = "4s"
"""How long jobs under way may keep their tables before the reset gives up."""
OURS: Final = ("inventory", "findings", "incidents", "posture", "jobs")


class ResetRefused(Exception):  # noqa: N818 - named for what people are told
    """The demo cannot be reset now; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """How many rows of what people know would go."""

    apis: int
    findings: int
    alerts: int
    connections: int
    reports: int
    jobs: int


def is_demo() -> bool:
    """Return whether this installation was given the demo."""
    return DemoInstall.objects.exists()


def going() -> Going:
    """Return what a reset deletes."""
    return Going(
        apis=Api.objects.count(), findings=Finding.objects.count(), alerts=Episode.objects.count(),
        connections=Connection.objects.count(), reports=Report.objects.count(), jobs=Job.objects.count(),
    )  # fmt: skip


def doomed() -> list[str]:
    """Return the tables that go: those of the roots and all that refer to them, however far."""
    found = {*ROOTS}
    waiting = list(ROOTS)
    while waiting:
        model = waiting.pop()
        for other in apps.get_models(include_auto_created=True):
            if other not in found and other._meta.app_label in OURS and _refers(other, model):  # noqa: SLF001 - documented
                found.add(other)
                waiting.append(other)
    return sorted(model._meta.db_table for model in found)  # noqa: SLF001 - documented


def _refers(other: type[models.Model], model: type[models.Model]) -> bool:
    return any(field.is_relation and field.related_model is model for field in other._meta.concrete_fields)  # noqa: SLF001 - documented


def reset_demo(*, principal: Principal, now: datetime) -> None:
    """Delete the demo and all that was done with it, and load it anew.

    Raises AccessRefused for anybody but an administrator, and ResetRefused where there is no demo, or while jobs hold
    its tables.
    """
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    if not is_demo():
        msg = "This installation holds no demo: nothing was deleted."
        raise ResetRefused(msg)
    try:
        _empty()
    except OperationalError as error:
        msg = "Jobs are under way; nothing was deleted. Try again when they have ended."
        raise ResetRefused(msg) from error
    with transaction.atomic():
        DemoInstall.objects.all().delete()
        Schedule.objects.filter(name__startswith="connection ").delete()
        Secret.objects.filter(owner__startswith="connection:").delete()
        Blob.objects.filter(dropped_at=None).update(expires_at=now)
        record_change(principal=principal, kind="demo", code="demo", verb="reset", old=None, new=None, now=now)
    begin(now=now)


def _empty() -> None:
    owner = connections["owner"]
    quoted = ", ".join(owner.ops.quote_name(table) for table in doomed())
    with transaction.atomic(using="owner"), owner.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        cursor.execute(f"TRUNCATE {quoted}")
