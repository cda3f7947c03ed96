"""What the tables themselves refuse and give."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from inventory.access.models import Identity, Membership, StateChange, Token, User, validate_zone
from tests.inventory.access.people import NOW, person, team

pytestmark = pytest.mark.django_db


def test_an_address_is_one_whatever_its_spelling() -> None:
    User.objects.create_user(email="Ada@Test.Example", name="Ada")
    assert User.objects.get_by_natural_key("ADA@test.example").email == "ada@test.example"
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(email="ada@TEST.example", name="Other")
    with pytest.raises(IntegrityError, match="access_user_email_lower"), transaction.atomic():
        User(email="Ada@other.example", name="Other").save()


def test_a_person_without_a_password_cannot_sign_in_with_one() -> None:
    assert not person().has_usable_password()


def test_a_zone_is_one_of_the_time_zone_database() -> None:
    validate_zone("Europe/Paris")
    for wrong in ("Mars/Olympus", "", "../etc/passwd", "CEST "):
        with pytest.raises(ValidationError, match="is not a time zone"):
            validate_zone(wrong)


def test_a_row_knows_its_name() -> None:
    user = person()
    token = Token(user=user, name="Nightly", prefix="pst_ab")
    assert (str(user), str(User(email="a@b.example")), str(token)) == (user.name, "a@b.example", "Nightly (pst_ab…)")


def test_somebody_is_in_a_team_once_and_an_identity_is_one_persons() -> None:
    user, other, joined = person(), person(), team()
    Membership.objects.create(user=user, team=joined, role="owner")
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=user, team=joined, role="member")
    Identity.objects.create(user=user, issuer="https://id.example", subject="1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Identity.objects.create(user=other, issuer="https://id.example", subject="1")


def test_a_trail_row_can_be_stored_and_found_as_an_object() -> None:
    row = StateChange.objects.create(
        happened_at=NOW, actor="system", actor_name="Posture", kind="a", code="1", verb="v"
    )
    row.refresh_from_db()
    assert row.pk == (row.id, row.recorded_at)
    assert StateChange.objects.get(pk=row.pk).xid > 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        assert abs(cursor.fetchone()[0] - row.recorded_at) < timedelta(minutes=1)
