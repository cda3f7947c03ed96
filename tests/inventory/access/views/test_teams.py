"""The pages of teams: who sees them, who changes them, and what a refusal says."""

from http import HTTPStatus

import pytest

from inventory.access.choices import OrganisationRole
from inventory.access.directory import PEOPLE, code_of
from inventory.access.models import Membership, StateChange, Team
from tests.inventory.access.people import person, signed_in, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db


@pytest.fixture
def payments() -> Team:
    return team()


def test_a_team_is_seen_by_its_own_and_by_organisation_roles_and_foreign_looks_like_none(payments: Team) -> None:
    foreign = team("Logistics")
    make_api(team=payments)
    member = signed_in(person(member_of=payments))
    page = member.get("/teams/").content.decode()
    assert payments.slug in page
    assert foreign.slug not in page
    assert member.get(f"/teams/{payments.slug}/").status_code == HTTPStatus.OK
    hidden, absent = member.get(f"/teams/{foreign.slug}/"), member.get("/teams/nothing/")
    assert (hidden.status_code, absent.status_code) == (404, 404)
    auditor = signed_in(person(OrganisationRole.AUDITOR))
    page = auditor.get(f"/teams/{foreign.slug}/").content.decode()
    for word in ("Add somebody", "Rename", "Remove"):
        assert word not in page
    assert signed_in(person()).get("/teams/").content.decode().count("You are in no team") == 1


def test_an_administrator_makes_and_renames_teams_and_nobody_else_does(payments: Team) -> None:
    administrator = signed_in(person(OrganisationRole.ADMINISTRATOR))
    assert administrator.post("/teams/", {"name": "Fraud & Risk"}).headers["Location"] == "/teams/fraud-risk/"
    again = administrator.post("/teams/", {"name": "Fraud / risk"})
    assert again.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "There is a team at the address" in again.content.decode()
    for name in ("", " ", "a\nb", "x" * 121):
        assert administrator.post("/teams/", {"name": name}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY, name
    administrator.post("/teams/fraud-risk/rename/", {"name": "Fraud"})
    assert Team.objects.get(slug="fraud-risk").name == "Fraud"
    for user in (person(OrganisationRole.SECURITY_MANAGER), person(owner_of=payments)):
        browser = signed_in(user)
        for path in ("/teams/", f"/teams/{payments.slug}/rename/"):
            refused = browser.post(path, {"name": "X"})
            assert refused.status_code == HTTPStatus.FORBIDDEN
            assert "Administrator" in refused.content.decode()


def test_an_owner_adds_changes_and_removes_members(payments: Team) -> None:
    owner, newcomer = person(owner_of=payments), person()
    browser, here = signed_in(owner), f"/teams/{payments.slug}/"
    browser.post(f"{here}members/", {"email": newcomer.email.upper(), "role": "member"})
    assert Membership.objects.get(user=newcomer).role == "member"
    browser.post(f"{here}members/", {"email": newcomer.email, "role": "owner"})
    assert Membership.objects.get(user=newcomer).role == "owner"
    browser.post(f"{here}members/{code_of(newcomer.pk, PEOPLE)}/remove/")
    assert not Membership.objects.filter(user=newcomer).exists()
    verbs = StateChange.objects.filter(kind="team", code=payments.slug).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["set member", "set member", "remove member"]


def test_the_last_owner_stays_unless_an_administrator_says_otherwise(payments: Team) -> None:
    owner = person(owner_of=payments)
    browser, here = signed_in(owner), f"/teams/{payments.slug}/"
    refused = browser.post(f"{here}members/", {"email": owner.email, "role": "member"})
    assert "last owner" in refused.content.decode()
    remove = f"{here}members/{code_of(owner.pk, PEOPLE)}/remove/"
    assert "last owner" in browser.post(remove, follow=True).content.decode()
    assert Membership.objects.get(user=owner).role == "owner"
    signed_in(person(OrganisationRole.ADMINISTRATOR)).post(remove)
    assert not Membership.objects.filter(user=owner).exists()


def test_an_owner_who_leaves_for_good_sees_the_team_no_more(payments: Team) -> None:
    owner = person(owner_of=payments)
    person(owner_of=payments)
    browser = signed_in(owner)
    left = browser.post(f"/teams/{payments.slug}/members/{code_of(owner.pk, PEOPLE)}/remove/")
    assert left.headers["Location"] == "/teams/"
    assert browser.get(f"/teams/{payments.slug}/").status_code == HTTPStatus.NOT_FOUND


def test_members_are_for_owners_of_that_team(payments: Team) -> None:
    foreign = team("Logistics")
    newcomer = person()
    both = person(owner_of=payments, member_of=foreign)
    for user, slug, status in (
        (person(member_of=payments), payments.slug, 403),
        (person(OrganisationRole.SECURITY_MANAGER), payments.slug, 403),
        (both, foreign.slug, 403),
        (person(owner_of=payments), foreign.slug, 404),
    ):
        browser = signed_in(user)
        for path, said in (("members/", {"email": newcomer.email, "role": "owner"}), ("members/x/remove/", {})):
            assert browser.post(f"/teams/{slug}/{path}", said).status_code == status, (user, path)
    assert not Membership.objects.filter(user=newcomer).exists()


def test_who_is_not_there_or_gone_is_not_added(payments: Team) -> None:
    browser, here = signed_in(person(owner_of=payments)), f"/teams/{payments.slug}/members/"
    for email in ("nobody@test.example", person(is_active=False).email):
        refused = browser.post(here, {"email": email, "role": "member"})
        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "Nobody here has the e-mail address" in refused.content.decode()
    for said in ({"email": "x", "role": "member"}, {"email": "a@b.example", "role": "king"}, {}):
        assert browser.post(here, said).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    for code in ("0", "\0", "x" * 13):
        assert browser.post(f"{here}{code}/remove/").status_code == HTTPStatus.NOT_FOUND
    assert browser.get(here).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_hostile_names_are_text(payments: Team) -> None:
    Team.objects.filter(pk=payments.pk).update(name="<script>alert(1)</script>")
    page = signed_in(person(owner_of=payments)).get(f"/teams/{payments.slug}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
