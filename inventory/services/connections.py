"""Connections as people keep them: made, changed, given secrets, paused, tried and asked to run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_change
from inventory.choices import RUN_JOB
from inventory.codes import chance_code
from inventory.errors import ConnectionRefused
from inventory.jobs.models import Job, Schedule, Secret
from inventory.jobs.services.jobs import enqueue
from inventory.jobs.services.vault import seal_secret
from inventory.jobs.targets import Allowed, Target, TargetRefused, parse_allowed, parse_target
from inventory.models import Connection
from inventory.services.visits import surroundings
from inventory.sources.base import SourceRefused, source_for
from inventory.sources.webhook import RECEIVING

RULES: Final = {
    "": "By hand only",
    "every 900": "Every 15 minutes",
    "every 3600": "Every hour",
    "every 21600": "Every 6 hours",
    "daily 01:00": "Daily at 01:00 UTC",
}
UPLOAD_OPTIONS: Final = ("format", "api", "environment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A connection as a person fills it in. `options` are texts; an empty secret leaves the one that is set."""

    kind: str
    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    team: Team | None = None
    rule: str = ""
    egress: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@transaction.atomic
def create_connection(*, wanted: Wanted, principal: Principal, now: datetime) -> Connection:
    """Make a connection with its secrets and schedule. Raises AccessRefused, ConnectionRefused."""
    require(principal, Verb.CONNECT, team_id=wanted.team.pk if wanted.team else None)
    connection = Connection(
        code=chance_code("CON"), kind=wanted.kind, team=wanted.team, created_at=now, changed_at=now, name="", rule=""
    )
    _fill(connection, wanted, principal=principal, now=now)
    _store(connection)
    record_change(
        principal=principal, kind="connection", code=connection.code, verb="created", old=None,
        new=_told(connection), now=now,
    )  # fmt: skip
    _set_secrets(connection, wanted, principal=principal, now=now)
    _set_schedule(connection, now=now)
    return connection


@transaction.atomic
def change_connection(*, connection: Connection, wanted: Wanted, principal: Principal, now: datetime) -> Connection:
    """Change name, options, schedule, egress list or secrets; kind and team stay. Raises as `create_connection`."""
    connection = _held(connection, principal)
    before, reach, asked = _told(connection), list(connection.egress), _origins(connection)
    _fill(connection, wanted, principal=principal, now=now)
    if not _origins(connection) <= asked and not any(wanted.secrets.values()):
        _refuse_old_secret(connection)
    after = _told(connection)
    if before != after:
        connection.changed_at = now
        if before["options"] != after["options"]:
            connection.cursor = {}
        record_change(
            principal=principal, kind="connection", code=connection.code, verb="changed", old=before, new=after, now=now
        )
    if reach != connection.egress:
        record_change(
            principal=principal, kind="connection", code=connection.code, verb="egress changed", old=reach,
            new=list(connection.egress), now=now,
        )  # fmt: skip
    _store(connection)
    _set_secrets(connection, wanted, principal=principal, now=now)
    _set_schedule(connection, now=now)
    return connection


def _origins(connection: Connection) -> set[tuple[str, str, int]]:
    """Return the servers that a secret of the connection goes to."""
    allowed = parse_allowed(connection.egress)
    return {parse_target(url, allowed=allowed).origin for url in connection.options.get("urls", ())}


def _refuse_old_secret(connection: Connection) -> None:
    """Keep a secret from those it was not given for: whoever moves a connection must know it."""
    if Secret.objects.filter(owner=connection.owner).exists():
        msg = "The secret was set for other servers; give it again for these."
        raise ConnectionRefused(msg, "urls")


def _fill(connection: Connection, wanted: Wanted, *, principal: Principal, now: datetime) -> None:
    name = wanted.name.strip()
    if not name or len(name) > 200 or not name.isprintable():  # noqa: PLR2004 - the column's length
        msg = "Give it a name of at most 200 characters."
        raise ConnectionRefused(msg, "name")
    if wanted.rule not in RULES:
        msg = f"It may run: {', '.join(RULES.values())}."
        raise ConnectionRefused(msg, "rule")
    egress = [line.strip() for line in wanted.egress if line.strip()]
    try:
        allowed = parse_allowed(egress)
        if egress != connection.egress:
            # What one team may reach inside is the organisation's to say.
            require(principal, Verb.CONNECT, team_id=None)
        options = source_for(connection.kind).clean(wanted.options, surroundings(connection, now=now))
        for url in options.get("urls", ()):
            _keep_secret_off_plain_http(options, parse_target(url, allowed=allowed), allowed)
    except SourceRefused as refusal:
        raise ConnectionRefused(str(refusal), refusal.option) from refusal
    except TargetRefused as refusal:
        raise ConnectionRefused(str(refusal), "egress" if "neither" in str(refusal) else "urls") from refusal
    connection.name = name
    # A webhook waits to be sent to: there is nothing to run at an hour.
    connection.rule = "" if connection.kind == RECEIVING else wanted.rule
    connection.egress = egress
    connection.options = {**options, **{key: wanted.options.get(key, "") for key in UPLOAD_OPTIONS}}


def _keep_secret_off_plain_http(options: Mapping[str, Any], target: Target, allowed: Allowed) -> None:
    if options.get("header") and target.scheme != "https" and not allowed.networks:
        msg = "A secret header goes over https only."
        raise SourceRefused(msg, "urls")


def _store(connection: Connection) -> None:
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError as error:
        msg = f"There is a connection “{connection.name}” of this team already; choose another name."
        raise ConnectionRefused(msg, "name") from error


def _told(connection: Connection) -> dict[str, Any]:
    """Return what the trail tells; secrets are not among it."""
    return {
        "kind": connection.kind,
        "name": connection.name,
        "team": connection.team.slug if connection.team else None,
        "options": connection.options,
        "rule": connection.rule,
        "egress": list(connection.egress),
    }


def _set_secrets(connection: Connection, wanted: Wanted, *, principal: Principal, now: datetime) -> None:
    for option in source_for(connection.kind).secrets:
        value = wanted.secrets.get(option.name, "").strip()
        if not value:
            continue
        if not value.isascii() or not value.isprintable():
            msg = "A header may hold plain characters only."
            raise ConnectionRefused(msg, f"secret_{option.name}")
        seal_secret(owner=connection.owner, name=option.name, value=value.encode(), now=now)
        record_change(
            principal=principal, kind="connection", code=connection.code, verb="secret set", old=None,
            new=option.name, now=now,
        )  # fmt: skip


def _set_schedule(connection: Connection, *, now: datetime) -> None:
    """Let the schedule's row say what the connection says."""
    rows = Schedule.objects.filter(name=connection.schedule_name)
    if not connection.rule:
        rows.delete()
        return
    Schedule.objects.update_or_create(
        name=connection.schedule_name,
        defaults={
            "rule": connection.rule,
            "kind": RUN_JOB,
            "arguments": {"connection": connection.pk},
            "principal": connection.principal.stored(),
            "enabled": connection.paused_at is None,
        },
        create_defaults={
            "rule": connection.rule,
            "kind": RUN_JOB,
            "arguments": {"connection": connection.pk},
            "principal": connection.principal.stored(),
            "enabled": connection.paused_at is None,
            "created_at": now,
        },
    )


@transaction.atomic
def pause_connection(*, connection: Connection, pause: bool, principal: Principal, now: datetime) -> Connection:
    """Stop runs from coming, or let them come again; a run under way ends as it would. Raises AccessRefused."""
    connection = _held(connection, principal)
    if pause is (connection.paused_at is not None):
        return connection
    connection.paused_at = now if pause else None
    connection.save(update_fields=["paused_at"])
    _set_schedule(connection, now=now)
    record_change(
        principal=principal, kind="connection", code=connection.code, verb="paused" if pause else "resumed",
        old=None, new=None, now=now,
    )  # fmt: skip
    return connection


def _held(connection: Connection, principal: Principal) -> Connection:
    """Return the row as it is now, locked, when the principal may change it."""
    require(principal, Verb.CONNECT, team_id=connection.team_id)
    return Connection.objects.select_for_update(of=("self",)).select_related("team").get(pk=connection.pk)


@transaction.atomic
def start_run(*, connection: Connection, principal: Principal, now: datetime) -> Job:
    """Ask for a run now and return its job; while one waits, that one. Raises AccessRefused, ConnectionRefused."""
    require(principal, Verb.UPLOAD, team_id=connection.team_id)
    if connection.paused_at is not None:
        msg = f"{connection.name} is paused; resume it to run it."
        raise ConnectionRefused(msg)
    return enqueue(
        kind=RUN_JOB, arguments={"connection": connection.pk}, principal=principal, now=now,
        key=f"connection {connection.pk}", title=f"Run {connection.name}",
    )  # fmt: skip
