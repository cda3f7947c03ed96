"""The page of the trail."""

from http import HTTPStatus
from typing import Any

import pytest

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange
from inventory.access.selectors import principal_of
from inventory.access.services.trail import record_change
from tests.inventory.access.people import NOW, person, signed_in, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db


def write(code: str, **values: object) -> None:
    actor = principal_of(person(), now=NOW)
    record_change(principal=actor, kind="api", code=code, verb="set reach", old=None, new="<b>", now=NOW, **values)  # type: ignore[arg-type]  # each test names the values it is about


def test_it_is_read_by_the_roles_of_the_ruling() -> None:
    payments = team()
    own, foreign = make_api(team=payments), make_api(team=team("Logistics"))
    for api in (own, foreign):
        write(api.code, api_id=api.pk, reason="<script>")
    for user, status in (
        (person(OrganisationRole.ADMINISTRATOR), 200),
        (person(OrganisationRole.SECURITY_MANAGER), 200),
        (person(OrganisationRole.AUDITOR), 200),
        (person(owner_of=payments), 200),
        (person(OrganisationRole.ANALYST), 403),
        (person(OrganisationRole.RESPONDER), 403),
        (person(member_of=payments), 403),
        (person(), 403),
    ):
        assert signed_in(user).get("/trail/").status_code == status, user
    page = signed_in(person(owner_of=payments)).get("/trail/").content.decode()
    assert own.code in page
    assert foreign.code not in page
    assert "<script>" not in page.partition("<main")[2].partition("</main>")[0]
    asked = signed_in(person(owner_of=payments)).get(f"/trail/?code={foreign.code}&kind=api").content.decode()
    assert "No change matches" in asked


def test_chips_fragment_and_empty_states() -> None:
    browser = signed_in(person(OrganisationRole.AUDITOR))
    assert "Nothing has changed yet" in signed_in(person(owner_of=team())).get("/trail/").content.decode()
    write("API-1")
    page = browser.get("/trail/?kind=api&code=API-1&since=2026-01-01").content.decode()
    for said in ("What is <b>API</b>", "Which one is <b>API-1</b>", "From is <b>2026-01-01</b>"):
        assert said in page, said
    part = browser.get("/trail/?kind=api", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "No change matches" in browser.get("/trail/?kind=policy").content.decode()


def test_the_file_takes_the_right_to_export_too() -> None:
    payments = team()
    api = make_api(team=payments)
    write(api.code, api_id=api.pk)
    for user, status in (
        (person(OrganisationRole.AUDITOR), 200),
        (person(OrganisationRole.SECURITY_MANAGER), 200),
        (person(owner_of=payments), 200),
        (person(OrganisationRole.ADMINISTRATOR), 403),
        (person(OrganisationRole.ANALYST), 403),
        (person(member_of=payments), 403),
    ):
        answer: Any = signed_in(user).get("/export/trail.csv?kind=api")
        assert answer.status_code == status, user
        if status == HTTPStatus.OK:
            text = b"".join(answer.streaming_content).decode()
            assert text.count("\r\n") == 2
            assert api.code in text
    assert StateChange.objects.filter(kind="export", code="trail").count() == 3
