"""What people and workers do: a preparation, the act that dies, and the repetition by whoever finds it undone."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO, StringIO
from pathlib import Path
from threading import Thread
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from typing_extensions import override

from findings.models import Decision, Finding, MappingRule
from findings.services.decide import Statement, Target, answer_acceptance, ask_acceptance
from findings.services.mapping import create_rule
from findings.services.upload import receive_upload
from findings.status import DecisionKind
from inventory.access.choices import OrganisationRole
from inventory.access.models import Token, User
from inventory.access.records import SYSTEM, Principal
from inventory.access.selectors import principal_of
from inventory.access.services.people import create_person, grant_organisation_role
from inventory.access.services.tokens import create_token
from inventory.jobs.models import Blob, Job
from inventory.jobs.services.blobs import open_plain
from inventory.jobs.services.jobs import enqueue
from inventory.jobs.services.keys import is_under_older_keys
from inventory.jobs.services.running import run_job
from inventory.jobs.services.vault import seal_secret
from inventory.jobs.tasks import tick
from inventory.models import Api
from inventory.services.connections import Wanted, create_connection, start_run
from posture.choices import MailState
from posture.keys import KeyRing
from posture.models import Notice, NoticeMail
from tests.faults.sink import Sink
from tests.findings.reports import NOW, openapi, result, sarif, send, settle, take_in

LATER = NOW + timedelta(hours=1)
DAY = timedelta(days=1)
SPECIFICATION = openapi("Orders", "/orders", "/orders/{id}", server="https://orders.example")
NEXT = openapi("Orders", "/orders", "/orders/{id}/lines", "/refunds", server="https://orders.example", version="2.0.0")
REPORT = sarif(*(result(f"rule-{number % 7}", f"src/file_{number}.py") for number in range(60)))
NARROWER = sarif(
    *(result(f"rule-{number % 7}", f"src/file_{number}.py") for number in range(20, 80)), ended="2026-05-02T08:00:00Z"
)


@dataclass(frozen=True, kw_only=True)
class Act:
    """`prepare` leaves the base that everything starts from; `perform` is what dies at a step.

    `unfinished` tells, of the base after everything has settled, whether a person would find their act undone, and so
    repeat it; an act of a worker is never repeated by anybody. `sound` looks at the end, at what no digest tells.
    """

    name: str
    prepare: Callable[[], None]
    perform: Callable[[], None]
    unfinished: Callable[[], bool] = lambda: False
    sound: Callable[[], bool] = lambda: True


def people() -> None:
    """Make a manager and an analyst."""
    for role in (OrganisationRole.SECURITY_MANAGER, OrganisationRole.ANALYST):
        user = create_person(
            email=f"{role.value}@faults.example", name=role.value, password=None, principal=SYSTEM, now=NOW
        )
        grant_organisation_role(user=user, role=role, principal=SYSTEM, now=NOW)


def acting(role: OrganisationRole = OrganisationRole.ANALYST) -> Principal:
    """Return one of them."""
    return principal_of(User.objects.get(email=f"{role.value}@faults.example"), now=NOW)


def base() -> None:
    """Leave an API with a scored report and findings that no rule ties yet."""
    people()
    take_in(SPECIFICATION, "orders.json", acting())
    take_in(REPORT, "lint.sarif", acting(), api="Orders", series="nightly")
    take_in(sarif(*(result("loose", f"lost/file_{n}.py") for n in range(9)), tool="Loose"), "l.sarif", acting())
    settle()


def waiting(content: bytes, name: str, **options: str) -> Callable[[], None]:
    """Return what leaves the base and a document whose job waits."""

    def prepare() -> None:
        base()
        send(content, name, acting(), now=LATER, **options)

    return prepare


def work() -> None:
    """Do the one job that waits, as a worker does."""
    run_job(job_id=waiting_job(), now=LATER)


def waiting_job() -> UUID:
    """Return the oldest job that waits."""
    job = Job.objects.filter(state="queued").order_by("created_at").first()
    assert job
    return job.pk


def upload() -> None:
    """Send a report in, as the page does."""
    options = {"api": "Orders", "series": "nightly"}
    receive_upload(file=BytesIO(NARROWER), name="n.sarif", options=options, principal=acting(), now=LATER)


def tie() -> None:
    """Make a mapping rule, as the page does."""
    api = Api.objects.get(name="Orders")
    create_rule(kind="file", pattern="lost", api=api, principal=acting(OrganisationRole.SECURITY_MANAGER), now=LATER)


def tied() -> None:
    """Leave the base and a rule whose job waits."""
    base()
    tie()


def worst() -> Target:
    """Return the finding that is decided on."""
    return Target(finding_ids=(Finding.objects.filter(rule="rule-1").order_by("fingerprint")[0].pk,))


def ask() -> None:
    """Ask for a risk to be accepted."""
    statement = Statement(kind=DecisionKind.ASKED, reason="Carried.", until=NOW + 90 * DAY)
    ask_acceptance(target=worst(), statement=statement, principal=acting(), now=LATER)


def asked() -> None:
    """Leave the base and a request."""
    base()
    ask()


def approve() -> None:
    """Approve it, as another person."""
    request = Decision.objects.get(kind=DecisionKind.ASKED)
    manager = acting(OrganisationRole.SECURITY_MANAGER)
    answer_acceptance(asked=request, accept=True, reason="Agreed.", principal=manager, now=LATER)


def accepted() -> None:
    """Leave an accepted risk whose score waits."""
    asked()
    approve()


def make_token() -> None:
    """Make a token."""
    person = User.objects.get(email="analyst@faults.example")
    create_token(user=person, name="ci", days=30, principal=acting(), now=LATER)


class Feed(BaseHTTPRequestHandler):
    """A host that serves one report."""

    def do_GET(self) -> None:
        """Serve it."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(NARROWER)))
        self.end_headers()
        self.wfile.write(NARROWER)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def connect() -> None:
    """Leave the base and a connection whose run waits; its host is this process, until it ends."""
    base()
    host = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    Thread(target=host.serve_forever, daemon=True).start()
    wanted = Wanted(
        kind="url",
        name="feed",
        options={"urls": f"http://127.0.0.1:{host.server_port}/n.sarif", "api": "Orders"},
        egress=("127.0.0.0/8", f"port {host.server_port}"),
    )
    manager = acting(OrganisationRole.SECURITY_MANAGER)
    start_run(connection=create_connection(wanted=wanted, principal=manager, now=LATER), principal=manager, now=LATER)


def with_secrets() -> None:
    """Leave the base and some secrets beside its documents."""
    base()
    for number in range(3):
        seal_secret(owner=f"connection:{number}", name="header", value=b"hush", now=NOW)


def own_home() -> None:
    """Work in a home of this database's own: all share one, and keys and documents are changed here."""
    shared = Path(os.environ["POSTURE_HOME"])
    own = shared / "homes" / connection.settings_dict["NAME"]
    if not own.exists():
        # In a process of its own: these are no steps of the product.
        copy = 'mkdir -p "$2.new" && cp "$1/keys/seal" "$2.new" && cp -r "$1/blobs" "$2.new" && mv "$2.new" "$2"'
        subprocess.run(["sh", "-c", copy, "sh", str(shared), str(own)], check=True)
    settings.POSTURE_HOME, settings.SEAL_KEYS = own, KeyRing(own / "seal")


def change_key() -> None:
    """Change the sealing key, as `manage.py rotate_keys` does."""
    own_home()
    call_command("rotate_keys", stdout=StringIO())


def under_an_older_key() -> bool:
    """Tell whether the change was cut off, or had not begun."""
    own_home()
    return len(settings.SEAL_KEYS) == 1 or is_under_older_keys()


def all_opens() -> bool:
    """Tell whether every stored document can still be opened."""
    own_home()
    for blob in Blob.objects.filter(dropped_at=None):
        open_plain(blob).close()
    return not is_under_older_keys()


@cache
def mail_server() -> Sink:
    """Return the mail server of these acts; it lives in the process that judges, never in one that dies."""
    return Sink()


def to_tell() -> None:
    """Leave somebody whose import failed, and the job that looks for such things; a sink of ours takes the mail."""
    base()
    settings.SENDS_MAIL, settings.EMAIL_BACKEND = True, "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server().port
    Job.objects.create(
        kind="findings.report", title="Read lost.sarif", principal=acting().stored(), user_id=acting().user_id,
        queue="bulk", state="failed", created_at=NOW, finished_at=LATER,
    )  # fmt: skip
    enqueue(kind="posture.notices", arguments={}, principal=SYSTEM, now=LATER)


def told_once() -> bool:
    """Tell whether there is one notice and its mail came once; one that a process died over may be lost."""
    ids, mail_server().ids = mail_server().ids, []
    sent = NoticeMail.objects.filter(state=MailState.SENT).count()
    return Notice.objects.count() == NoticeMail.objects.count() == 1 and sent <= len(ids) <= 1


def all_work() -> None:
    """Do every job that waits, and those that they ask for."""
    settle(now=LATER)


ACTS = (
    Act(
        name="upload", prepare=base, perform=upload,
        unfinished=lambda: not Job.objects.filter(title__contains="n.sarif").exists(),
    ),
    Act(name="import a report", prepare=waiting(NARROWER, "n.sarif", api="Orders", series="nightly"), perform=work),
    Act(name="import a specification", prepare=waiting(NEXT, "orders2.json"), perform=work),
    Act(name="make a rule", prepare=base, perform=tie, unfinished=lambda: not MappingRule.objects.exists()),
    Act(name="map", prepare=tied, perform=all_work),
    Act(name="ask for acceptance", prepare=base, perform=ask, unfinished=lambda: not Decision.objects.exists()),
    Act(
        name="approve it", prepare=asked, perform=approve,
        unfinished=lambda: not Decision.objects.filter(kind=DecisionKind.ACCEPTED).exists(),
    ),
    Act(name="score", prepare=accepted, perform=work),
    Act(name="make a token", prepare=base, perform=make_token, unfinished=lambda: not Token.objects.exists()),
    Act(name="run a connection", prepare=connect, perform=work),
    Act(name="tick", prepare=base, perform=tick),
    Act(name="tell people", prepare=to_tell, perform=all_work, sound=told_once),
    Act(
        name="change the sealing key", prepare=with_secrets, perform=change_key, unfinished=under_an_older_key,
        sound=all_opens,
    ),
)  # fmt: skip
