"""The page that takes a file in."""

from http import HTTPStatus

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from findings.models import Report
from inventory.access.choices import OrganisationRole
from inventory.jobs.models import Job
from inventory.models import Api
from tests.findings.reports import openapi, result, sarif
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api
from tests.posture.views.pages import signed_in, text_of

pytestmark = pytest.mark.django_db


def file(content: bytes, name: str = "report.sarif") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.fixture
def analyst() -> Client:
    return signed_in(person(OrganisationRole.ANALYST))


def test_the_page_names_the_formats_the_limit_and_what_will_happen(analyst: Client, settings: Settings) -> None:
    settings.UPLOAD_LIMIT = 5 * 1024 * 1024
    settings.BLOB_DAYS = 17
    text = text_of(analyst.get("/upload/").content)
    assert "SARIF" in text
    assert "OpenAPI" in text
    assert "Up to 5.0\xa0MB" in text or "Up to 5.0 MB" in text
    assert "kept 17 days" in text


def test_a_report_becomes_a_job_whose_page_comes_next(analyst: Client) -> None:
    api = make_api(name="Refunds")
    answer = analyst.post(
        "/upload/", {"file": file(sarif(result("r1", "a.py"))), "api": "refunds", "series": "nightly"}
    )
    assert answer.status_code == HTTPStatus.FOUND
    job = Job.objects.get(kind="findings.report")
    assert answer.headers["Location"] == f"/jobs/{job.pk}/"
    report = Report.objects.get()
    assert report.options["api"] == api.pk
    assert report.options["series"] == "nightly"


def test_a_specification_is_recognised_by_its_content(analyst: Client) -> None:
    answer = analyst.post("/upload/", {"file": file(openapi("Shop", "/a"), "x.txt"), "environment": "staging"})
    assert answer.status_code == HTTPStatus.FOUND
    assert Job.objects.get().arguments["environment"] == "staging"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Choose the file to upload."),
        ({"file": (b"", "e.json")}, "This file is empty"),
        ({"file": (b"no format at all", "a.txt")}, "choose the format “Findings as CSV or JSON”"),
        ({"file": (b"{}", "a.json"), "format": "nonsense"}, "nonsense"),
        ({"file": (b"{}", "a.json"), "environment": "moon"}, "moon"),
        ({"file": (sarif(), "a.sarif"), "api": "no such"}, "There is no API “no such”"),
        ({"file": (sarif(), "a.sarif"), "series": "x" * 301}, "At most 300 characters"),
    ],
)
def test_what_cannot_be_taken_in_is_said_beside_the_form_and_nothing_is_kept(
    analyst: Client, form: dict[str, object], words: str
) -> None:
    sent = {name: file(*value) if isinstance(value, tuple) else value for name, value in form.items()}
    answer = analyst.post("/upload/", sent)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert words in text_of(answer.content)
    assert not Job.objects.exists()
    assert not Report.objects.exists()


def test_a_file_above_the_limit_is_refused_with_both_sizes(analyst: Client, settings: Settings) -> None:
    settings.UPLOAD_LIMIT = 1024
    answer = analyst.post("/upload/", {"file": file(b"{" + b" " * 2048 + b"}")})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    text = text_of(answer.content).replace("\xa0", " ")
    assert "This file has 2.0 KB; at most 1.0 KB are taken in." in text
    assert not Job.objects.exists()


def test_a_foreign_api_is_as_absent_as_one_that_is_not(analyst: Client) -> None:
    make_api(name="Freight", team=team("Logistics"))
    ours = signed_in(person(member_of=team("Payments")))
    answer = ours.post("/upload/", {"file": file(sarif(result("r", "a.py"))), "api": "Freight"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "There is no API “Freight”" in text_of(answer.content)
    assert "Freight" not in ours.get("/upload/").content.decode()
    assert '<option value="Freight">' in analyst.get("/upload/").content.decode()


def test_auditors_and_responders_are_told_who_may() -> None:
    for role in (OrganisationRole.AUDITOR, OrganisationRole.RESPONDER):
        client = signed_in(person(role))
        for answer in (client.get("/upload/"), client.post("/upload/", {"file": file(sarif())})):
            assert answer.status_code == HTTPStatus.FORBIDDEN
            assert "Team member" in text_of(answer.content)
    assert not Job.objects.exists()


def test_somebody_of_two_teams_must_say_which_a_new_api_goes_to() -> None:
    first, second = team("Payments"), team("Logistics")
    client = signed_in(person(owner_of=first, member_of=second))
    page = client.get("/upload/").content.decode()
    assert f'<option value="{first.slug}">' in page
    assert "None yet" not in page
    answer = client.post("/upload/", {"file": file(openapi("Shop", "/a"), "x.json"), "team": second.slug})
    assert answer.status_code == HTTPStatus.FOUND
    assert Job.objects.get().arguments["team"] == second.slug


def test_somebody_of_one_team_is_not_asked_and_others_teams_are_not_named() -> None:
    team("Logistics")
    page = signed_in(person(member_of=team("Payments"))).get("/upload/").content.decode()
    assert 'name="team"' not in page
    assert "Logistics" not in page


def test_the_api_one_came_from_is_filled_in(analyst: Client) -> None:
    api = make_api(name="Refunds")
    assert f'value="{api.code}"' in analyst.get(f"/upload/?api={api.code}").content.decode()
    assert Api.objects.count() == 1
