"""Invitations: one link, good once and for a week, with the right of whoever invited at that moment."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from inventory.access.choices import OrganisationRole, TeamRole
from inventory.access.errors import AccessRefused, ChangeRefused, LinkRefused
from inventory.access.models import Invitation, OrganisationRoleGrant, StateChange, User
from inventory.access.records import SYSTEM, Principal
from inventory.access.selectors import principal_of
from inventory.access.services.invitations import Invited, accept, find_invitation, invite, send_again, withdraw
from tests.inventory.access.people import NOW, PASSWORD, person, team

pytestmark = pytest.mark.django_db
NEW = "ada@test.example"


def administrator() -> Principal:
    return principal_of(person(OrganisationRole.ADMINISTRATOR), now=NOW)


def invited(principal: Principal, **wanted: object) -> Invited:
    usual = {"email": f" {NEW.upper()} ", "name": "Ada", "principal": principal, "now": NOW}
    return invite(**{**usual, **wanted})  # type: ignore[arg-type]  # each test names the values it is about


def token_of(sent: Invited) -> str:
    return sent.link.rstrip("/").rpartition("/")[2]


def take_up(sent: Invited, days: float = 1) -> User:
    return accept(token=token_of(sent), name="Ada L", password=PASSWORD, zone="UTC", now=NOW + timedelta(days=days))


def verbs() -> list[str]:
    rows = StateChange.objects.filter(kind="person", code=NEW).order_by("id")
    return list(rows.values_list("verb", flat=True))


def test_a_link_makes_one_person_with_what_was_promised() -> None:
    payments = team()
    sent = invited(administrator(), roles=[OrganisationRole.ANALYST], team=payments, team_role=TeamRole.OWNER)
    assert not User.objects.filter(email=NEW).exists()
    user = take_up(sent)
    assert (user.email, user.name, user.check_password(PASSWORD)) == (NEW, "Ada L", True)
    assert [grant.role for grant in user.organisation_roles.all()] == ["analyst"]
    assert [(row.team, row.role) for row in user.memberships.all()] == [(payments, "owner")]
    assert verbs() == ["invite", "create", "grant role", "accept invitation"]
    with pytest.raises(LinkRefused):
        take_up(sent)
    assert User.objects.filter(email=NEW).count() == 1


def test_the_link_is_kept_nowhere() -> None:
    sent = invited(administrator())
    kept = [*Invitation.objects.values_list(), *StateChange.objects.values_list()]
    assert token_of(sent) not in str(kept) + repr(sent)
    assert len(token_of(sent)) > 40


def test_a_link_ends_after_a_week_and_when_another_is_sent_or_it_is_withdrawn() -> None:
    host = administrator()
    first = invited(host)
    with pytest.raises(LinkRefused):
        take_up(first, days=7)
    second = send_again(invitation=first.invitation, principal=host, now=NOW + timedelta(days=8))
    for token in (token_of(first), "", "x" * 5000):
        with pytest.raises(LinkRefused):
            find_invitation(token=token, now=NOW + timedelta(days=8))
    assert find_invitation(token=token_of(second), now=NOW + timedelta(days=14)).email == NEW
    withdraw(invitation=second.invitation, principal=host, now=NOW + timedelta(days=9))
    with pytest.raises(LinkRefused):
        take_up(second, days=9)
    for act in (send_again, withdraw):
        with pytest.raises(ChangeRefused, match="meanwhile"):
            act(invitation=second.invitation, principal=host, now=NOW)
    assert verbs() == ["invite", "invite again", "withdraw invitation"]


def test_one_address_has_one_open_invitation() -> None:
    host = administrator()
    invited(host)
    with pytest.raises(ChangeRefused, match="invited already"):
        invited(host, email=NEW)
    again = invited(host, now=NOW + timedelta(days=7))
    assert take_up(again, days=8).email == NEW
    with pytest.raises(ChangeRefused, match="is here already"):
        invited(host)


def test_it_takes_the_right_of_who_invited_when_it_is_taken_up() -> None:
    host = person(OrganisationRole.ADMINISTRATOR)
    sent = invited(principal_of(host, now=NOW), roles=[OrganisationRole.ADMINISTRATOR])
    OrganisationRoleGrant.objects.filter(user=host).delete()
    with pytest.raises(LinkRefused, match="no longer"):
        take_up(sent)
    assert not User.objects.filter(email=NEW).exists()
    renewed = send_again(invitation=sent.invitation, principal=administrator(), now=NOW)
    assert take_up(renewed).email == NEW


def test_an_address_that_became_a_person_otherwise_is_not_taken_over() -> None:
    sent = invited(administrator())
    there = User.objects.create_user(email=NEW, name="Other", password="something else entirely")
    with pytest.raises(LinkRefused):
        take_up(sent)
    there.refresh_from_db()
    assert (there.name, there.check_password(PASSWORD)) == ("Other", False)


def test_nobody_but_an_administrator_invites_sends_again_or_withdraws() -> None:
    sent = invited(administrator())
    for role in (OrganisationRole.SECURITY_MANAGER, OrganisationRole.AUDITOR):
        other = principal_of(person(role, owner_of=team()), now=NOW)
        with pytest.raises(AccessRefused):
            invited(other, email="b@test.example")
        for act in (send_again, withdraw):
            with pytest.raises(AccessRefused):
                act(invitation=sent.invitation, principal=other, now=NOW)
    with pytest.raises(ChangeRefused, match="person"):
        invited(SYSTEM)


def test_it_is_mailed_where_there_is_a_way_out_for_mail(settings: Settings) -> None:
    settings.SENDS_MAIL, settings.BASE_URL, settings.ORGANISATION_NAME = True, "https://posture.example", "Halden"
    sent = invited(administrator(), name="O'Brien & <b>Sons</b>")
    assert sent.mailed
    [message] = mail.outbox
    assert (message.to, message.subject) == ([NEW], "Your account in Posture (Halden)")
    assert re.findall(r"https?://\S+", str(message.body)) == [sent.link]
    assert "Hello O'Brien & <b>Sons</b>," in str(message.body)


def test_a_mail_server_that_fails_leaves_the_link_in_hand(settings: Settings) -> None:
    settings.SENDS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
    sent = invited(administrator())
    assert not sent.mailed
    assert take_up(sent).email == NEW
    settings.SENDS_MAIL = False
    assert not invited(administrator(), email="b@test.example").mailed
