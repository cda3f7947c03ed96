"""Tokens: made once, kept as a digest, looked up, used, over."""

import hashlib
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.access.choices import OrganisationRole, PrincipalKind
from inventory.access.errors import AccessRefused, ChangeRefused, TokenRefused
from inventory.access.models import StateChange, Token, User
from inventory.access.records import SYSTEM
from inventory.access.rights import Verb, may
from inventory.access.selectors import principal_of, principal_of_token
from inventory.access.services.tokens import NewToken, create_token, find_token, revoke_token
from tests.inventory.access.people import NOW, person, team

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def make(user: User, **values: object) -> NewToken:
    return create_token(**{"user": user, "name": "ci", "days": 90, "principal": SYSTEM, "now": NOW, **values})  # type: ignore[arg-type] # as declared


def test_a_token_is_256_bits_of_chance_and_only_its_digest_is_kept() -> None:
    made = make(person(OrganisationRole.ANALYST))
    assert made.secret.startswith("posture_")
    assert len(made.secret.removeprefix("posture_")) == 43  # 32 bytes in base64url
    stored = Token.objects.filter(pk=made.token.pk).values().get()
    assert stored["digest"] == hashlib.sha256(made.secret.encode()).hexdigest()
    assert made.secret not in str(stored)
    assert made.secret.startswith(stored["prefix"])
    assert len(stored["prefix"]) == 14
    assert stored["expires_at"] == NOW + timedelta(days=90)
    assert stored["scopes"] == ["export", "see", "upload"]
    assert make(made.token.user).secret != made.secret


def test_the_trail_tells_of_a_token_without_what_opens_the_door() -> None:
    made = make(person())
    revoke_token(token=made.token, principal=SYSTEM, now=NOW)
    rows = list(StateChange.objects.filter(kind="token").order_by("id"))
    assert [row.verb for row in rows] == ["create", "revoke"]
    assert {row.code for row in rows} == {made.token.prefix}
    assert made.secret not in str([(row.old, row.new) for row in rows])
    assert made.token.digest not in str([(row.old, row.new) for row in rows])


def test_it_is_found_by_its_secret_while_it_lives() -> None:
    made = make(person(OrganisationRole.ANALYST), days=1)
    assert find_token(secret=made.secret, now=NOW).pk == made.token.pk
    almost = NOW + timedelta(days=1) - timedelta(seconds=1)
    assert find_token(secret=made.secret, now=almost).pk == made.token.pk
    with pytest.raises(TokenRefused, match="expired on 2026-11-21"):
        find_token(secret=made.secret, now=NOW + timedelta(days=1))


@pytest.mark.parametrize("secret", ["", "posture_", "posture_" + "A" * 43, "\0", "é" * 2000])
def test_what_is_no_token_is_refused(secret: str) -> None:
    make(person())
    with pytest.raises(TokenRefused, match="not known here"):
        find_token(secret=secret, now=NOW)


def test_neither_digest_nor_prefix_opens_the_door() -> None:
    made = make(person())
    for secret in (made.token.digest, made.token.prefix, made.secret[:-1], made.secret + "A"):
        with pytest.raises(TokenRefused):
            find_token(secret=secret, now=NOW)


def test_a_revoked_token_and_that_of_a_closed_account_are_over() -> None:
    made, other = make(person()), make(person())
    assert revoke_token(token=made.token, principal=SYSTEM, now=NOW)
    assert not revoke_token(token=made.token, principal=SYSTEM, now=NOW)
    with pytest.raises(TokenRefused, match="revoked"):
        find_token(secret=made.secret, now=NOW)
    User.objects.filter(pk=other.token.user_id).update(is_active=False)
    with pytest.raises(TokenRefused, match="closed"):
        find_token(secret=other.secret, now=NOW)


def test_its_use_is_written_at_most_once_a_minute() -> None:
    made = make(person())
    for seconds, writes in ((0, 1), (1, 0), (59, 0), (60, 1), (90, 0), (120, 1)):
        now = NOW + timedelta(seconds=seconds)
        with CaptureQueriesContext(connection) as queries:
            find_token(secret=made.secret, now=now)
        assert sum("UPDATE" in query["sql"] for query in queries) == writes, seconds
        assert len(queries) == 1 + writes
    assert Token.objects.get(pk=made.token.pk).last_used_at == NOW + 2 * MINUTE


def test_people_make_their_own_tokens_and_nobody_elses() -> None:
    user, other = person(OrganisationRole.ANALYST), person(OrganisationRole.ANALYST)
    assert make(user, principal=principal_of(user, now=NOW)).token.user == user
    with pytest.raises(AccessRefused):
        make(user, principal=principal_of(other, now=NOW))
    administrator = principal_of(person(OrganisationRole.ADMINISTRATOR), now=NOW)
    made = make(user, principal=administrator)
    with pytest.raises(AccessRefused):
        revoke_token(token=made.token, principal=principal_of(other, now=NOW), now=NOW)
    assert revoke_token(token=made.token, principal=principal_of(user, now=NOW), now=NOW)


def test_what_a_person_sends_twice_is_one_token_unless_they_revoked_it() -> None:
    user = person()
    own = principal_of(user, now=NOW)
    made = make(user, principal=own)
    with pytest.raises(ChangeRefused, match="The token “ci” was made a moment ago, and its secret was shown then"):
        make(user, principal=own, now=NOW + MINUTE / 2)
    assert Token.objects.filter(user=user).count() == 1
    other = person()
    make(other, principal=principal_of(other, now=NOW))
    make(user, principal=own, name="cd")
    make(user, principal=own, now=NOW + MINUTE)
    revoke_token(token=made.token, principal=own, now=NOW)
    Token.objects.filter(created_at=NOW + MINUTE).delete()
    make(user, principal=own, now=NOW + MINUTE / 2)


def test_a_token_cannot_make_or_end_a_token() -> None:
    made = make(person(OrganisationRole.ADMINISTRATOR), scopes=["see", "upload", "export"])
    principal = principal_of_token(made.token, now=NOW)
    assert principal.kind == PrincipalKind.TOKEN
    with pytest.raises(AccessRefused):
        make(made.token.user, principal=principal)
    with pytest.raises(AccessRefused):
        revoke_token(token=made.token, principal=principal, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"scopes": ["see", "decide"]}, "“decide” is no scope; the scopes are export"),
        ({"scopes": []}, "A token needs a scope"),
        ({"days": 0}, "1 to 366 days, not 0"),
        ({"days": 367}, "1 to 366 days, not 367"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(ChangeRefused, match=sentence):
        make(person(), **wrong)
    with pytest.raises(ChangeRefused, match="is closed"):
        make(person(is_active=False))
    assert not Token.objects.exists()


def test_a_token_is_bound_to_a_team_its_person_sees() -> None:
    payments, logistics = team("Payments"), team("Logistics")
    member = person(member_of=payments)
    with pytest.raises(ChangeRefused, match="is not in the team"):
        make(member, team=logistics)
    bound = principal_of_token(make(person(OrganisationRole.ANALYST), team=payments).token, now=NOW)
    assert (bound.team_ids, bound.sees_all, bound.uploader_id) == (frozenset({payments.pk}), False, 0)
    assert may(bound, Verb.UPLOAD, team_id=payments.pk)
    assert not may(bound, Verb.UPLOAD, team_id=logistics.pk)
    free = principal_of_token(make(member).token, now=NOW)
    assert free.uploader_id == member.pk
