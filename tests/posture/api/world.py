"""What the tests of addresses ask for: a world with one of everything, how it is read, and what is done to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.conf import settings

from findings.models import MappingRule, Report
from incidents.choices import Level
from incidents.models import Episode
from incidents.services.incidents import Declared, declare
from inventory.access.choices import OrganisationRole
from inventory.access.models import Team
from inventory.access.selectors import principal_of
from inventory.models import Api, Connection, Run
from tests.callers import Caller
from tests.findings.reports import result, sarif
from tests.inventory.access.people import NOW, person
from tests.posture.services.estates import make_api, make_finding, seen_by_a_scan

LATER = "2099-01-01T00:00:00Z"


@dataclass
class World:
    """One API with a finding, a decision, an asked acceptance, a report, a mapping rule; a connection with a run."""

    team: Team
    api: Api
    finding: str
    decision: str
    asked: str
    report: str
    connection: str
    run: str
    rule: str
    alert: str
    incident: str


def build(held_by: Team) -> World:
    api = make_api(team=held_by)
    finding = make_finding(api)
    seen_by_a_scan(finding)
    author = person(OrganisationRole.SECURITY_MANAGER)
    caller = Caller(user=author)
    decision = caller.post("decisions/", findings=[finding.code], kind="triaged")["decisions"][0]
    asked = caller.post("decisions/", findings=[finding.code], kind="asked", reason="x", until=LATER)["decisions"][0]
    report = Report.objects.create(
        code=f"RPT-{uuid4().hex[:8].upper()}", name="r", format="sarif", uploaded_at=NOW, team=held_by
    )
    connection = Connection.objects.create(
        code=f"CON-{uuid4().hex[:8].upper()}", kind="folder", name="Scans", team=held_by, options=opened(),
        created_at=NOW, changed_at=NOW,
    )  # fmt: skip
    run = Run.objects.create(
        code=f"RUN-{uuid4().hex[:8].upper()}", connection=connection, asked_by="x", started_at=NOW, state="done"
    )
    rule = MappingRule.objects.create(
        code=f"MAP-{uuid4().hex[:8].upper()}", kind="host", pattern="a.example", api=api, created_at=NOW,
        created_by=author,
    )  # fmt: skip
    alert = Episode.objects.create(
        code=f"ALR-{uuid4().hex[:8].upper()}", key=uuid4().hex, api=api, source_kind="wall", rule="r", title="t",
        severity=3, outcome="allowed", window_start=NOW, first_at=NOW, last_at=NOW, recorded_at=NOW, alerts=1,
    )  # fmt: skip
    said = Declared(title="t", level=Level.SEV3, apis=(api,))
    incident = declare(said=said, principal=principal_of(author, now=NOW), now=NOW)
    codes = (report.code, connection.code, run.code, rule.code, alert.code, incident.code)
    return World(held_by, api, finding.code, decision, asked, *codes)


def opened() -> dict[str, str]:
    """Return the options of a connection to the folder that the operator opened."""
    return {"root": str(settings.CONNECT_FOLDERS[0]), "folder": "", "pattern": "*"}


def upload(caller: Caller, _world: World) -> Any:
    return caller.upload(sarif(result("r", "a.py")))


def state(caller: Caller, world: World) -> Any:
    return caller.patch(f"apis/{world.api.code}/", reach="public")


def decide(caller: Caller, world: World) -> Any:
    return caller.post("decisions/", findings=[world.finding], kind="in_progress")


def ask(caller: Caller, world: World) -> Any:
    """Ask for a finding of which nobody asked that yet."""
    fresh = make_finding(world.api)
    return caller.post("decisions/", findings=[fresh.code], kind="asked", reason="x", until=LATER)


def answer(caller: Caller, world: World) -> Any:
    return caller.post(f"decisions/{world.asked}/answer/", accept=True)


def undo(caller: Caller, world: World) -> Any:
    return caller.post(f"decisions/{world.decision}/undo/")


def export_list(caller: Caller, _world: World) -> Any:
    return caller.get("export/apis.csv")


def export_findings(caller: Caller, world: World) -> Any:
    return caller.get(f"export/apis/{world.api.code}/findings.csv")


def connect(caller: Caller, world: World) -> Any:
    return caller.post("connections/", kind="folder", name="More", team=world.team.slug, options=opened())


def reconnect(caller: Caller, world: World) -> Any:
    return caller.patch(f"connections/{world.connection}/", name="Other")


def pause(caller: Caller, world: World) -> Any:
    return caller.post(f"connections/{world.connection}/pause/")


def resume(caller: Caller, world: World) -> Any:
    return caller.post(f"connections/{world.connection}/resume/")


def try_out(caller: Caller, world: World) -> Any:
    return caller.post(f"connections/{world.connection}/test/")


def run_now(caller: Caller, world: World) -> Any:
    return caller.post(f"connections/{world.connection}/run/")


def make_secret(caller: Caller, world: World) -> Any:
    Connection.objects.filter(code=world.connection).update(kind="webhook", options={"signature": "standard"})
    return caller.post(f"connections/{world.connection}/secret/")


def tie(caller: Caller, world: World) -> Any:
    return caller.post("mapping-rules/", kind="host", pattern="b.example", api=world.api.code)


def preview(caller: Caller, _world: World) -> Any:
    return caller.post("mapping-rules/preview/", kind="host", pattern="b.example")


def triage(caller: Caller, world: World) -> Any:
    return caller.post("alerts/triage/", alerts=[world.alert], act="acknowledged")


def end(caller: Caller, world: World) -> Any:
    return caller.post(f"mapping-rules/{world.rule}/end/")


READS: dict[str, Callable[[World], str]] = {
    "api:teams": lambda _: "teams/",
    "api:team": lambda world: f"teams/{world.team.slug}/",
    "api:alerts": lambda _: "alerts/",
    "api:alert": lambda world: f"alerts/{world.alert}/",
    "api:incidents": lambda _: "incidents/",
    "api:incident": lambda world: f"incidents/{world.incident}/",
    "api:incident-timeline": lambda world: f"incidents/{world.incident}/timeline/",
    "api:apis": lambda _: "apis/",
    "api:api": lambda world: f"apis/{world.api.code}/",
    "api:api-score": lambda world: f"apis/{world.api.code}/score/",
    "api:endpoints": lambda _: "endpoints/",
    "api:findings": lambda _: "findings/",
    "api:checks": lambda _: "checks/",
    "api:compliance": lambda _: "compliance/",
    "api:compliance-results": lambda _: "compliance/results/",
    "api:finding": lambda world: f"findings/{world.finding}/",
    "api:decisions": lambda _: "decisions/",
    "api:decision": lambda world: f"decisions/{world.decision}/",
    "api:reports": lambda _: "reports/",
    "api:report": lambda world: f"reports/{world.report}/",
    "api:connections": lambda _: "connections/",
    "api:connection": lambda world: f"connections/{world.connection}/",
    "api:runs": lambda _: "runs/",
    "api:run": lambda world: f"runs/{world.run}/",
    "api:mapping-rules": lambda _: "mapping-rules/",
    "api:mapping-rule": lambda world: f"mapping-rules/{world.rule}/",
}
"""What takes the right to see."""
SUMS = {"api:compliance"}
"""Reads that name no row and sum up what is in sight, if only nothing."""

Act = Callable[[Caller, World], Any]
ACTS: dict[Act, tuple[str, str]] = {
    state: ("api:api", "classify"),
    upload: ("api:reports", "upload"),
    decide: ("api:decisions", "decide"),
    ask: ("api:decisions", "ask_acceptance"),
    answer: ("api:decision-answer", "approve_acceptance"),
    undo: ("api:decision-undo", "decide"),
    export_list: ("api:export-apis", "export"),
    export_findings: ("api:export-findings", "export"),
    connect: ("api:connections", "connect"),
    reconnect: ("api:connection", "connect"),
    pause: ("api:connection-pause", "connect"),
    resume: ("api:connection-resume", "connect"),
    try_out: ("api:connection-test", "upload"),
    run_now: ("api:connection-run", "upload"),
    make_secret: ("api:connection-secret", "connect"),
    tie: ("api:mapping-rules", "connect"),
    preview: ("api:mapping-rule-preview", "connect"),
    end: ("api:mapping-rule-end", "connect"),
    triage: ("api:alert-triage", "triage_alerts"),
}
"""What takes another right, with its route and its row of the ruling."""

NO_ROW = {upload, export_list, connect, preview}
"""Acts without a row in their address or body that could be out of sight; a team is looked up by tests of their own."""
ROW_IN_BODY = {decide, ask, tie, triage}
"""What names its rows in the body is shut to somebody who may not do it to anything; nothing is told by that."""
