"""Runs of connections: what comes, what is left and why, and what a failure must not do."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection as database
from pytest_django.fixtures import Settings

from findings.models import Finding, Report
from findings.services.connections import AnotherRun, Asked, run_connection
from inventory.access.choices import OrganisationRole
from inventory.access.errors import AccessRefused
from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.access.selectors import principal_of, resolve_principal
from inventory.jobs import registry
from inventory.jobs.models import Job
from inventory.jobs.records import Run as JobRun
from inventory.jobs.services.wayout import Answer, Question
from inventory.jobs.targets import FetchFailed
from inventory.models import Api, Connection, Run
from inventory.services.connections import Wanted, create_connection, start_run
from tests.findings.reports import openapi, result, sarif
from tests.inventory.access.people import person, team
from tests.inventory.jobs.services.canary import said, serving
from tests.posture.services.estates import make_api

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


class Net:
    """Stands for the network: bodies by the last part of the address; what is not there does not answer."""

    def __init__(self, **bodies: bytes) -> None:
        self.bodies = bodies

    def ask(self, question: Question) -> Answer:
        """Answer with the body, under a tag of its own."""
        name = question.url.rpartition("/")[2]
        if name not in self.bodies:
            msg = "shop.example does not answer on port 443."
            raise FetchFailed(msg)
        tag = str(hash(self.bodies[name]))
        if question.headers.get("If-None-Match") == tag:
            return Answer(url=question.url, status=304, headers={}, file=BytesIO(), size=0)
        body = self.bodies[name]
        return Answer(url=question.url, status=200, headers={"etag": tag}, file=BytesIO(body), size=len(body))


def manager() -> Principal:
    return principal_of(person(OrganisationRole.SECURITY_MANAGER), now=NOW)


def connect(*names: str, ours: Team | None = None, kind: str = "url", **options: str) -> Connection:
    urls = "\n".join(f"https://shop.example/{name}" for name in names)
    wanted = Wanted(kind=kind, name="Nightly", team=ours, options={"urls": urls, **options})
    return create_connection(wanted=wanted, principal=manager(), now=NOW)


def run(connection: Connection, net: Net, *, hour: int = 0, principal: Principal | None = None) -> Run:
    asked = Asked(principal=principal or connection.principal, ask=net.ask)
    return run_connection(connection=connection, asked=asked, now=NOW + timedelta(hours=hour))


def read_all() -> None:
    """Do the jobs that wait, as a worker would."""
    for job in Job.objects.filter(state="queued", kind__in=["findings.report", "inventory.specification"]):
        do(job)
        job.delete()


def do(job: Job) -> dict[str, Any]:
    """Do a job in the test's own transaction and return its result."""
    principal = resolve_principal(job.principal, now=NOW)
    work = JobRun(job_id=job.pk, arguments=job.arguments, principal=principal, now=NOW)
    return registry.find(job.kind).work(work) or {}


def test_a_document_goes_the_road_of_an_upload_under_the_connections_name() -> None:
    ours = team("ours")
    api = make_api(name="Orders", team=ours)
    connection = connect("a.sarif", ours=ours, api="Orders")
    done = run(connection, Net(**{"a.sarif": sarif(result("r1", "a.py"))}))
    assert (done.state, done.counts) == ("done", {"taken": 1, "unchanged": 0, "left": 0, "faults": 0})
    assert len(done.documents) == Job.objects.filter(pk=done.documents[0]["job"]).count() == 1
    report = Report.objects.get()
    assert (report.team, report.uploaded_by, report.options["series"]) == (ours, None, "Nightly")
    read_all()
    finding = Finding.objects.get()
    assert finding.api == api


def test_a_specification_brings_an_api_of_the_team() -> None:
    ours = team("ours")
    run(connect("shop", ours=ours), Net(shop=openapi("Shop", "/a")))
    read_all()
    assert list(Api.objects.visible_to(principal_of(person(member_of=ours), now=NOW)).values_list("name")) == [
        ("Shop",)
    ]


def test_another_teams_api_is_out_of_its_reach() -> None:
    make_api(name="Secret", team=team("theirs"))
    done = run(connect("a", ours=team("ours"), api="Secret"), Net(a=sarif(result("r1", "a.py"))))
    assert done.state == "failed"
    assert "There is no API “Secret”" in done.faults[0]["reason"]


def test_what_is_unchanged_by_tag_or_by_bytes_is_not_taken_again() -> None:
    connection, body = connect("a"), sarif(result("r1", "a.py"))
    run(connection, Net(a=body))
    assert run(connection, Net(a=body), hour=1).counts["unchanged"] == 1
    cursor = Connection.objects.get().cursor
    Connection.objects.update(cursor={key: {**mark, "etag": "lost"} for key, mark in cursor.items()})
    assert run(connection, Net(a=body), hour=2).counts["unchanged"] == 1
    assert run(connection, Net(a=sarif(result("r2", "a.py"))), hour=3).counts["taken"] == 1
    assert Report.objects.count() == 2


def test_a_failure_in_part_keeps_what_came_and_says_what_did_not() -> None:
    connection = connect("a", "b", "c")
    done = run(connection, Net(a=sarif(result("r1", "a.py")), c=b"no format at all"))
    assert (done.state, done.counts["taken"], done.counts["left"]) == ("partial", 1, 2)
    assert [fault["place"][-2:] for fault in done.faults] == ["/b", "/c"]
    assert done.faults[0]["reason"] == "shop.example does not answer on port 443."
    assert "Known formats are" in done.faults[1]["reason"]
    connection.refresh_from_db()
    assert (connection.failures, connection.last_good_at, connection.last_run_at) == (1, None, NOW)


def test_a_failing_source_closes_nothing_and_health_counts_it() -> None:
    api = make_api(name="Orders")
    connection = connect("a", api="Orders")
    run(connection, Net(a=sarif(result("r1", "a.py"))))
    read_all()
    for hour in (1, 2):
        assert run(connection, Net(), hour=hour).state == "failed"
    read_all()
    assert Finding.objects.filter(api=api).get().status == "new"
    connection.refresh_from_db()
    assert (connection.failures, connection.last_good_at) == (2, NOW)
    assert connection.cursor
    assert run(connection, Net(a=sarif(result("r1", "a.py"))), hour=3).state == "done"
    connection.refresh_from_db()
    assert (connection.failures, connection.fault) == (0, "")


def test_who_may_not_upload_may_not_run_it() -> None:
    connection = connect("a", ours=team("ours"))
    for principal in (principal_of(person(OrganisationRole.AUDITOR), now=NOW), principal_of(person(), now=NOW)):
        with pytest.raises(AccessRefused):
            run(connection, Net(), principal=principal)


def test_files_that_vanish_close_nothing_and_are_forgotten(settings: Settings, tmp_path: Path) -> None:
    settings.CONNECT_FOLDERS = (tmp_path,)
    make_api(name="Orders")
    (tmp_path / "a.sarif").write_bytes(sarif(result("r1", "a.py")))
    connection = connect(kind="folder", root=str(tmp_path), api="Orders")
    later = Asked(principal=connection.principal)
    now = datetime.now(UTC) + timedelta(minutes=5)
    assert run_connection(connection=connection, asked=later, now=now).counts["taken"] == 1
    read_all()
    (tmp_path / "a.sarif").unlink()
    done = run_connection(connection=connection, asked=later, now=now)
    assert (done.state, done.counts["taken"]) == ("done", 0)
    connection.refresh_from_db()
    assert connection.cursor == {}
    assert Finding.objects.get().status == "new"


def test_the_job_runs_over_the_network_with_its_secret_and_links_to_the_run() -> None:
    with serving(said("200 OK", sarif(result("r1", "a.py")))) as server:
        wanted = Wanted(
            kind="url", name="Inside", egress=("127.0.0.1/32", f"port {server.port}"), secrets={"header": "hush-7"},
            options={"urls": f"http://127.0.0.1:{server.port}/a.sarif", "header": "X-Key"},
        )  # fmt: skip
        connection = create_connection(wanted=wanted, principal=manager(), now=NOW)
        job = start_run(connection=connection, principal=manager(), now=NOW)
        told = do(job)
        assert re.search(rb"x-key: hush-7\r\n", server.seen[0], re.IGNORECASE)
    done = Run.objects.get()
    assert told["links"][0]["url"] == f"/connections/{connection.code}/runs/{done.code}/"
    assert "hush" not in f"{done.documents}{done.faults}{told}{job.arguments}{job.principal}"


def test_without_the_networks_leave_the_way_out_stays_closed() -> None:
    with serving(said("200 OK", b"x")) as server:
        connection = connect("a")
        Connection.objects.update(
            egress=[f"port {server.port}"], options={**connection.options, "urls": [f"http://127.0.0.1:{server.port}/"]}
        )
        done = run_connection(connection=connection, asked=Asked(principal=connection.principal), now=NOW)
        assert (done.state, server.connections) == ("failed", 0)
        assert "can allow its network" in done.faults[0]["reason"]


def test_a_second_run_at_the_same_time_leaves_it_to_the_first() -> None:
    connection = connect("a")
    settings = database.settings_dict
    with psycopg.connect(
        host=settings["HOST"], port=settings["PORT"] or None, user=settings["USER"], password=settings["PASSWORD"],
        dbname=settings["NAME"],
    ) as other:  # fmt: skip
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [connection.owner])
        with pytest.raises(AnotherRun):
            run(connection, Net())
    assert run(connection, Net()).state == "failed"
