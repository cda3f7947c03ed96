"""Second factors are set up by their people, taken away by rule, and told without what they are made of."""

import pytest
from allauth.mfa.models import Authenticator

from inventory.access.choices import OrganisationRole
from inventory.access.errors import AccessRefused, ChangeRefused
from inventory.access.models import FactorRule, StateChange, User
from inventory.access.records import SYSTEM, Principal
from inventory.access.selectors import own_recovery_codes, principal_of
from inventory.access.services.factors import (
    add_app,
    add_passkey,
    make_recovery_codes,
    remove_factor,
    reset_factors,
    set_factor_rules,
)
from tests.inventory.access.people import NOW, app_of, code_of, person, team

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CREDENTIAL = {"id": "abc", "response": {}}


def acting(user: User) -> Principal:
    return principal_of(user, now=NOW)


def told() -> list[tuple[str, object, object]]:
    return [(row.verb, row.old, row.new) for row in StateChange.objects.order_by("id")]


def types_of(user: User) -> list[str]:
    return sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def added(user: User) -> int:
    add_app(user=user, secret=SECRET, code=code_of(SECRET), principal=acting(user), now=NOW)
    return int(Authenticator.objects.get(user=user, type="totp").pk)


def test_an_app_is_taken_when_a_code_of_it_fits_and_recovery_codes_come_with_it() -> None:
    user = person()
    assert add_app(user=user, secret=SECRET, code=f" {code_of(SECRET)} ", principal=acting(user), now=NOW)
    assert types_of(user) == ["recovery_codes", "totp"]
    assert told() == [("add factor", None, {"kind": "authenticator app"}), ("make recovery codes", None, None)]
    codes = own_recovery_codes(acting(user))
    assert codes is not None
    assert len(set(codes)) == 10


def test_what_is_stored_of_it_is_sealed() -> None:
    user = person()
    added(user)
    stored = [str(row.data) for row in Authenticator.objects.filter(user=user)]
    assert len(stored) == 2
    assert not [data for data in stored if SECRET in data]
    assert "sealed" not in str(told())
    assert Authenticator.objects.get(user=user, type="totp").wrap().validate_code(code_of(SECRET))


@pytest.mark.parametrize("code", ["000000", "", "abcdef", "1" * 50, "٣٣٣٣٣٣"])
def test_a_code_that_does_not_fit_changes_nothing(code: str) -> None:
    user = person()
    with pytest.raises(ChangeRefused, match="does not fit"):
        add_app(user=user, secret=SECRET, code=code, principal=acting(user), now=NOW)
    assert (types_of(user), told()) == ([], [])


def test_there_is_one_app_and_any_number_of_passkeys() -> None:
    user = person()
    added(user)
    with pytest.raises(ChangeRefused, match="remove it first"):
        added(user)
    for name in ("blue key", "", "  "):
        assert not add_passkey(user=user, name=name, credential=CREDENTIAL, principal=acting(user), now=NOW)
    names = [row.data["name"] for row in Authenticator.objects.filter(user=user, type="webauthn").order_by("pk")]
    assert names == ["blue key", "Passkey 2", "Passkey 3"]
    assert ("add factor", None, {"kind": "passkey", "name": "blue key"}) in told()


def test_nobody_adds_a_factor_to_somebody_else() -> None:
    user, other, administrator = person(), person(), person(OrganisationRole.ADMINISTRATOR)
    with pytest.raises(AccessRefused):
        add_passkey(user=user, name="", credential=CREDENTIAL, principal=acting(other), now=NOW)
    with pytest.raises(ChangeRefused, match="their own sign-in"):
        add_passkey(user=user, name="", credential=CREDENTIAL, principal=acting(administrator), now=NOW)
    for refused in (SYSTEM, acting(other)):
        with pytest.raises((AccessRefused, ChangeRefused)):
            make_recovery_codes(user=user, principal=refused, now=NOW)
    assert types_of(user) == []


def test_the_last_factor_takes_the_recovery_codes_with_it() -> None:
    user = person()
    app = added(user)
    add_passkey(user=user, name="blue key", credential=CREDENTIAL, principal=acting(user), now=NOW)
    assert remove_factor(user=user, number=app, principal=acting(user), now=NOW)
    assert types_of(user) == ["recovery_codes", "webauthn"]
    assert not remove_factor(user=user, number=app, principal=acting(user), now=NOW), "twice"
    key = Authenticator.objects.get(user=user, type="webauthn").pk
    assert remove_factor(user=user, number=key, principal=acting(user), now=NOW)
    assert types_of(user) == []
    assert told()[-1] == ("remove factor", {"kind": "passkey", "name": "blue key"}, None)


def test_a_factor_of_somebody_else_and_the_recovery_codes_are_no_factor_to_remove() -> None:
    user, other = person(), person()
    app_of(user)
    theirs = added(other)
    codes = Authenticator.objects.get(user=other, type="recovery_codes").pk
    assert not remove_factor(user=user, number=theirs, principal=acting(user), now=NOW)
    assert not remove_factor(user=other, number=codes, principal=acting(other), now=NOW)
    assert types_of(other) == ["recovery_codes", "totp"]


def test_where_a_role_asks_for_one_the_last_stays() -> None:
    user = person(member_of=team())
    app = added(user)
    FactorRule.objects.create(role="member")
    with pytest.raises(ChangeRefused, match="The role Team member asks for a second factor"):
        remove_factor(user=user, number=app, principal=acting(user), now=NOW)
    assert types_of(user) == ["recovery_codes", "totp"]
    add_passkey(user=user, name="", credential=CREDENTIAL, principal=acting(user), now=NOW)
    assert remove_factor(user=user, number=app, principal=acting(user), now=NOW)


def test_new_recovery_codes_end_the_old() -> None:
    user = person()
    with pytest.raises(ChangeRefused, match="set one up first"):
        make_recovery_codes(user=user, principal=acting(user), now=NOW)
    added(user)
    before = own_recovery_codes(acting(user)) or []
    make_recovery_codes(user=user, principal=acting(user), now=NOW)
    after = own_recovery_codes(acting(user)) or []
    assert len(after) == 10
    assert not set(before) & set(after)
    codes = Authenticator.objects.get(user=user, type="recovery_codes").wrap()
    assert not codes.validate_code(before[0])
    assert codes.validate_code(after[0])
    assert not codes.validate_code(after[0]), "each works once"


def test_an_administrator_resets_the_factors_of_others_only() -> None:
    user, administrator = person(), person(OrganisationRole.ADMINISTRATOR)
    added(user)
    with pytest.raises(AccessRefused):
        reset_factors(user=user, principal=acting(user), now=NOW)
    assert reset_factors(user=user, principal=acting(administrator), now=NOW) == 2
    assert types_of(user) == []
    assert told()[-1][0] == "reset factors"
    count = len(told())
    assert reset_factors(user=user, principal=acting(administrator), now=NOW) == 0
    assert len(told()) == count
    with pytest.raises(ChangeRefused, match="Nobody resets their own"):
        reset_factors(user=administrator, principal=acting(administrator), now=NOW)


def test_the_rule_is_set_by_administrators_and_told_once() -> None:
    administrator = acting(person(OrganisationRole.ADMINISTRATOR))
    set_factor_rules(roles={"administrator", "owner"}, principal=administrator, now=NOW)
    set_factor_rules(roles={"owner", "administrator"}, principal=administrator, now=NOW)
    set_factor_rules(roles={"owner"}, principal=administrator, now=NOW)
    assert told() == [("set", [], ["administrator", "owner"]), ("set", ["administrator", "owner"], ["owner"])]
    assert list(FactorRule.objects.values_list("role", flat=True)) == ["owner"]
    with pytest.raises(ChangeRefused, match="is no role"):
        set_factor_rules(roles={"emperor"}, principal=administrator, now=NOW)
    with pytest.raises(AccessRefused):
        set_factor_rules(roles=set(), principal=acting(person(OrganisationRole.SECURITY_MANAGER)), now=NOW)
