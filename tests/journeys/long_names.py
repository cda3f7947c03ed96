"""An estate in which every name is as long as its column and has no place to break, and nothing at all beside it."""

import io
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str

from findings.models import CheckResult, Finding
from findings.services.columns import hold_table
from findings.services.decide import Statement, Target, ask_acceptance, decide
from findings.services.mapping import create_rule
from findings.status import DecisionKind
from incidents.choices import ClockState, EntryKind, Level, StepAct
from incidents.models import Episode
from incidents.selectors.cases import code_of_case
from incidents.services.clocks import Filed, stop, switch_on
from incidents.services.evidence import freeze
from incidents.services.incidents import Declared, declare
from incidents.services.playing import follow, mark
from incidents.services.tasks_of import add_task
from incidents.services.timeline import add_entry
from inventory.access.choices import OrganisationRole, TeamRole
from inventory.access.directory import PEOPLE, code_of
from inventory.access.models import Invitation, OrganisationRoleGrant, Team, User
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from inventory.access.services.invitations import invite
from inventory.access.services.people import add_member, create_team
from inventory.access.services.tokens import create_token
from inventory.models import Api, Connection, Endpoint, Run
from inventory.services.classify import Person, assign_person, classify_api
from inventory.services.connections import Wanted, create_connection, start_run
from posture.choices import ListName
from posture.services.views import Wish, save_view
from tests.findings.reports import sarif, settle, take_in
from tests.inventory.access.people import PASSWORD, app_of

HOST = ".".join(["h" * 60] * 3 + ["example"])
"""As long as a host may nearly be."""


def long(word: str, length: int = 300) -> str:
    """Return a name of this length that nothing breaks."""
    return (word + "Umkehrschlusswahrscheinlichkeit" * length)[:length]


@dataclass
class LongEstate:
    """Whom to sign in as, and what stands in addresses: one of each kind.

    The walker may everything; the second one is a member of a team and has an app with this secret.
    """

    walker: str
    second: str
    secret: str
    objects: dict[str, str] = field(default_factory=dict)


def make_walker() -> User:
    """Make somebody who holds every role of the organisation."""
    user = User.objects.create_user(
        email=f"{'w' * 60}@{'x' * 60}.example", password=PASSWORD, name=long("Walker", 120), single_keys=True
    )
    OrganisationRoleGrant.objects.bulk_create(OrganisationRoleGrant(user=user, role=role) for role in OrganisationRole)
    return user


def make_estate(walker: User, now: datetime) -> LongEstate:
    """Bring one of everything in. Needs a database where commits are real."""
    second = User.objects.create_user(
        email=f"{'s' * 60}@{'y' * 60}.example", password=PASSWORD, name=long("Second", 120)
    )
    secret = app_of(second)
    acting = principal_of(walker, now=now)
    team = create_team(name=long("Team", 120), principal=acting, now=now)
    for user, role in ((walker, TeamRole.OWNER), (second, TeamRole.MEMBER)):
        add_member(user=user, team=team, role=role, principal=acting, now=now)
    estate = LongEstate(walker.email, second.email, secret)
    acting = principal_of(walker, now=now)
    estate.objects |= _inventory(team, walker, acting, now)
    estate.objects |= _findings(estate.objects["api"], principal_of(second, now=now), acting, now)
    estate.objects |= _connection(team, acting, now)
    estate.objects |= _people(team, walker, second, acting, now)
    estate.objects["alert"] = _alert(estate.objects["api"], acting, now)
    estate.objects |= _incident(acting, now)
    table = io.BytesIO(
        f"{long('column', 300)},title,severity\n{long('cell', 300)},{long('Title', 300)},high\n".encode()
    )
    held = hold_table(file=table, name=f"{long('table', 200)}.csv", options={}, principal=acting, now=now)
    estate.objects["table"] = held.code
    wish = Wish(listed=ListName.APIS, name=long("View", 60), query="q=x", team_id=team.pk)
    save_view(wish=wish, principal=acting, now=now)
    return estate


def _specification(title: str) -> bytes:
    operation: dict[str, Any] = {
        "summary": long("Summary"), "operationId": long("operation"), "responses": {"200": {"description": "x"}},
    }  # fmt: skip
    document = {
        "openapi": "3.0.3",
        "info": {"title": title, "version": long("1.", 100), "description": long("Told", 2000)},
        "servers": [{"url": f"https://{HOST}/{long('base', 200)}"}],
        "paths": {f"/{long('things', 250)}/{{id}}": {"get": operation, "delete": operation}, "/a": {"post": operation}},
    }
    return json.dumps(document).encode()


def _inventory(team: Team, walker: User, acting: Principal, now: datetime) -> dict[str, str]:
    name = long("Api")
    job = take_in(_specification(name), long("file", 290) + ".json", acting, now=now)
    api = Api.objects.get(name=name)
    changes = {"reach": "public", "criticality": "mission", "sensitivity": "restricted", "environment": "production"}
    assign_person(api=api, role=Person.OWNER, user=walker, principal=acting, now=now, reason=long("Owner"))
    classify_api(api=api, changes=changes, principal=acting, now=now, reason=long("Reason", 900))
    api.team_rows.update_or_create(team=team, until=None, defaults={"since": now})
    failed = take_in(b'{"version": "2.1.0", "runs": [{"tool": 7}]}', long("broken", 290) + ".sarif", acting, now=now)
    line = {
        "time_iso8601": now.isoformat(), "request_method": "GET", "request_uri": f"/{long('seen', 400)}",
        "status": 200, "host": f"{'o' * 60}.{'p' * 60}.example",
    }  # fmt: skip
    take_in(json.dumps(line).encode() + b"\n", long("traffic", 290) + ".log", acting, now=now, series=long("series"))
    return {"api": api.code, "job": str(job.pk), "failed job": str(failed.pk)}


def _scanned(place: str) -> bytes:
    results = [
        {
            "ruleId": long(f"{place}{number}"),
            "level": level,
            "message": {"text": long("Message", 1500)},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": f"{place}/{long('file', 900)}"}}}],
        }
        for number, level in enumerate(("error", "warning", "note"))
    ]
    return sarif(*results, tool=long("Tool", 100))


def _findings(api: str, member: Principal, acting: Principal, now: datetime) -> dict[str, str]:
    take_in(_scanned("src"), "scan.sarif", acting, now=now, api=api, series=long("nightly"))
    take_in(_scanned("lost"), "lost.sarif", acting, now=now, series=long("loose"))
    settle(now=now)
    finding, other = Finding.objects.filter(api__code=api).order_by("rule")[:2]
    said = Statement(kind=DecisionKind.TRIAGED, reason=long("Triaged", 900))
    decide(target=Target(finding_ids=(other.pk,)), statement=said, principal=acting, now=now)
    asked = Statement(kind=DecisionKind.ASKED, reason=long("Asked", 900), until=now + timedelta(days=30))
    ask_acceptance(target=Target(finding_ids=(finding.pk,)), statement=asked, principal=member, now=now)
    create_rule(
        kind="path", pattern=f"{HOST}/{long('rule', 500)}", api=Api.objects.get(code=api), principal=acting, now=now
    )
    return {"finding": finding.code, "other finding": other.code}


def _connection(team: Team, acting: Principal, now: datetime) -> dict[str, str]:
    wanted = Wanted(
        kind="url", name=long("Feed", 200), options={"urls": f"https://localhost/{long('report', 300)}"}, team=team
    )
    connection: Connection = create_connection(wanted=wanted, principal=acting, now=now)
    start_run(connection=connection, principal=acting, now=now)
    settle(now=now)
    return {"connection": connection.code, "run": Run.objects.get(connection=connection).code}


def _people(team: Team, walker: User, second: User, acting: Principal, now: datetime) -> dict[str, str]:
    create_token(user=walker, name=long("Token", 120), days=30, principal=acting, now=now)
    address, roles = f"{'n' * 60}@{'z' * 60}.example", [OrganisationRole.AUDITOR]
    sent = invite(email=address, name=long("New", 120), principal=acting, now=now, roles=roles, team=team)
    assert Invitation.objects.count() == 1
    return {
        "team": team.slug,
        "person": code_of(second.pk, PEOPLE),
        "join": sent.link.rstrip("/").rpartition("/")[2],
        "reset": f"{user_pk_to_url_str(second)}-{default_token_generator.make_token(second)}",
    }


def _alert(api: str, acting: Principal, now: datetime) -> str:
    told = {
        "id": "a1", "time": now.isoformat(), "rule": long("rule"), "title": long("Title"), "severity": "critical",
        "client": long("client", 200), "source": long("wall", 100), "path": f"/{long('path', 900)}", "method": "GET",
    }  # fmt: skip
    take_in(json.dumps([told]).encode(), "alerts.json", acting, now=now, api=api)
    settle(now=now)
    return Episode.objects.get().code


def _incident(acting: Principal, now: datetime) -> dict[str, str]:
    """Declare an incident of the alert, with one of everything in its room."""
    said = Declared(
        title=long("Incident"), level=Level.SEV1, summary=long("Summary", 900), alerts=tuple(Episode.objects.all())
    )
    incident = declare(said=said, principal=acting, now=now)
    endpoint = Endpoint.objects.order_by("-path")[0]
    Episode.objects.update(endpoint=endpoint)
    CheckResult.objects.create(
        api=endpoint.api, endpoint=endpoint, check_name=long("check", 60), result="fail", severity=4,
        evidence=long("It fails", 600), since=now,
    )  # fmt: skip
    room: dict[str, Any] = {"incident": incident, "principal": acting, "now": now}
    follow(slug="bola-scraping", seen=None, **room)
    mark(step="1.1", act=StepAct.DONE, note=long("Evidence", 400), seen=None, **room)
    entry = add_entry(kind=EntryKind.OBSERVATION, text=long("Seen", 900), **room)
    add_entry(kind=EntryKind.OBSERVATION, text=long("Corrected", 900), corrects=entry, **room)
    switch_on(rule="gdpr-33", aware_at=now - timedelta(hours=60), **room)
    switch_on(rule="nydfs-72", aware_at=now - timedelta(hours=60), **room)
    filed = Filed(state=ClockState.FILED, filed_at=now, reference=long("Reference", 300), reason=long("Late", 300))
    stop(rule="nydfs-72", filed=filed, seen=None, **room)
    add_task(title=long("Task", 300), assignee=None, due_at=now, **room)
    freeze(**room)
    return {"incident": incident.code, "case": code_of_case(endpoint.pk)}
