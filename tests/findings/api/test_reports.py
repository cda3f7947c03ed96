"""Documents sent in by REST: what is taken, what is refused and how, and sending the same again."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from findings.models import Report
from inventory.access.choices import OrganisationRole
from inventory.access.models import User
from inventory.jobs.models import Blob, Job, KeptAnswer
from tests.callers import Caller, token_of
from tests.findings.reports import openapi, result, sarif
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db
REPORT = sarif(result("r1", "a.py"))


@pytest.fixture
def user() -> User:
    return person(OrganisationRole.ANALYST)


@pytest.fixture
def caller(user: User) -> Caller:
    return Caller(token=token_of(user))


def test_a_report_and_a_specification_are_taken_with_202_and_the_job(caller: Caller) -> None:
    for content, name, kind in (
        (REPORT, "scan.sarif", "findings.report"),
        (openapi("Shop", "/orders"), "shop.json", "inventory.specification"),
    ):
        told = caller.upload(content, name)
        assert caller.status == 202
        job = Job.objects.get(pk=told["job"])
        assert told == {"job": str(job.pk)}
        assert job.kind == kind
        assert caller.answer["Location"] == f"/api/v1/jobs/{job.pk}/"
        assert caller.get(caller.answer["Location"])["state"] == "queued"


def test_what_is_said_beside_the_file_arrives(caller: Caller) -> None:
    api = make_api(team=team())
    said = {
        "format": "sarif", "api": api.code, "environment": "unknown", "series": "nightly", "scan_id": "s1",
        "parts": "3", "complete": "false", "scanned_at": "2026-01-31T12:00:00Z",
    }  # fmt: skip
    caller.upload(REPORT, **said)
    assert caller.status == 202, caller.answer.content
    report = Report.objects.get()
    assert report.options == {
        "api": api.pk, "series": "nightly", "scan_id": "s1", "parts": 3, "complete": False,
        "scanned_at": "2026-01-31T12:00:00+00:00",
    }  # fmt: skip
    row = caller.get(f"reports/{report.code}/")
    assert (row["apis"], row["series"], row["scan_id"], row["format"]) == ([api.code], "nightly", "s1", "sarif")
    assert (row["folded_at"], row["counts"], row["job"]) == (None, {}, str(report.job_id))


@pytest.mark.parametrize(
    ("said", "status", "field", "words"),
    [
        ({"colour": "red"}, 400, "colour", "known are file, format, api, environment, team, series"),
        ({"format": "sarfi"}, 400, None, "format is “sarfi”"),
        ({"environment": "moon"}, 400, None, "environment is “moon”"),
        ({"complete": "maybe"}, 400, None, "complete is “maybe”"),
        ({"parts": "0", "scan_id": "x"}, 400, None, "parts is “0”"),
        ({"parts": "2"}, 400, None, "parts needs a scan_id"),
        ({"scanned_at": "yesterday"}, 400, None, "scanned_at is “yesterday”"),
        ({"scanned_at": "2026-13-45T00:00:00Z"}, 400, None, "scanned_at is"),
        ({"api": "API-NOWHERE"}, 404, "api", "There is no API “API-NOWHERE”"),
        ({"team": "nowhere"}, 404, "team", "There is no team “nowhere”"),
        ({"series": "a\0b"}, 400, "series", "zero bytes"),
    ],
)
def test_what_is_said_wrongly_is_refused_and_nothing_is_kept(
    caller: Caller, said: dict[str, str], status: int, field: str | None, words: str
) -> None:
    refusal = caller.upload(REPORT, **said)["error"]
    assert (caller.status, refusal.get("field")) == (status, field)
    assert words in refusal["message"]
    assert not Job.objects.exists()
    assert not Blob.objects.exists()


@pytest.mark.parametrize("content", [b"{}", b"hello", b"PK\x03\x04zip", b"\x00\xff" * 100, b"<xml/>"])
def test_what_is_no_known_format_is_refused(caller: Caller, content: bytes) -> None:
    refusal = caller.upload(content, "report.bin")["error"]
    assert (caller.status, refusal["code"], refusal["field"]) == (400, "unreadable", "file")
    assert not Blob.objects.exists()


def test_a_form_without_a_file_or_with_an_empty_one_is_refused(caller: Caller) -> None:
    assert "The file is empty" in caller.upload(b"")["error"]["message"]
    for form in ({"file": "text"}, {}, {"format": "sarif"}):
        answer = caller.client.post("/api/v1/reports/", form, headers=caller.headers)
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "file"), form
    two = {"file": REPORT.decode(), "series": ["a", "b"]}
    answer = caller.client.post("/api/v1/reports/", two, headers=caller.headers)
    assert "series is given 2 times" in answer.json()["error"]["message"]


def test_too_large_a_file_is_413_with_the_limit(caller: Caller, settings: Settings) -> None:
    settings.UPLOAD_LIMIT = 100
    refusal = caller.upload(REPORT)["error"]
    assert (caller.status, refusal["code"]) == (413, "too_large")
    assert "100 bytes" in refusal["message"]
    refusal = caller.upload(b"x" * (2 << 20))["error"]
    assert caller.status == 413
    assert "100 bytes" in refusal["message"]
    environ: Any = {"HTTP_TRANSFER_ENCODING": "chunked", "HTTP_AUTHORIZATION": caller.headers["Authorization"]}
    answer = caller.client.generic("POST", "/api/v1/reports/", b"", "multipart/form-data; boundary=x", **environ)
    assert answer.status_code == 411
    assert not Blob.objects.exists()


def test_who_may_not_upload_is_told_which_roles_may() -> None:
    auditor = person(OrganisationRole.AUDITOR)
    for caller, words in (
        (Caller(user=auditor), "Your roles do not let you upload"),
        (Caller(token=token_of(auditor)), "The person this token acts for may not upload"),
        (Caller(token=token_of(person(OrganisationRole.ANALYST), "see")), "it has not the scope upload"),
        (Caller(token=token_of(person(OrganisationRole.ANALYST), "see", "export")), "Who may: Administrator"),
    ):
        refusal = caller.upload(REPORT)["error"]
        assert (caller.status, refusal["code"]) == (403, "forbidden")
        assert words in refusal["message"]


def test_a_foreign_api_and_team_look_exactly_like_none() -> None:
    payments, logistics = team("Payments"), team("Logistics")
    foreign = make_api(team=logistics)
    caller = Caller(token=token_of(person(member_of=payments)))
    for name, there, absent in (("api", foreign.code, "API-0"), ("team", logistics.slug, "no-such")):
        told = caller.upload(REPORT, **{name: there})
        assert caller.status == 404
        assert str(told).replace(there, absent) == str(caller.upload(REPORT, **{name: absent}))


def test_reports_are_seen_by_their_uploader_their_team_and_organisation_roles() -> None:
    payments, logistics = team("Payments"), team("Logistics")
    both = person(member_of=payments)
    other = person(member_of=logistics)
    Caller(token=token_of(both)).upload(REPORT, "payments.sarif")
    Caller(token=token_of(other)).upload(REPORT, "logistics.sarif")
    code = Report.objects.get(name="payments.sarif").code

    def names(caller: Caller, **asked: str) -> list[str]:
        return [row["name"] for row in caller.walk("reports/", **asked)]

    assert names(Caller(user=person(OrganisationRole.AUDITOR))) == ["logistics.sarif", "payments.sarif"]
    assert names(Caller(user=person(member_of=payments))) == ["payments.sarif"]
    stranger = Caller(user=other)
    assert names(stranger) == ["logistics.sarif"]
    assert stranger.get(f"reports/{code}/")["error"]["code"] == "not_found"
    assert names(Caller(user=both), folded="true") == []
    assert names(Caller(user=both), format="sarif") == ["payments.sarif"]


def test_a_token_bound_to_one_team_does_not_see_what_its_person_sent_for_another() -> None:
    payments, logistics = team("Payments"), team("Logistics")
    user = person(member_of=payments)
    user.memberships.create(team=logistics, role="member")
    Caller(token=token_of(user, team=payments)).upload(REPORT, "payments.sarif")
    Caller(token=token_of(user, team=logistics)).upload(REPORT, "logistics.sarif")
    assert len(Caller(token=token_of(user)).walk("reports/")) == 2
    for bound, name in ((payments, "payments.sarif"), (logistics, "logistics.sarif")):
        rows = Caller(token=token_of(user, team=bound)).walk("reports/")
        assert [row["name"] for row in rows] == [name]


def test_the_same_key_and_body_give_the_first_answer_and_one_job(caller: Caller, user: User) -> None:
    first = caller.upload(REPORT, key="a-key", series="nightly")
    location = caller.answer["Location"]
    for again in (caller, Caller(token=caller.headers["Authorization"].split()[1])):
        assert again.upload(REPORT, key="a-key", series="nightly") == first
        assert (again.status, again.answer["Location"]) == (202, location)
        assert again.answer["Idempotency-Replayed"] == "true"
    assert Job.objects.count() == Report.objects.count() == Blob.objects.count() == 1
    assert Caller(token=token_of(user)).upload(REPORT, key="a-key", series="nightly") != first
    caller.upload(REPORT, series="nightly")
    assert Job.objects.count() == 3


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (REPORT + b" ", "report.sarif", {"series": "a"}),
        (REPORT, "other.sarif", {"series": "a"}),
        (REPORT, "report.sarif", {"series": "b"}),
        (REPORT, "report.sarif", {}),
        (REPORT, "report.sarif", {"series": "a", "complete": "true"}),
    ],
)
def test_the_same_key_with_another_body_is_422(caller: Caller, content: bytes, name: str, said: dict[str, str]) -> None:
    caller.upload(REPORT, key="k", series="a")
    refusal = caller.upload(content, name, key="k", **said)["error"]
    assert (caller.status, refusal["code"]) == (422, "key_reused")
    assert Job.objects.count() == 1


def test_a_refusal_is_kept_too_and_a_failure_is_not(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = caller.upload(REPORT, key="k", api="API-LATER")
    make_api(code="API-LATER")
    assert caller.upload(REPORT, key="k", api="API-LATER") == refusal
    assert caller.status == 404
    caller.upload(REPORT, key="k2", api="API-LATER")
    assert caller.status == 202

    def broken(**_: Any) -> Any:
        msg = "the disk is full"
        raise OSError(msg)

    caller.client.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr("findings.api.reports.receive_upload", broken)
        caller.upload(REPORT, key="k3")
        assert caller.status == 500
    caller.upload(REPORT, key="k3")
    assert caller.status == 202
    assert KeptAnswer.objects.count() == 3


@pytest.mark.parametrize("key", [" ", "é", "x" * 256, "a\tb"])
def test_a_key_that_cannot_be_is_refused(caller: Caller, key: str) -> None:
    refusal = caller.upload(REPORT, key=key)["error"]
    assert (caller.status, refusal["field"]) == (400, "Idempotency-Key")
    assert not Job.objects.exists()
