"""The pages of connections: who finds what, forms that refuse beside the field, and nothing secret on any of them."""

import html
import re
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from inventory.access.choices import OrganisationRole
from inventory.access.models import Team
from inventory.jobs.models import Job
from inventory.models import Connection, Run
from tests.inventory.access.people import person, team
from tests.posture.views.pages import FRAGMENT, rows_of, signed_in, text_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db
FORM = {"name": "Nightly", "urls": "https://shop.example/a.sarif", "rule": "every 3600", "team": ""}


@pytest.fixture
def manager() -> Client:
    return signed_in(person(OrganisationRole.SECURITY_MANAGER))


@pytest.fixture
def ours() -> Team:
    return team("ours")


def make(name: str = "Nightly", **values: object) -> Connection:
    facts = {"code": f"CON-{name[:8]}", "kind": "url", "created_at": NOW, "changed_at": NOW, **values}
    return Connection.objects.create(name=name, **{"options": {"urls": ["https://shop.example/a"]}, **facts})


def make_run(connection: Connection, **values: object) -> Run:
    usual = {"code": f"RUN-{Run.objects.count()}", "asked_by": "Someone", "started_at": NOW, "state": "done"}
    counts = {"taken": 0, "unchanged": 0, "left": 0, "faults": 0}
    return Run.objects.create(connection=connection, **{**usual, "counts": counts, **values})


def test_without_connections_the_page_says_what_one_is(manager: Client) -> None:
    text = text_of(manager.get("/connections/").content)
    assert "No connections yet" in text
    assert "Connect" in text


def test_each_person_sees_the_connections_of_their_teams(ours: Team, manager: Client) -> None:
    make("Ours", team=ours)
    make("Whole")
    member = signed_in(person(member_of=ours))
    page = member.get("/connections/").content
    assert [row.split()[0] for row in rows_of(page)] == ["Ours"]
    assert 'href="/connections/new/"' not in page.decode()
    assert member.get("/connections/CON-Whole/").status_code == HTTPStatus.NOT_FOUND
    assert member.post("/connections/CON-Whole/run/").status_code == HTTPStatus.NOT_FOUND
    assert len(rows_of(manager.get("/connections/").content)) == 2


def test_what_needs_care_comes_first_with_its_reason(manager: Client) -> None:
    now = datetime.now(UTC)
    make("Ant", last_run_at=now, last_good_at=now)
    make("Bee", last_run_at=now, failures=2, fault="shop.example answers 503.")
    make("Cow", rule="every 900", last_run_at=now, last_good_at=now - timedelta(hours=1))
    make("Dog", paused_at=now)
    page = manager.get("/connections/").content
    assert [row.split()[0] for row in rows_of(page)] == ["Bee", "Cow", "Ant", "Dog"]
    assert "shop.example answers 503. So 2 runs in a row." in text_of(page)
    assert "Two need care." in text_of(page)
    assert "1 of 4" in text_of(page)


def test_the_list_is_narrowed_by_what_the_address_says(manager: Client, ours: Team) -> None:
    now = datetime.now(UTC)
    make("Ant", last_run_at=now, last_good_at=now, team=ours)
    make("Bee", last_run_at=now, failures=2, fault="shop.example answers 503.", kind="folder")
    make("Cow", paused_at=now)
    asked = {
        "": ["Bee", "Ant", "Cow"], "q=co": ["Cow"], "state=care": ["Bee"], "state=good": ["Ant"],
        "state=paused": ["Cow"], "kind=folder": ["Bee"], f"team={ours.slug}": ["Ant"], "team=none": ["Bee", "Cow"],
        "state=any": ["Bee", "Ant", "Cow"],
    }  # fmt: skip
    for query, names in asked.items():
        assert [row.split()[0] for row in rows_of(manager.get(f"/connections/?{query}").content)] == names, query
    page = text_of(manager.get("/connections/?state=care&kind=url").content)
    assert "State is Needs care" in page
    assert "No connection matches" in page
    assert "Nothing runs at the moment" not in page
    part = manager.get("/connections/?state=care", headers=FRAGMENT)
    assert part.headers["HX-Push-Url"] == "/connections/?state=care"
    assert "<h1" not in part.content.decode()


def test_a_long_list_is_gone_through_page_by_page_those_that_need_care_first(manager: Client) -> None:
    now = datetime.now(UTC)
    for number in range(30):
        make(f"N{number:02}", last_run_at=now, last_good_at=now, failures=int(number == 29), fault="No answer.")
    page = manager.get("/connections/").content.decode()
    first = [row.split()[0] for row in rows_of(page.encode())]
    assert first == ["N29", *(f"N{number:02}" for number in range(24))]
    assert "29 of 30" in text_of(page.encode())
    onward = re.search(r'href="([^"]+)" rel="next"', page)
    assert onward is not None
    rest = manager.get(f"/connections/{html.unescape(onward[1])}").content
    assert [row.split()[0] for row in rows_of(rest)] == [f"N{number:02}" for number in range(24, 29)]


def test_a_connection_is_made_in_two_steps(manager: Client, settings: Settings) -> None:
    settings.CONNECT_FOLDERS = ()
    kinds = text_of(manager.get("/connections/new/").content)
    assert "Web addresses" in kinds
    assert "The operator has opened no folder." in kinds
    answer = manager.post("/connections/new/?kind=url", {**FORM, "header": "Authorization", "secret_header": "hush-3"})
    connection = Connection.objects.get()
    assert answer.headers["Location"] == f"/connections/{connection.code}/"
    page = manager.get(answer.headers["Location"]).content.decode()
    assert "hush-3" not in page
    assert "Fill in to replace it." in page
    assert "Every hour" in text_of(page.encode())


def test_a_form_refuses_beside_the_field(manager: Client) -> None:
    answer = manager.post("/connections/new/?kind=url", {**FORM, "urls": "http://127.0.0.1/", "secret_header": "hush"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "The address 127.0.0.1 is private" in text_of(answer.content)
    assert "hush" not in answer.content.decode()
    assert not Connection.objects.exists()


def test_a_team_owner_connects_for_the_own_team_and_opens_no_network(ours: Team) -> None:
    owner = signed_in(person(owner_of=ours))
    page = owner.get("/connections/new/?kind=url").content.decode()
    assert "Private networks" not in page
    assert "The organisation" not in page
    answer = owner.post("/connections/new/?kind=url", {**FORM, "team": ours.slug, "egress": "127.0.0.0/8"})
    assert answer.status_code == HTTPStatus.FOUND
    assert Connection.objects.get().egress == []
    assert owner.post("/connections/new/?kind=url", {**FORM, "name": "b"}).status_code == 422
    assert signed_in(person(member_of=ours)).get("/connections/new/").status_code == HTTPStatus.FORBIDDEN


def test_a_change_is_for_those_who_may_connect(ours: Team, manager: Client) -> None:
    connection = make(team=ours)
    address = f"/connections/{connection.code}/"
    member = signed_in(person(member_of=ours))
    assert "Settings" not in text_of(member.get(address).content)
    assert member.post(address, {**FORM, "name": "Stolen"}).status_code == HTTPStatus.FORBIDDEN
    assert member.post(f"{address}pause/", {"pause": "1"}).status_code == HTTPStatus.FORBIDDEN
    assert manager.post(address, {**FORM, "name": "Weekly"}).status_code == HTTPStatus.FOUND
    connection.refresh_from_db()
    assert connection.name == "Weekly"
    manager.post(f"{address}pause/", {"pause": "1"})
    assert "Resume" in text_of(manager.get(address).content)


def test_run_now_leads_to_the_job_and_an_auditor_gets_no_button(manager: Client) -> None:
    connection = make()
    answer = manager.post(f"/connections/{connection.code}/run/")
    assert answer.headers["Location"] == f"/jobs/{Job.objects.get(kind='connections.run').pk}/"
    auditor = signed_in(person(OrganisationRole.AUDITOR))
    assert "Run now" not in text_of(auditor.get(f"/connections/{connection.code}/").content)
    assert auditor.post(f"/connections/{connection.code}/run/").status_code == HTTPStatus.FORBIDDEN
    assert "Waiting for a worker" in text_of(auditor.get("/connections/").content)


def test_the_trial_says_why_nothing_can_be_read(manager: Client) -> None:
    connection = make(options={"urls": ["http://127.0.0.1/"]})
    text = text_of(manager.post(f"/connections/{connection.code}/test/").content)
    assert "What a run would read" in text
    assert "The address 127.0.0.1 is private" in text
    assert not Job.objects.exists()


def test_a_run_shows_what_came_and_what_did_not(ours: Team, manager: Client) -> None:
    connection = make(team=ours)
    run = make_run(
        connection, state="partial", counts={"taken": 1, "unchanged": 2, "left": 1, "faults": 1},
        faults=[{"place": "https://shop.example/b", "reason": "<b>answers</b> 503."}],
        documents=[{"name": "a.sarif", "size": 2048, "job": "00000000-0000-0000-0000-000000000000"}],
    )  # fmt: skip
    address = f"/connections/{connection.code}/runs/{run.code}/"
    page = manager.get(address).content
    text = text_of(page)
    assert "In part" in text
    assert "1 of 4; 2 unchanged" in text
    assert "https://shop.example/b" in text
    assert b"&lt;b&gt;answers" in page
    assert "a.sarif" in text
    assert signed_in(person(member_of=ours)).get(address).status_code == HTTPStatus.OK
    assert signed_in(person(owner_of=team("theirs"))).get(address).status_code == HTTPStatus.NOT_FOUND
    assert "In part" in text_of(manager.get(f"/connections/{connection.code}/").content)


def test_a_run_in_part_is_told_apart_from_a_failure(manager: Client) -> None:
    now = datetime.now(UTC)
    connection = make("Elk", last_run_at=now, failures=1, fault="shop.example answers 503.")
    make_run(connection, state="partial", started_at=now)
    text = text_of(manager.get("/connections/").content)
    assert "In part shop.example answers 503." in text
    assert "Failing" not in text
    assert "1 runs in 24 hours, 1 of them not whole" in manager.get("/connections/").content.decode()
