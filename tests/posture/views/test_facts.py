"""Stating facts about an API on its page."""

from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange, Team, User
from inventory.jobs.models import Job
from inventory.models import Api, ApiTeam
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding
from tests.posture.views.pages import FRAGMENT, score, signed_in, text_of

pytestmark = pytest.mark.django_db


def stated(api: Api, held: Team | None = None, **changed: str) -> dict[str, str]:
    """Return the form as it stands, with changes."""
    names = ("reach", "environment", "criticality", "sensitivity", "stage")
    return {name: getattr(api, name) for name in names} | {"team": held.slug if held else "", "reason": ""} | changed


def said(answer: object) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))  # type: ignore[attr-defined] # Django's test answer


@pytest.fixture
def manager() -> Client:
    return signed_in(person(OrganisationRole.SECURITY_MANAGER))


def test_stated_facts_are_kept_with_who_and_why_and_ask_for_a_score(manager: Client) -> None:
    api, payments = make_api(), team("Payments")
    form = stated(api, reach="public", sensitivity="restricted", team=payments.slug, reason="Takes cards")
    answer = manager.post(f"/apis/{api.code}/facts/", form)
    assert answer.status_code == HTTPStatus.FOUND
    api.refresh_from_db()
    assert (api.reach, api.sensitivity, api.criticality) == ("public", "restricted", "unknown")
    assert ApiTeam.objects.get(api=api, until=None).team == payments
    changes = StateChange.objects.filter(api_id=api.pk)
    assert {(change.verb, change.new, change.reason) for change in changes} == {
        ("set reach", "public", "Takes cards"),
        ("set sensitivity", "restricted", "Takes cards"),
        ("set team", payments.slug, "Takes cards"),
    }
    assert Job.objects.filter(kind="posture.score").exists()
    assert "Saved" in said(answer)


def test_the_page_waits_for_the_score_and_then_shows_it(manager: Client) -> None:
    api = make_api(environment="production")
    make_finding(api)
    answer = manager.post(f"/apis/{api.code}/facts/", stated(api, reach="public"))
    there = answer.headers["Location"]
    assert set(parse_qs(urlsplit(there).query)) == {"wait"}
    page = manager.get(there).content.decode()
    assert f'hx-get="{there.replace("&", "&amp;")}" hx-trigger="every' in page
    assert manager.get(there, headers=FRAGMENT).status_code == HTTPStatus.NO_CONTENT
    score(api, now=timezone.now())
    answer = manager.get(there, headers=FRAGMENT)
    assert answer.headers["HX-Redirect"] == f"/apis/{api.code}/"
    assert manager.get(there).headers["Location"] == f"/apis/{api.code}/"


@pytest.mark.parametrize(
    "wait", ["", "junk", "2026-01-01", "2026-99-01T00:00:00Z", "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"]
)
def test_a_page_never_waits_for_a_moment_that_is_wrong_or_long_gone(manager: Client, wait: str) -> None:
    api = make_api()
    answer = manager.get(f"/apis/{api.code}/", {"wait": wait})
    assert answer.headers["Location"] == f"/apis/{api.code}/"


def test_nothing_stated_changes_nothing_and_says_so(manager: Client) -> None:
    api = make_api()
    answer = manager.post(f"/apis/{api.code}/facts/", stated(api))
    assert answer.headers["Location"] == f"/apis/{api.code}/"
    assert "Nothing was changed" in said(answer)
    assert not StateChange.objects.filter(api_id=api.pk).exists()


@pytest.mark.parametrize("wrong", [{"reach": "everywhere"}, {"reach": ""}, {"team": "no-such"}, {"reason": "x" * 1001}])
def test_what_is_not_in_the_vocabulary_is_refused_and_all_of_it_left(manager: Client, wrong: dict[str, str]) -> None:
    api = make_api()
    answer = manager.post(f"/apis/{api.code}/facts/", stated(api, criticality="high") | wrong)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'aria-invalid="true"' in answer.content.decode()
    api.refresh_from_db()
    assert api.criticality == "unknown"


def test_a_text_too_long_is_refused_with_by_how_much(manager: Client) -> None:
    api = make_api()
    answer = manager.post(f"/apis/{api.code}/facts/", stated(api) | {"reason": "x" * 1001})
    assert "At most 1000 characters fit, and this has 1001; shorten it." in answer.content.decode()


def test_htmx_gets_the_form_alone_in_the_place_of_the_card(manager: Client) -> None:
    api = make_api()
    text = manager.get(f"/apis/{api.code}/facts/", headers=FRAGMENT).content.decode().lstrip()
    assert text.startswith('<section class="card" id="facts"')
    assert "<html" in manager.get(f"/apis/{api.code}/facts/").content.decode()


def people(ours: Team) -> dict[str, tuple[User, HTTPStatus]]:
    """Return who may state facts about an API of the team, from the table of who may do what."""
    return {
        "administrator": (person(OrganisationRole.ADMINISTRATOR), HTTPStatus.FORBIDDEN),
        "security manager": (person(OrganisationRole.SECURITY_MANAGER), HTTPStatus.OK),
        "analyst": (person(OrganisationRole.ANALYST), HTTPStatus.OK),
        "owner": (person(owner_of=ours), HTTPStatus.OK),
        "member": (person(member_of=ours), HTTPStatus.OK),
        "responder": (person(OrganisationRole.RESPONDER), HTTPStatus.FORBIDDEN),
        "auditor": (person(OrganisationRole.AUDITOR), HTTPStatus.FORBIDDEN),
        "stranger": (person(owner_of=team("Logistics")), HTTPStatus.NOT_FOUND),
    }


def test_who_may_state_facts_is_offered_to_and_the_others_are_told_who_may() -> None:
    ours = team("Payments")
    api = make_api(team=ours)
    for name, (user, status) in people(ours).items():
        client = signed_in(user)
        answer = client.get(f"/apis/{api.code}/facts/")
        assert answer.status_code == status, name
        assert client.post(f"/apis/{api.code}/facts/", stated(api, ours)).status_code in {status, HTTPStatus.FOUND}
        if status == HTTPStatus.FORBIDDEN:
            text = text_of(answer.content)
            assert "Security manager" in text
            assert "Analyst" in text
            assert "Auditor" not in text.partition("This needs")[2]
        if status != HTTPStatus.NOT_FOUND:
            offered = f'href="/apis/{api.code}/facts/"' in client.get(f"/apis/{api.code}/").content.decode()
            assert offered == (status == HTTPStatus.OK), name


def test_a_member_sees_only_their_own_teams_to_hand_on_to() -> None:
    ours, _theirs = team("Payments"), team("Logistics")
    api = make_api(team=ours)
    page = signed_in(person(member_of=ours)).get(f"/apis/{api.code}/facts/").content.decode()
    assert "Payments" in page
    assert "Logistics" not in page


def test_who_hands_an_api_on_and_loses_sight_of_it_is_told() -> None:
    ours = team("Payments")
    api = make_api(team=ours)
    answer = signed_in(person(owner_of=ours)).post(f"/apis/{api.code}/facts/", stated(api))
    assert answer.headers["Location"] == "/apis/"
    assert "you no longer see it" in said(answer)
    assert not ApiTeam.objects.filter(api=api, until=None).exists()


def test_of_two_who_state_facts_at_once_the_second_is_told_what_stands() -> None:
    api = make_api(reach="internal")
    client = signed_in(person(OrganisationRole.ANALYST))
    page = client.get(f"/apis/{api.code}/facts/").content.decode()
    stood = page.partition('name="stood" value="')[2].partition('"')[0]
    facts = {name: getattr(api, name) for name in ("environment", "criticality", "sensitivity", "stage")}
    sent = {**facts, "team": "", "stood": stood}
    assert client.post(f"/apis/{api.code}/facts/", {**sent, "reach": "public"}).status_code == HTTPStatus.FOUND
    answer = client.post(f"/apis/{api.code}/facts/", {**sent, "reach": "partner"})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "reach is now public" in text_of(answer.content)
    api.refresh_from_db()
    assert api.reach == "public"
