"""Whatever goes wrong: one shape, one sentence, the right status."""

from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.db import DataError
from django.http import Http404
from rest_framework import serializers

from inventory.access.api import teams
from inventory.access.api.errors import Refusal, refusing
from inventory.access.choices import OrganisationRole
from inventory.access.errors import ChangeRefused
from inventory.access.rights import Verb, refused
from tests.callers import Caller, token_of
from tests.inventory.access.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    return Caller(token=token_of(person(OrganisationRole.ANALYST)))


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let the list of teams end with an error."""

    def rows(_: Any) -> Any:
        raise error

    monkeypatch.setattr(teams.TeamList, "rows", rows)


def test_an_address_that_is_nowhere_answers_in_the_same_shape(caller: Caller) -> None:
    for address in ("nowhere/", "apis/x/y/", "../v1/z/", "reports"):
        answer = caller.get(address)
        assert (caller.status, answer["error"]["code"]) == (404, "not_found"), address
    assert "/api/v1/reports/ may be it" in caller.get("reports")["error"]["message"]
    assert "end with a slash" in caller.post("reports")["error"]["message"]
    assert caller.status == 404
    assert Caller().get("nowhere/")["error"]["code"] == "unauthenticated"


def test_a_wrong_method_is_405_and_says_which_are_possible(caller: Caller) -> None:
    answer = caller.post("teams/")
    assert (caller.status, answer["error"]["code"]) == (405, "method_not_allowed")
    assert answer["error"]["message"] == "POST is not possible here; allowed are GET, HEAD."
    assert caller.answer["Allow"] == "GET, HEAD"
    caller.answer = caller.client.options("/api/v1/teams/", headers=caller.headers)
    assert caller.answer.status_code == 405


def test_a_body_that_is_no_json_or_of_another_type_is_told(caller: Caller) -> None:
    person_ = Caller(user=person(OrganisationRole.ANALYST))
    for body, kind, status, code in (
        ("{", "application/json", 400, "malformed"),
        ("[1]", "application/json", 400, "malformed"),
        ("3", "application/json", 400, "malformed"),
        ("a=b", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("<a/>", "text/xml", 415, "unsupported_media_type"),
    ):
        answer = person_.client.post("/api/v1/decisions/", body, content_type=kind, headers=person_.headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), body
    answer = caller.client.post("/api/v1/reports/", "{}", content_type="application/json", headers=caller.headers)
    assert answer.status_code == 415
    assert "multipart/form-data" in answer.json()["error"]["message"]


def test_a_large_body_is_413_with_the_limit_before_it_is_read() -> None:
    caller = Caller(user=person(OrganisationRole.ANALYST))
    answer = caller.post("decisions/", reason="x" * 1_100_000)
    assert (caller.status, answer["error"]["code"]) == (413, "too_large")
    assert "1,048,576 bytes" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("error", "status", "code", "words"),
    [
        (Http404(), 404, "not_found", "nothing here that you may see"),
        (RequestDataTooBig(), 413, "too_large", "send less"),
        (TooManyFieldsSent(), 413, "too_large", "send less"),
        (SuspiciousOperation(), 400, "malformed", "cannot be read"),
        (DataError("no such value"), 400, "invalid", "none that can be"),
        (refused(Verb.DECIDE), 403, "forbidden", "A token may not decide"),
        (refused(Verb.REVEAL), 403, "forbidden", "Security manager, Analyst, Team owner, Responder"),
        (refused(Verb.SEE_PAYLOADS), 403, "forbidden", "it has not the scope see_payloads"),
        (Refusal("Not today.", code="closed", status=409, field="day"), 409, "closed", "Not today."),
        (serializers.ValidationError({"a": {"b": ["Wrong."]}}), 400, "invalid", "a.b: Wrong."),
        (serializers.ValidationError([{}, {"b": ["Wrong."]}]), 400, "invalid", "1.b: Wrong."),
    ],
)
def test_an_error_becomes_its_answer(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str, words: str
) -> None:
    failing(monkeypatch, error)
    answer = caller.get("teams/")
    assert (caller.status, answer["error"]["code"]) == (status, code)
    assert words in answer["error"]["message"]
    assert set(answer) == {"error"}
    assert set(answer["error"]) <= {"code", "message", "field"}


def test_a_fault_of_ours_is_logged_and_told_without_its_words(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failing(monkeypatch, RuntimeError("the secret of the house"))
    caller.client.raise_request_exception = False
    answer = caller.get("teams/")
    assert (caller.status, answer["error"]["code"]) == (500, "failed")
    assert "secret" not in answer["error"]["message"]
    assert "the secret of the house" in caplog.text
    caller.client.raise_request_exception = True
    with pytest.raises(RuntimeError):
        caller.get("teams/")


def refused_by(error: Exception) -> None:
    with refusing(ChangeRefused, field="name"):
        raise error


def test_errors_of_services_are_translated_where_a_resource_says_so() -> None:
    with pytest.raises(Refusal, match="There is a team already") as refusal:
        refused_by(ChangeRefused("There is a team already."))
    assert (refusal.value.status_code, refusal.value.field) == (400, "name")
    with pytest.raises(ValueError, match="other"):
        refused_by(ValueError("other"))
