"""Connections as people keep them: rights, the trail, secrets that stay inside, schedules, and the trial."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from inventory.access.choices import OrganisationRole
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange, Team
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from inventory.errors import ConnectionRefused
from inventory.jobs.models import Job, Schedule, Secret
from inventory.jobs.services.schedules import enqueue_due
from inventory.jobs.services.vault import open_secret
from inventory.models import Connection
from inventory.services.connections import (
    Wanted,
    change_connection,
    create_connection,
    pause_connection,
    start_run,
)
from inventory.services.visits import try_connection
from tests.findings.reports import result, sarif
from tests.inventory.access.people import person, team

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def manager() -> Principal:
    return principal_of(person(OrganisationRole.SECURITY_MANAGER), now=NOW)


def wanted(**values: object) -> Wanted:
    usual = {"kind": "url", "name": "Nightly", "options": {"urls": "https://shop.example/a.sarif"}}
    return Wanted(**{**usual, **values})  # type: ignore[arg-type]  # each test names the values it is about


def connect(principal: Principal, **values: object) -> Connection:
    return create_connection(wanted=wanted(**values), principal=principal, now=NOW)


def verbs(connection: Connection) -> list[str]:
    rows = StateChange.objects.filter(kind="connection", code=connection.code)
    return list(rows.order_by("id").values_list("verb", flat=True))


def test_who_may_connect_for_whom() -> None:
    ours, theirs = team("ours"), team("theirs")
    owner = principal_of(person(owner_of=ours), now=NOW)
    assert connect(owner, team=ours).team == ours
    for other in (theirs, None):
        with pytest.raises(AccessRefused):
            connect(owner, team=other)
    for principal in (
        principal_of(person(member_of=ours), now=NOW),
        principal_of(person(OrganisationRole.ANALYST), now=NOW),
        principal_of(person(OrganisationRole.AUDITOR), now=NOW),
    ):
        with pytest.raises(AccessRefused):
            connect(principal, team=ours, name="Other")
    administrator = principal_of(person(OrganisationRole.ADMINISTRATOR), now=NOW)
    assert connect(administrator).team is None


def test_a_connection_is_seen_by_its_team_and_the_organisation() -> None:
    ours, theirs = team("ours"), team("theirs")
    mine, whole = connect(manager(), team=ours), connect(manager())
    member = principal_of(person(member_of=ours), now=NOW)
    stranger = principal_of(person(owner_of=theirs), now=NOW)
    assert list(Connection.objects.visible_to(member)) == [mine]
    assert list(Connection.objects.visible_to(stranger)) == []
    assert set(Connection.objects.visible_to(manager())) == {mine, whole}
    with pytest.raises(AccessRefused):
        change_connection(connection=mine, wanted=wanted(), principal=stranger, now=NOW)
    with pytest.raises(AccessRefused):
        start_run(connection=mine, principal=stranger, now=NOW)


def test_private_networks_are_opened_by_the_organisation_alone_and_on_the_trail() -> None:
    ours = team("ours")
    owner = principal_of(person(owner_of=ours), now=NOW)
    with pytest.raises(AccessRefused):
        connect(owner, team=ours, egress=("10.2.0.0/16",))
    connection = connect(owner, team=ours)
    inside = wanted(egress=("10.2.0.0/16",), options={"urls": "http://10.2.0.1/a"})
    change_connection(connection=connection, wanted=inside, principal=manager(), now=NOW)
    assert verbs(connection) == ["created", "changed", "egress changed"]
    change = StateChange.objects.get(verb="egress changed")
    assert (change.old, change.new) == ([], ["10.2.0.0/16"])
    later = wanted(egress=("10.2.0.0/16",), options={"urls": "http://10.2.0.2/a"})
    change_connection(connection=connection, wanted=later, principal=owner, now=NOW)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"rule": "every 1"}, "rule"),
        ({"options": {"urls": "http://169.254.169.254/"}}, "urls"),
        ({"options": {"urls": "file:///etc/passwd"}}, "urls"),
        ({"options": {"urls": ""}}, "urls"),
        ({"options": {"urls": "http://shop.example/", "header": "Authorization"}}, "urls"),
        ({"egress": ("0.0.0.0/0",)}, "egress"),
        ({"kind": "nothing"}, "kind"),
        ({"kind": "folder", "options": {"root": "/"}}, "root"),
        ({"secrets": {"header": "two\nlines"}}, "secret_header"),
    ],
)
def test_what_cannot_work_is_refused_beside_its_field(values: dict[str, object], field: str) -> None:
    with pytest.raises(ConnectionRefused) as refusal:
        connect(manager(), **values)
    assert refusal.value.field == field
    assert not Connection.objects.exists()


def test_a_second_connection_of_one_name_is_refused_within_a_team_only() -> None:
    connect(manager())
    connect(manager(), team=team("ours"))
    with pytest.raises(ConnectionRefused, match="already"):
        connect(manager())


def test_a_secret_is_sealed_and_told_nowhere() -> None:
    connection = connect(
        manager(), options={"urls": "https://shop.example/", "header": "Authorization"}, secrets={"header": "hush-1"}
    )
    assert open_secret(owner=connection.owner, name="header") == b"hush-1"
    assert verbs(connection) == ["created", "secret set"]
    kept = [
        *map(str, StateChange.objects.values_list("old", "new", "reason", "source")),
        *map(str, Connection.objects.values_list()),
        *map(str, Secret.objects.values_list()),
        *map(str, Schedule.objects.values_list()),
    ]
    assert not [text for text in kept if "hush" in text]


def test_a_secret_is_not_taken_along_to_another_server() -> None:
    options = {"urls": "https://shop.example/", "header": "Authorization"}
    connection = connect(manager(), options=options, secrets={"header": "hush"})
    away = wanted(options={**options, "urls": "https://elsewhere.example/"})
    with pytest.raises(ConnectionRefused, match="other servers"):
        change_connection(connection=connection, wanted=away, principal=manager(), now=NOW)
    same = wanted(options={**options, "urls": "https://shop.example/other"})
    change_connection(connection=connection, wanted=same, principal=manager(), now=NOW)
    anew = wanted(options={**options, "urls": "https://elsewhere.example/"}, secrets={"header": "other"})
    change_connection(connection=connection, wanted=anew, principal=manager(), now=NOW)
    assert open_secret(owner=connection.owner, name="header") == b"other"


def test_a_schedule_asks_for_runs_by_itself_until_it_is_paused() -> None:
    connection = connect(manager(), rule="every 3600", team=team("ours"))
    Schedule.objects.exclude(name=connection.schedule_name).delete()
    assert enqueue_due(now=NOW + timedelta(minutes=30)) == 0
    assert enqueue_due(now=NOW + timedelta(minutes=61)) == 1
    job = Job.objects.get()
    assert (job.kind, job.arguments) == ("connections.run", {"connection": connection.pk})
    assert job.principal["connection_id"] == connection.pk
    pause_connection(connection=connection, pause=True, principal=manager(), now=NOW)
    assert enqueue_due(now=NOW + timedelta(minutes=121)) == 0
    with pytest.raises(ConnectionRefused, match="paused"):
        start_run(connection=Connection.objects.get(), principal=manager(), now=NOW)
    pause_connection(connection=connection, pause=False, principal=manager(), now=NOW)
    job.delete()
    assert enqueue_due(now=NOW + timedelta(minutes=181)) == 1
    assert verbs(connection) == ["created", "paused", "resumed"]
    change_connection(connection=connection, wanted=wanted(rule=""), principal=manager(), now=NOW)
    assert not Schedule.objects.exists()


def test_asking_twice_is_one_run() -> None:
    connection, asker = connect(manager()), manager()
    first = start_run(connection=connection, principal=asker, now=NOW)
    assert start_run(connection=connection, principal=asker, now=NOW) == first
    assert first.principal["user_id"] == asker.user_id


def test_options_that_change_forget_what_was_taken() -> None:
    connection = connect(manager())
    Connection.objects.update(cursor={"https://shop.example/a.sarif": {"etag": "1"}})
    change_connection(connection=connection, wanted=wanted(name="Other"), principal=manager(), now=NOW)
    assert Connection.objects.get().cursor
    moved = wanted(options={"urls": "https://shop.example/b.sarif"})
    change_connection(connection=connection, wanted=moved, principal=manager(), now=NOW)
    assert Connection.objects.get().cursor == {}


def test_a_connection_has_the_rights_of_its_team_and_no_more(ours: Team) -> None:
    mine, whole = connect(manager(), team=ours).principal, connect(manager()).principal
    assert (mine.team_ids, mine.sees_all) == (frozenset({ours.pk}), False)
    assert whole.sees_all
    assert mine.scopes == whole.scopes == frozenset({"see", "upload"})


@pytest.fixture
def ours() -> Team:
    return team("ours")


def test_a_trial_tells_what_would_be_read_and_stores_nothing(settings: Settings, tmp_path: Path) -> None:
    settings.CONNECT_FOLDERS = (tmp_path,)
    (tmp_path / "a.sarif").write_bytes(sarif(result("r1", "a.py")))
    (tmp_path / "b.txt").write_text("no format at all")
    connection = connect(manager(), kind="folder", options={"root": str(tmp_path)})
    tried = try_connection(connection=connection, principal=manager(), now=datetime.now(UTC) + timedelta(minutes=5))
    assert [(each.place, each.format, bool(each.fault)) for each in tried] == [
        ("a.sarif", "SARIF 2.1.0", False),
        ("b.txt", "", True),
    ]
    assert not Job.objects.exists()
    settings.CONNECT_FOLDERS = ()
    with pytest.raises(ConnectionRefused, match="no longer opened"):
        try_connection(connection=connection, principal=manager(), now=NOW)
