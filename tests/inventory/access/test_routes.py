"""Each route is open to those it says and closed to everybody else."""

from http import HTTPStatus

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import get_resolver, reverse

from inventory.access.choices import OrganisationRole
from inventory.access.models import User
from inventory.access.routes import Scope, declare, routes_of, undeclared
from tests.inventory.access.people import person, team

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]
HTMX = {"HX-Request": "true"}
KINDS = ("public", "own", "team", "organisation", "policies")
FOUND, OK, FORBIDDEN = HTTPStatus.FOUND, HTTPStatus.OK, HTTPStatus.FORBIDDEN


def address(kind: str) -> str:
    return reverse(f"kinds:{kind}")


def answers(client: Client) -> dict[str, int]:
    return {kind: client.get(address(kind)).status_code for kind in KINDS}


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def test_somebody_unknown_is_let_in_by_public_routes_alone(client: Client) -> None:
    assert answers(client) == {"public": OK, "own": FOUND, "team": FOUND, "organisation": FOUND, "policies": FOUND}


@pytest.mark.parametrize(
    ("role", "shut"),
    [
        (OrganisationRole.SECURITY_MANAGER, set()),
        (OrganisationRole.ADMINISTRATOR, {"policies"}),
        (OrganisationRole.ANALYST, {"policies"}),
        (OrganisationRole.RESPONDER, {"team", "policies"}),
        (OrganisationRole.AUDITOR, {"team", "policies"}),
    ],
)
def test_an_organisation_role_gets_where_its_rights_reach(
    client: Client, role: OrganisationRole, shut: set[str]
) -> None:
    got = answers(signed_in(client, person(role)))
    assert got == {kind: FORBIDDEN if kind in shut else OK for kind in KINDS}


def test_a_team_gets_no_sums_of_the_organisation(client: Client) -> None:
    got = answers(signed_in(client, person(owner_of=team())))
    assert got == {"public": OK, "own": OK, "team": OK, "organisation": FORBIDDEN, "policies": FORBIDDEN}


def test_somebody_without_a_role_gets_to_their_own_pages_only(client: Client) -> None:
    got = answers(signed_in(client, person()))
    assert got == {"public": OK, "own": OK, "team": FORBIDDEN, "organisation": FORBIDDEN, "policies": FORBIDDEN}


def test_an_inactive_person_is_unknown_at_the_next_request(client: Client) -> None:
    user = person(OrganisationRole.ADMINISTRATOR)
    signed_in(client, user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert answers(client)["own"] == FOUND


def test_the_sign_in_leads_back_to_the_page(client: Client) -> None:
    answer = client.get(address("team") + "?q=a&b=c")
    assert answer.headers["Location"] == "/login/?next=/kinds/team/%3Fq%3Da%26b%3Dc"
    assert client.post(address("team")).headers["Location"] == "/login/?next=/"


def test_a_swap_is_sent_to_the_sign_in_as_a_whole(client: Client) -> None:
    answer = client.post(address("team"), headers={**HTMX, "HX-Current-URL": "http://testserver/kinds/own/?page=2"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (OK, "/login/?next=/kinds/own/%3Fpage%3D2")
    elsewhere = client.get(address("team"), headers={**HTMX, "HX-Current-URL": "https://evil.example/"})
    assert elsewhere.headers["HX-Redirect"] == "/login/?next=/"


def test_the_refusal_says_which_roles_may(client: Client) -> None:
    payments = team()
    signed_in(client, person(OrganisationRole.AUDITOR))
    answer = client.get(reverse("kinds:decide", args=[payments.pk]))
    assert answer.status_code == FORBIDDEN
    page = answer.content.decode()
    assert "decide on findings" in page
    for role in ("Security manager", "Analyst", "Team owner", "Team member"):
        assert role in page
    assert "Responder" not in page


def test_a_wrong_method_is_told_to_those_who_are_let_in(client: Client) -> None:
    signed_in(client, person(OrganisationRole.ANALYST))
    assert client.post(address("team")).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_a_route_that_says_nothing_is_found_and_refused(client: Client) -> None:
    assert undeclared(get_resolver()) == ["kinds/oversight/", "kinds/third/"]
    for kind in ("undeclared", "third"):
        with pytest.raises(ImproperlyConfigured, match=f"'kinds:{kind}' is declared nowhere"):
            client.get(address(kind))


def test_a_view_that_is_not_ours_is_guarded_by_its_name(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory.access.routes._declared", {})
    declare("kinds:third", Scope.SELF)
    declare("account_login", Scope.PUBLIC)
    assert client.get(address("third")).headers["Location"] == "/login/?next=/kinds/third/"
    assert "kinds/third/" not in undeclared(get_resolver())
    assert {name: kind for _, name, kind in routes_of(get_resolver())}["kinds:third"] is not None


def test_the_registry_knows_patterns_names_and_scopes() -> None:
    listed = {name: (pattern, kind and kind.scope) for pattern, name, kind in routes_of(get_resolver())}
    assert listed["kinds:decide"] == ("kinds/decide/<int:team_id>/", Scope.TEAM)
    assert listed["account_login"] == ("login/", Scope.PUBLIC)
    assert listed["account_reauthenticate"] == ("reauthenticate/", Scope.SELF)
    assert listed["access:welcome"] == ("welcome/<str:token>/", Scope.PUBLIC)
