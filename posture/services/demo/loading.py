"""Loading the demo's estate: step by step, each in a job of its own, by the services that anybody else goes through.

A step and the asking for the next one commit together, so a stop anywhere is gone on from. A step that needs what
earlier ones asked for waits until those jobs have ended.
"""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from findings.services.upload import receive_upload
from inventory.access.models import Team
from inventory.access.records import SYSTEM, Principal
from inventory.access.services.demo import ensure_demo_people
from inventory.jobs.choices import LIVE
from inventory.jobs.models import Job
from inventory.jobs.services.jobs import enqueue
from inventory.models import Api, Connection
from inventory.services.connections import Wanted, create_connection, start_run
from inventory.sources.folder import SETTLED
from posture.models import DemoInstall
from posture.services.demo.acting import decide_things, principal_called, state_facts, triage_alerts
from posture.services.demo.moving import Window, move_folder
from posture.services.demo.progress import FILE, Progress, tell
from posture.services.demo.responding import open_incident
from posture.services.trends import TREND

KIND: Final = "posture.demo"
TAKING_IN: Final = (
    "inventory.specification", "connections.run", "findings.report", "findings.log", "findings.map",
    "findings.report_anew", "findings.check", "incidents.alerts", "incidents.look",
)  # fmt: skip
"""Jobs that a step waits for: those that take documents in and the checks. Scores and the rest follow on their own."""
PAUSE: Final = timedelta(seconds=2)
READ: Final = ("logs", "alerts", "reports")


def begin(*, now: datetime) -> bool:
    """Ask for the demo in an installation that holds nothing yet; return whether that was so."""
    with transaction.atomic():
        if DemoInstall.objects.exists() or Api.objects.exists() or Connection.objects.exists():
            return False
        about = _kept("lab.json")
        last = date.fromisoformat(about["first_day"]) + timedelta(days=about["days"] - 1)
        yesterday = now.date() - timedelta(days=1)
        DemoInstall.objects.create(moved_days=(yesterday - last).days, started_at=now)
        _ask(0, now=now)
    _tell(0)
    return True


def _ask(step: int, *, now: datetime, later: bool = False) -> None:
    enqueue(
        kind=KIND, arguments={"step": step}, principal=SYSTEM, now=now, title=f"Demo: {STEPS[step][0].lower()}",
        not_before=now + PAUSE if later else None,
    )  # fmt: skip


def take_step(*, step: int, now: datetime) -> dict[str, Any]:
    """Take one step of the demo and ask for the next; return what the job page shows."""
    held = DemoInstall.objects.select_for_update().filter(done_at=None).first()
    if held is None or held.step != step:
        return {"note": "This step was taken already."}
    words, waits, act = STEPS[step]
    waiting = Job.objects.filter(state__in=LIVE).filter(kind__in=TAKING_IN).count() if waits else 0
    if waiting or (act is _connect and not _settled(now)):
        _tell(step, waiting=waiting)
        _ask(step, now=now, later=True)
        return {"note": "Waiting for what the step before asked for.", "waiting_jobs": waiting}
    _tell(step)
    act(held, now)
    held.step = step + 1
    if held.step == len(STEPS):
        held.done_at = now
        # The overview of a fresh demo should not wait for the clock.
        enqueue(kind=TREND, arguments={}, principal=SYSTEM, now=now, key=TREND)
        transaction.on_commit(partial(tell, None))
    else:
        _ask(held.step, now=now)
    held.save(update_fields=["step", "done_at"])
    return {"step": step + 1, "steps": len(STEPS), "did": words}


def _tell(step: int, *, waiting: int = 0) -> None:
    tell(Progress(step=step + 1, steps=len(STEPS), doing=STEPS[step][0], waiting=waiting))


def _kept(name: str) -> Any:
    return json.loads((settings.DEMO_SOURCE / name).read_text())


def _write(held: DemoInstall, now: datetime) -> None:
    """Make who is missing, and write the demo's documents with their days moved."""
    ensure_demo_people(now=now)
    about = _kept("lab.json")
    first = date.fromisoformat(about["first_day"])
    window = Window(first, first + timedelta(days=about["days"] - 1), held.moved_days)
    for name in READ:
        move_folder(settings.DEMO_SOURCE / name, settings.DEMO_FOLDER / name, window)


def _settled(now: datetime) -> bool:
    """Whether the documents stand long enough for a connection to take them for complete."""
    newest = max(path.stat().st_ctime for path in settings.DEMO_FOLDER.rglob("*") if path.name != FILE)
    return now.timestamp() - newest > SETTLED


def _specify(_held: DemoInstall, now: datetime) -> None:
    """Upload a specification of each API."""
    manager = principal_called("manager", now=now)
    teams = dict(Team.objects.values_list("name", "slug"))
    for told in _kept("apis.json"):
        name = f"{told['slug']}.json"
        options = {"environment": "production", "team": teams[told["team"]]}
        _upload(settings.DEMO_SOURCE / "specifications" / name, manager, now, **options)


def _upload(path: Path, principal: Principal, now: datetime, **options: str) -> None:
    with path.open("rb") as file:
        receive_upload(file=file, name=path.name, options=options, principal=principal, now=now)


def _state(_held: DemoInstall, now: datetime) -> None:
    state_facts(_kept("apis.json"), now=now)


CONNECTED: Final = (
    ("Gateway access log", "logs", "*"),
    ("Web application firewall", "alerts", "modsecurity*"),
    ("CrowdSec", "alerts", "crowdsec*"),
    ("Scans of running APIs", "reports", "*"),
    ("Scans of code", "reports/code", "*"),
)
"""Name, folder and files of each connection."""


def _connect(_held: DemoInstall, now: datetime) -> None:
    """Make the connections and run each."""
    manager = principal_called("manager", now=now)
    for name, folder, pattern in CONNECTED:
        if not (settings.DEMO_FOLDER / folder).is_dir():
            continue
        options = {"root": str(settings.DEMO_FOLDER), "folder": folder, "pattern": pattern}
        wanted = Wanted(kind="folder", name=name, options=options, rule="daily 01:00")
        connection = create_connection(wanted=wanted, principal=manager, now=now)
        start_run(connection=connection, principal=manager, now=now)


def _lint(_held: DemoInstall, now: datetime) -> None:
    """Upload what a linter said of each specification, to the API it is of."""
    analyst = principal_called("analyst", now=now)
    codes = dict(Api.objects.visible_to(analyst).values_list("name", "code"))
    for told in _kept("apis.json"):
        path = settings.DEMO_FOLDER / "reports" / "specifications" / f"{told['slug']}.json"
        if path.exists() and told["title"] in codes:
            _upload(path, analyst, now, api=codes[told["title"]], series="specification lint")


def _decide(_held: DemoInstall, now: datetime) -> None:
    decide_things(now=now)
    triage_alerts(now=now)
    open_incident(now=now)


STEPS: Final[tuple[tuple[str, bool, Callable[[DemoInstall, datetime], None]], ...]] = (
    ("Write the documents", False, _write),
    ("Read the specifications", False, _specify),
    ("State facts and owners", True, _state),
    ("Read reports of the specifications", False, _lint),
    ("Connect logs, alerts and scans", False, _connect),
    ("Decide and triage", True, _decide),
)
"""What a step is called, whether it waits for jobs that were asked for before, and what it does."""
