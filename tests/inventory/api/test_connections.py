"""Connections by REST: set up, changed, tried, run and paused; what is secret goes in and never comes out."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange, Team
from inventory.jobs.models import Job, Secret
from inventory.jobs.services.vault import open_secret
from inventory.models import Connection
from tests.callers import Caller, token_of
from tests.findings.reports import result, sarif
from tests.inventory.access.people import person, team

pytestmark = pytest.mark.django_db
URLS = ["https://shop.example/a.sarif", "https://shop.example/b.sarif"]
SECRET = "Bearer plain-words"


@pytest.fixture
def payments() -> Team:
    return team("Payments")


@pytest.fixture
def manager() -> Caller:
    return Caller(user=person(OrganisationRole.SECURITY_MANAGER))


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.CONNECT_FOLDERS = (tmp_path,)
    return tmp_path


def connect(caller: Caller, **said: Any) -> Any:
    usual = {"kind": "url", "name": "Nightly", "options": {"urls": URLS}}
    return caller.post("connections/", **{**usual, **said})


def of_folder(caller: Caller, folder: Path, **said: Any) -> Any:
    return connect(caller, kind="folder", options={"root": str(folder)}, **said)


def test_a_connection_is_set_up_told_and_found(manager: Caller, payments: Team) -> None:
    told = connect(
        manager, team=payments.slug, rule="every 3600",
        options={"urls": URLS, "header": "Authorization", "format": "sarif"}, secrets={"header": SECRET},
    )  # fmt: skip
    assert manager.status == 201
    code = told["code"]
    assert manager.answer.headers["Location"] == f"/api/v1/connections/{code}/"
    assert told == {
        "code": code, "kind": "url", "name": "Nightly", "team": payments.slug, "rule": "every 3600",
        "options": {"urls": URLS, "header": "Authorization", "format": "sarif", "api": "", "environment": ""},
        "secrets": {"header": told["secrets"]["header"]}, "egress": [], "paused_at": None,
        "health": {"state": "never", "told": "Has not run yet"}, "last_run_at": None, "last_good_at": None,
        "failures": 0, "created_at": told["created_at"], "changed_at": told["changed_at"],
    }  # fmt: skip
    assert manager.get(f"connections/{code}/") == told
    assert manager.walk("connections/") == [told]
    assert open_secret(owner=Connection.objects.get().owner, name="header").decode() == SECRET


def test_a_secret_is_told_nowhere(manager: Caller, payments: Team) -> None:
    told = connect(manager, team=payments.slug, options={"urls": URLS, "header": "X-Key"}, secrets={"header": SECRET})
    answers = [told, manager.get(f"connections/{told['code']}/"), manager.walk("connections/")]
    answers += [manager.patch(f"connections/{told['code']}/", secrets={"header": SECRET + "2"})]
    answers += [manager.post(f"connections/{told['code']}/pause/", key="k")]
    trail = list(StateChange.objects.values_list("old", "new", "reason"))
    assert "plain-words" not in f"{answers} {trail}"
    assert Secret.objects.count() == 1


def test_options_are_for_those_who_may_change_them(manager: Caller, payments: Team) -> None:
    told = connect(manager, team=payments.slug, options={"urls": URLS, "header": "X"}, secrets={"header": SECRET})
    whole = connect(manager)
    for user, seen in (
        (person(owner_of=payments), True),
        (person(member_of=payments), False),
        (person(OrganisationRole.AUDITOR), False),
    ):
        row = Caller(user=user).get(f"connections/{told['code']}/")
        assert (row["options"] is not None, row["secrets"] is not None) == (seen, seen)
    owner = Caller(user=person(owner_of=payments))
    assert [row["code"] for row in owner.walk("connections/")] == [told["code"]]
    assert owner.get(f"connections/{whole['code']}/")["error"]["code"] == "not_found"
    program = Caller(token=token_of(person(owner_of=payments)))
    assert program.walk("connections/")[0]["options"] is None


def test_what_is_changed_changes_and_the_rest_stays(manager: Caller) -> None:
    told = connect(manager, rule="every 900", options={"urls": URLS, "header": "X"}, secrets={"header": SECRET})
    address = f"connections/{told['code']}/"
    changed = manager.patch(address, name="Hourly", rule="")
    assert (manager.status, changed["name"], changed["rule"]) == (200, "Hourly", "")
    assert (changed["options"], changed["secrets"].keys()) == (told["options"], {"header"})
    changed = manager.patch(address, options={"urls": URLS[:1], "environment": "staging"})
    assert changed["options"] == {**told["options"], "urls": URLS[:1], "environment": "staging"}
    assert manager.patch(address, egress=["10.2.0.0/16"])["egress"] == ["10.2.0.0/16"]
    refusal = manager.patch(address, options={"urls": ["https://elsewhere.example/a"]})
    assert refusal["error"]["field"] == "options.urls"
    assert "give it again" in refusal["error"]["message"]
    assert Connection.objects.get().options["urls"] == URLS[:1]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "gopher"}, "kind"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"rule": "every 5"}, "rule"),
        ({"options": {"urls": []}}, "options.urls"),
        ({"options": {"urls": ["http://169.254.169.254/"]}}, "options.urls"),
        ({"options": {"urls": ["https://a.example/\nhttps://b.example/"]}}, "options.urls"),
        ({"options": {"urls": URLS, "header": "Host"}}, "options.header"),
        ({"options": {"urls": URLS, "header": "x" * 501}}, "options.header"),
        ({"options": {"urls": URLS, "path": "/"}}, "options"),
        ({"options": {"urls": URLS, "format": "pdf"}}, "options.format"),
        ({"options": {"urls": URLS, "environment": "moon"}}, "options.environment"),
        ({"options": {"urls": {"a": 1}}}, "options.urls"),
        ({"options": "urls"}, "options"),
        ({"secrets": {"password": "x"}}, "secrets"),
        ({"secrets": {"header": "two\nlines"}}, "secrets.header"),
        ({"egress": ["everything"]}, "egress"),
        ({"team": "nowhere"}, "team"),
        ({"cursor": {}}, "cursor"),
    ],
)
def test_what_cannot_work_is_refused_with_the_field_to_blame(manager: Caller, said: dict[str, Any], field: str) -> None:
    refusal = connect(manager, **said)["error"]
    assert (manager.status, refusal["field"]) == (404 if field == "team" else 400, field), refusal
    assert not Connection.objects.exists()


def test_a_team_owner_connects_for_the_own_team_alone(payments: Team) -> None:
    owner = Caller(user=person(owner_of=payments))
    assert connect(owner, team=payments.slug)["team"] == payments.slug
    foreign = team("Logistics")
    told = connect(owner, team=foreign.slug)
    assert owner.status == 404
    assert str(told).replace(foreign.slug, "x") == str(connect(owner, team="x"))
    told = connect(owner, name="For all")
    assert (owner.status, told["error"]["code"]) == (403, "forbidden")
    told = connect(owner, team=payments.slug, name="Inside", egress=["10.2.0.0/16"])
    assert owner.status == 403


def test_the_same_key_sets_up_one(manager: Caller) -> None:
    first = manager.post("connections/", key="k", kind="url", name="N", options={"urls": URLS})
    again = manager.post("connections/", key="k", kind="url", name="N", options={"urls": URLS})
    assert (again, manager.status) == (first, 201)
    assert Connection.objects.count() == 1
    assert manager.post("connections/", kind="url", name="N", options={"urls": URLS})["error"]["field"] == "name"


def test_pausing_holds_until_resumed(manager: Caller, folder: Path) -> None:
    code = of_folder(manager, folder, rule="every 900")["code"]
    for _ in range(2):
        told = manager.post(f"connections/{code}/pause/")
        assert (told["health"]["state"], told["paused_at"] is None) == ("paused", False)
    refusal = manager.post(f"connections/{code}/run/")["error"]
    assert (manager.status, refusal["code"]) == (400, "refused")
    assert "resume it" in refusal["message"]
    assert manager.post(f"connections/{code}/resume/")["paused_at"] is None
    verbs = StateChange.objects.filter(kind="connection").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["created", "paused", "resumed"]
    refusal = manager.post(f"connections/{code}/pause/", pause=False)["error"]
    assert refusal["code"] == "unknown_field"


def test_a_trial_tells_what_a_run_would_read_and_stores_nothing(
    manager: Caller, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in (("a.sarif", sarif(result("r", "a.py"))), ("b.txt", b"nothing known")):
        (folder / name).write_bytes(content)
    later = timezone.now() + timedelta(minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    code = of_folder(manager, folder)["code"]
    documents = manager.post(f"connections/{code}/test/")["documents"]
    assert [(row["place"], row["format"], bool(row["fault"])) for row in documents] == [
        ("a.sarif", "SARIF 2.1.0", False),
        ("b.txt", "", True),
    ]
    assert not Job.objects.exists()
    folder.rename(folder.with_name("gone"))
    refusal = manager.post(f"connections/{code}/test/")["error"]
    assert (manager.status, refusal["code"]) == (400, "refused")


def test_running_answers_with_the_job_that_waits(folder: Path, payments: Team) -> None:
    code = of_folder(Caller(user=person(owner_of=payments)), folder, team=payments.slug)["code"]
    program = Caller(token=token_of(person(member_of=payments), "see", "upload"))
    job = program.post(f"connections/{code}/run/")["job"]
    assert (program.status, program.answer.headers["Location"]) == (202, f"/api/v1/jobs/{job}/")
    assert program.post(f"connections/{code}/run/")["job"] == job
    assert program.get(f"jobs/{job}/")["kind"] == "connections.run"
    assert program.get(f"connections/{code}/")["health"]["state"] == "running"


def test_the_list_is_narrowed_and_takes_as_many_queries_for_40_rows_as_for_one(
    manager: Caller, payments: Team, folder: Path, django_assert_num_queries: Any
) -> None:
    of_folder(manager, folder, team=payments.slug)
    paused = connect(manager, name="Paused")["code"]
    manager.post(f"connections/{paused}/pause/")
    for asked, names in (
        ({"kind": "folder"}, ["Nightly"]),
        ({"team": payments.slug}, ["Nightly"]),
        ({"paused": "true"}, ["Paused"]),
        ({"paused": "false", "kind": "url"}, []),
    ):
        assert [row["name"] for row in manager.walk("connections/", **asked)] == names, asked
    for name, value in (("kind", "x"), ("team", "x"), ("paused", "no"), ("q", "x")):
        assert manager.get("connections/", **{name: value})["error"]["field"] == name
    row = Connection.objects.get(name="Paused")
    Connection.objects.bulk_create(
        Connection(
            code=f"CON-{number}", name=f"C {number}", kind="url", options=row.options,
            created_at=row.created_at + timedelta(seconds=number), changed_at=row.changed_at,
        )
        for number in range(40)
    )  # fmt: skip
    caller = Caller(token=token_of(person(OrganisationRole.SECURITY_MANAGER)))
    caller.get("connections/")
    for size in (1, 40):
        with django_assert_num_queries(7):
            assert len(caller.get("connections/", page_size=size)["results"]) == size
