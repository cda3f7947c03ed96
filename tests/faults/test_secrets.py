"""Secrets go in, are used, and are found nowhere: not in a dump, the queues, a log, a traceback, a page or a file."""

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.db import connection as db
from django.test import Client
from pytest_django.fixtures import Settings

from findings.errors import FindingsRefused
from findings.models import Finding
from findings.services.connections import Asked, run_connection
from inventory.access.choices import OrganisationRole
from inventory.access.masking import MaskingFormatter
from inventory.access.models import StateChange
from inventory.access.selectors import principal_of
from inventory.access.services.invitations import invite
from inventory.access.services.resets import send_reset
from inventory.access.services.tokens import create_token
from inventory.errors import InventoryRefused
from inventory.jobs import registry
from inventory.jobs.choices import Queue
from inventory.jobs.documents import DocumentError
from inventory.jobs.models import Blob, Job
from inventory.jobs.records import Run
from inventory.jobs.services.blobs import open_plain
from inventory.jobs.services.jobs import enqueue
from inventory.jobs.services.running import run_job
from inventory.models import Connection
from inventory.services.connections import Wanted, create_connection
from inventory.services.hooks import make_secret
from tests.conftest import TOLD, RecordProperty
from tests.faults.plants import Plants, broker, database, documents
from tests.findings.reports import NOW, sarif, send, settle
from tests.inventory.access.people import app_of, person, signed_in
from tests.inventory.jobs.services.canary import Server, said, serving

PASSWORD = "PlantedPassw0rd at dawn"
PAGES = 250


@pytest.fixture(autouse=True)
def _plain(settings: Settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """Log as the product does, at the level that says most."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(MaskingFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    db.force_debug_cursor = False
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def plant_access(plants: Plants) -> None:
    """Make what opens doors: a password, an app, a token, an invitation, a way to a new password."""
    user = person(OrganisationRole.ADMINISTRATOR, password=plants.add("password", PASSWORD))
    administrator = principal_of(user, now=NOW)
    plants.add("app", app_of(user))
    made = create_token(user=user, name="ci", days=30, principal=administrator, now=NOW)
    plants.add("token", made.secret)
    sent = invite(email="new@shop.example", name="New", principal=administrator, now=NOW)
    plants.add("invitation", sent.link.rstrip("/").rpartition("/")[2])
    send_reset(email=user.email)


def plant_connections(plants: Plants, source: Server) -> list[Connection]:
    """Make connections whose secrets are used: one that works, one that is refused, one that waits to be sent to."""
    manager = principal_of(person(OrganisationRole.SECURITY_MANAGER), now=NOW)
    egress = ("127.0.0.1/32", f"port {source.port}")
    made = []
    for name, path in (("works", "a.sarif"), ("fails", "nothing")):
        wanted = Wanted(
            kind="url", name=name, egress=egress,
            options={"urls": f"http://127.0.0.1:{source.port}/{path}", "header": "Authorization"},
            secrets={"header": f"Bearer {plants[f'connection {name}']}"},
        )  # fmt: skip
        made.append(create_connection(wanted=wanted, principal=manager, now=NOW))
    hook = create_connection(wanted=Wanted(kind="webhook", name="hook"), principal=manager, now=NOW)
    plants.add("signing", make_secret(connection=hook, principal=manager, now=NOW).removeprefix("whsec_"))
    return made


def plant_failures(plants: Plants) -> None:
    """Let a job fail on a row that holds a secret, as PostgreSQL quotes it, and one on an error of its own."""

    def quote(_: Run) -> None:
        with db.cursor() as cursor:
            cursor.execute("SELECT ('password=' || %s)::int", [plants["quoted by the database"]])

    def fail(_: Run) -> None:
        msg = f"Authorization: Bearer {plants['quoted by an error']}"
        raise ValueError(msg)

    principal = principal_of(person(OrganisationRole.ANALYST), now=NOW)
    for kind, work in (("faults.quote", quote), ("faults.fail", fail)):
        if kind not in registry.HANDLERS:
            registry.handler(kind=kind, queue=Queue.SHORT, label="Fail")(work)
        job = enqueue(kind=kind, arguments={}, principal=principal, now=NOW)
        for _attempt in range(3):
            Job.objects.filter(pk=job.pk).update(not_before=None)
            run_job(job_id=job.pk, now=NOW)
        del registry.HANDLERS[kind]


def crawl(client: Client) -> Iterator[tuple[str, bytes]]:
    """Yield every page, file and answer that can be reached by links."""
    ways = ["/", "/api/v1/findings/", "/api/v1/apis/", "/api/v1/connections/", "/api/v1/jobs/"]
    seen: set[str] = set()
    while ways and len(seen) < PAGES:
        way = ways.pop(0)
        if way in seen or way.startswith(("/static/", "/logout")):
            continue
        seen.add(way)
        answer = client.get(way)
        if answer.status_code in {301, 302}:
            ways.append(answer.headers["Location"])
            continue
        body = b"".join(answer) if answer.streaming else answer.content
        yield way, body
        if "html" in answer.headers.get("Content-Type", ""):
            ways += [
                found.replace("&amp;", "&").partition("#")[0] for found in re.findall(r'href="(/[^"]*)"', body.decode())
            ]


@pytest.mark.slow
def test_no_secret_is_found_anywhere(
    fresh_database: str, queues: None, tmp_path: Path, settings: Settings, record_property: RecordProperty
) -> None:
    settings.POSTURE_HOME = tmp_path
    plants = Plants()
    analyst = principal_of(person(OrganisationRole.ANALYST), now=NOW)
    with everything_logged() as log, serving(said("200 OK", sarif())) as source:
        plant_access(plants)
        for connection in plant_connections(plants, source):
            run_connection(connection=connection, asked=Asked(principal=connection.principal), now=NOW)
        for name, content, options in documents(plants):
            with suppress(DocumentError, FindingsRefused, InventoryRefused):
                send(content, name, analyst, now=NOW, **options)
            settle()
        plant_failures(plants)
        assert plants["connection works"].encode() in b"".join(source.seen), "it was used"
        reader = signed_in(person(OrganisationRole.SECURITY_MANAGER, OrganisationRole.ADMINISTRATOR))
        pages = dict(crawl(reader))
    assert Finding.objects.count() >= 7
    assert "•••" in " ".join(Finding.objects.values_list("message", flat=True))
    assert Job.objects.filter(state="quarantined").count() == 2
    assert "Traceback" in log.getvalue()
    assert any(way.endswith(".csv") for way in pages), "exports are among the pages"
    assert len(pages) > 40
    where = {
        "the database": database(),
        "Redis": broker(),
        "the log": log.getvalue().encode(),
        "the trail": repr(list(StateChange.objects.values())).encode(),
        "files of the home": b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()),
        **{f"page {way}": body for way, body in pages.items()},
    }
    found = {place: names for place, held in where.items() if (names := plants.found_in(held))}
    record_property(TOLD, f"Planted secrets: {len(plants.given)}, looked for in {len(where)} places")
    assert found == {}


def test_what_is_looked_for_would_be_found() -> None:
    plants = Plants()
    value = plants["example"]
    for held in (value, value.encode().hex(), f"?a={value}&b"):
        assert plants.found_in(held.encode()) == ["example"]


def test_the_sealed_document_still_has_what_was_masked(fresh_database: str, tmp_path: Path, settings: Settings) -> None:
    settings.POSTURE_HOME = tmp_path
    plants = Plants()
    analyst = principal_of(person(OrganisationRole.ANALYST), now=NOW)
    for name, content, options in list(documents(plants))[:2]:
        send(content, name, analyst, now=NOW, **options)
        settle()
    opened = b""
    for blob in Blob.objects.all():
        with open_plain(blob) as plain:
            opened += plain.read()
    assert {"message", "snippet", "bearer", "note"} <= set(plants.found_in(opened))
