"""Two teams and all that hangs on them, made by the product's own services: what the tests of rights walk over.

Each team's estate carries a mark in every text people or documents bring in, so that a page can be searched for what
must not be on it. The other team has a second API on the host of our own team's; a third API belongs to nobody.
"""

import io
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from findings.deadlines import Rule as DeadlineRule
from findings.models import CheckResult, Finding, Report
from findings.selectors import deadline_exceptions
from findings.services.columns import hold_table
from findings.services.deadlines import set_exception
from findings.services.decide import Statement, Target, ask_acceptance, decide
from findings.services.mapping import create_rule
from findings.status import DecisionKind, SeverityRank
from incidents.choices import Level
from incidents.models import Episode
from incidents.selectors.cases import code_of_case
from incidents.services.evidence import freeze
from incidents.services.incidents import Declared, declare
from incidents.services.playing import follow
from incidents.services.tasks_of import add_task
from inventory.access.choices import OrganisationRole, TeamRole
from inventory.access.directory import INVITATIONS, PEOPLE, TOKENS, code_of
from inventory.access.models import Team, User
from inventory.access.records import SYSTEM, Principal
from inventory.access.selectors import principal_of
from inventory.access.services.invitations import invite
from inventory.access.services.people import add_member, create_person, create_team, grant_organisation_role
from inventory.access.services.tokens import create_token
from inventory.models import Api, Endpoint
from inventory.services.classify import Person, assign_person, classify_api
from inventory.services.connections import Wanted, create_connection, start_run
from posture.choices import ListName, PaperFormat
from posture.models import Paper
from posture.selectors.finding_page import code_of_decision
from posture.services.papers import ask_for_paper
from posture.services.views import Wish, save_view
from tests.findings.reports import sarif, settle, take_in
from tests.incidents.attacks import alert, bring, document

HOST = "https://heron.example"
"""Where our own team's API lies, and the other team's second one."""


@dataclass
class Estate:
    """One team's: its people, and the name in addresses of one object of each kind."""

    mark: str
    team: Team
    owner: User
    member: User
    objects: dict[str, str] = field(default_factory=dict)


@dataclass
class World:
    """What there is. `people` are those of organisation roles by role; `nobodys` is the code of an API of no team."""

    own: Estate
    foreign: Estate
    people: dict[str, User]
    nobodys: str


def build_world(now: datetime) -> World:
    """Make the estates; commits are real, and all jobs are done here."""
    people = {role.value: somebody(role.value, now) for role in OrganisationRole}
    for role in OrganisationRole:
        grant_organisation_role(user=people[role.value], role=role, principal=SYSTEM, now=now)
    own, foreign = (build_estate(mark, people, now) for mark in ("Heron", "Walrus"))
    _stand_beside(foreign, now)
    analyst = principal_of(people["analyst"], now=now)
    take_in(described("Drifting", "drift"), "drift.json", analyst, now=now)
    settle(now=now)
    return World(own, foreign, people, Api.objects.get(name="Drifting").code)


def somebody(name: str, now: datetime) -> User:
    """Make a person."""
    email = f"{name.lower().replace('_', '.')}@rights.example"
    return create_person(email=email, name=f"{name} person", password=None, principal=SYSTEM, now=now)


def described(title: str, mark: str, host: str = "") -> bytes:
    """Return an OpenAPI description with the mark wherever text can stand."""
    responses = {"200": {"description": "x"}}
    operation = {"summary": f"{title} summary", "operationId": f"{mark}Read", "responses": responses}
    document = {
        "openapi": "3.0.3",
        "info": {"title": title, "version": f"1.{mark}", "description": f"{title} told"},
        "servers": [{"url": f"{host or f'https://{mark.lower()}.example'}/{mark.lower()}"}],
        "paths": {f"/{mark}/things/{{id}}": {"get": operation}, f"/{mark}/other": {"post": operation}},
    }
    return json.dumps(document).encode()


def scanned(mark: str, place: str) -> bytes:
    """Return a SARIF log of two results of a tool with the mark in its names."""
    results = [
        {
            "ruleId": f"{mark}-rule-{letter}",
            "level": "error",
            "message": {"text": f"{mark} message {letter}"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": f"{place}/{mark}/{letter}.py"}}}],
        }
        for letter in "ab"
    ]
    return sarif(*results, tool=f"{mark}Scan", ended="2026-05-01T08:00:00Z")


def build_estate(mark: str, people: dict[str, User], now: datetime) -> Estate:
    """Make one team with an API, findings, decisions, a connection with a run, a rule, a token and a job."""
    team = create_team(name=f"{mark} team", principal=SYSTEM, now=now)
    owner, member = somebody(f"{mark}_owner", now), somebody(f"{mark}_member", now)
    add_member(user=owner, team=team, role=TeamRole.OWNER, principal=SYSTEM, now=now)
    add_member(user=member, team=team, role=TeamRole.MEMBER, principal=SYSTEM, now=now)
    estate = Estate(mark, team, owner, member)
    acting = principal_of(owner, now=now)
    job = take_in(described(f"{mark} API", mark), f"{mark}.json", acting, now=now)
    api = Api.objects.get(name=f"{mark} API")
    take_in(scanned(mark, "src"), f"{mark}.sarif", acting, now=now, api=api.code, series=f"{mark} nightly")
    take_in(scanned(f"{mark}Loose", "lost"), f"{mark}-loose.sarif", acting, now=now, series=f"{mark} loose")
    settle(now=now)
    _state(api, estate, acting, now)
    _connect(estate, principal_of(people["security_manager"], now=now), now)
    findings = Finding.objects.filter(api=api).order_by("rule")
    estate.objects |= {
        "api": api.code,
        "team": team.slug,
        "finding": findings[0].code,
        "job": str(job.pk),
        "report": Report.objects.filter(name=f"{mark}.sarif").values_list("code", flat=True).get(),
        "endpoint": Endpoint.objects.filter(api=api).values_list("path", flat=True)[0],
        "unmapped": Finding.objects.get(api=None, rule=f"{mark}Loose-rule-a").code,
        "table": _table(mark, acting, now),
    }
    _decide(estate, findings[0], acting, principal_of(member, now=now), now)
    rule, _ = create_rule(kind="path", pattern=f"{mark.lower()}.example/rule", api=api, principal=acting, now=now)
    estate.objects["rule"] = rule.code
    wish = Wish(listed=ListName.FINDINGS, name=f"{mark} view", query="severity=high", team_id=None)
    estate.objects["view"] = save_view(wish=wish, principal=acting, now=now).code
    made = create_token(user=owner, name=f"{mark} token", days=300, principal=acting, now=now)
    invited = invite(
        email=f"{mark.lower()}.guest@rights.example", name=f"{mark} guest",
        principal=principal_of(people["administrator"], now=now), now=now, team=team,
    )  # fmt: skip
    estate.objects |= {
        "token": code_of(made.token.pk, TOKENS),
        "person": code_of(owner.pk, PEOPLE),
        "role": OrganisationRole.AUDITOR.value,
        "invitation": code_of(invited.invitation.pk, INVITATIONS),
        "exception": _except(people, now),
    }
    ask_for_paper(wanted=PaperFormat.XLSX, at=now, principal=acting, now=now)
    settle(now=now)
    estate.objects["paper"] = Paper.objects.get(made_by=owner).code
    _alarm(estate, acting)
    _declare(estate, principal_of(people["security_manager"], now=now), now)
    return estate


def _table(mark: str, acting: Principal, now: datetime) -> str:
    """Return the code of a table whose columns nobody has told yet."""
    table = io.BytesIO(f"title,severity\n{mark} weakness,high\n".encode())
    return hold_table(file=table, name=f"{mark}.csv", options={}, principal=acting, now=now).code


def _except(people: dict[str, User], now: datetime) -> str:
    """Return the number of an exception of the deadlines."""
    rule, acting = DeadlineRule(severity=SeverityRank.HIGH, days=9, reach="partner"), people["security_manager"]
    set_exception(rule=rule, principal=principal_of(acting, now=now), now=now)
    return str(deadline_exceptions()[0].pk)


def _stand_beside(foreign: Estate, now: datetime) -> None:
    """Give the other team an API with findings on the host of our own team's."""
    acting, mark = principal_of(foreign.owner, now=now), f"{foreign.mark}Beside"
    take_in(described(mark, mark, HOST), "beside.json", acting, now=now)
    api = Api.objects.get(name=mark)
    take_in(scanned(mark, "src"), "beside.sarif", acting, now=now, api=api.code, series=f"{foreign.mark} beside")
    settle(now=now)
    finding = Finding.objects.filter(api=api).order_by("rule")[0]
    foreign.objects |= {"shared api": api.code, "shared finding": finding.code}


def _state(api: Api, estate: Estate, acting: Principal, now: datetime) -> None:
    changes = {"reach": "public", "criticality": "high", "sensitivity": "restricted", "environment": "production"}
    classify_api(api=api, changes=changes, principal=acting, now=now, reason=f"{estate.mark} reason")
    assign_person(api=api, role=Person.OWNER, user=estate.owner, principal=acting, now=now)
    assert api.team_rows.filter(team=estate.team, until=None).exists()


def _connect(estate: Estate, acting: Principal, now: datetime) -> None:
    """Connect a port where nobody listens, and try it once."""
    wanted = Wanted(
        kind="url",
        name=f"{estate.mark} feed",
        options={"urls": f"https://127.0.0.1:9/{estate.mark}.sarif"},
        team=estate.team,
        egress=("127.0.0.0/8", "port 9"),
    )
    connection = create_connection(wanted=wanted, principal=acting, now=now)
    start_run(connection=connection, principal=acting, now=now)
    settle(now=now)
    estate.objects |= {"connection": connection.code, "run": connection.runs.get().code}


def _alarm(estate: Estate, acting: Principal) -> None:
    """Bring an alert; its time is of now, as partitions follow the clock."""
    told = alert(1, rule=f"{estate.mark}-attack", title=f"{estate.mark} alarm", id=f"{estate.mark}1")
    told["url"] = f"https://{estate.mark.lower()}.example/{estate.mark.lower()}/{estate.mark}/things/7"
    bring(document(told), acting)
    episode = Episode.objects.get(rule=f"{estate.mark}-attack")
    estate.objects["alert"] = episode.code


def _declare(estate: Estate, manager: Principal, now: datetime) -> None:
    """Declare an incident of the alert and freeze what is known of it."""
    told = Episode.objects.get(code=estate.objects["alert"])
    said = Declared(title=f"{estate.mark} incident", level=Level.SEV2, alerts=(told,), summary=f"{estate.mark} summary")
    incident = declare(said=said, principal=manager, now=now)
    estate.objects["case"] = attacked(told)
    room: dict[str, Any] = {"incident": incident, "principal": manager, "now": now}
    follow(slug="bola-scraping", seen=None, **room)
    add_task(title=f"{estate.mark} task", assignee=None, due_at=None, **room)
    estate.objects |= {"incident": incident.code, "evidence": freeze(**room).code}
    settle(now=now)


def _decide(estate: Estate, finding: Finding, owner: Principal, member: Principal, now: datetime) -> None:
    statement = Statement(kind=DecisionKind.TRIAGED, reason=f"{estate.mark} decided")
    said = decide(target=Target(finding_ids=(finding.pk,)), statement=statement, principal=owner, now=now)
    asked = Statement(kind=DecisionKind.ASKED, reason=f"{estate.mark} asks", until=now + timedelta(days=30))
    request = ask_acceptance(target=Target(finding_ids=(finding.pk,)), statement=asked, principal=member, now=now)
    estate.objects["decision"] = code_of_decision(said.decision_ids[0])
    estate.objects["asked"] = code_of_decision(request.decision_ids[0])


def attacked(told: Episode) -> str:
    """Let a check fail on the endpoint that an alert is aimed at, and return the code of the case that makes."""
    assert told.api
    CheckResult.objects.create(
        api=told.api, endpoint=told.endpoint, check_name="plain", result="fail", severity=3, evidence="It fails.",
        since=told.recorded_at,
    )  # fmt: skip
    return code_of_case(told.endpoint_id or 0)
