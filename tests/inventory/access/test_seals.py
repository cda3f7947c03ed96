"""Short values open with their own key and in their own place only."""

import pytest

from inventory.access.seals import BrokenSealError, open_text, open_value, seal_text, seal_value

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
KEYS = (("new", KEY), ("old", OTHER_KEY))


def test_a_value_opens_with_its_own_key_and_in_its_own_place_only() -> None:
    nonce, sealed = seal_value(b"token", key=KEY, bound_to=b"connection:7/token")
    assert open_value(nonce, sealed, key=KEY, bound_to=b"connection:7/token") == b"token"
    assert b"token" not in sealed
    for wrong in (
        {"nonce": bytes(12), "sealed": sealed, "key": KEY, "bound_to": b"connection:7/token"},
        {"nonce": nonce, "sealed": sealed[:-1], "key": KEY, "bound_to": b"connection:7/token"},
        {"nonce": nonce, "sealed": sealed, "key": OTHER_KEY, "bound_to": b"connection:7/token"},
        {"nonce": nonce, "sealed": sealed, "key": KEY, "bound_to": b"connection:8/token"},
        {"nonce": b"", "sealed": sealed, "key": KEY, "bound_to": b"connection:7/token"},
    ):
        with pytest.raises(BrokenSealError):
            open_value(wrong["nonce"], wrong["sealed"], key=wrong["key"], bound_to=wrong["bound_to"])


def test_a_text_is_sealed_under_the_first_key_and_opens_under_any_of_the_list() -> None:
    sealed = seal_text("JBSWY3DP", keys=KEYS, bound_to="factor")
    assert sealed.startswith("new:")
    assert "JBSWY3DP" not in sealed
    assert open_text(sealed, keys=KEYS, bound_to="factor") == "JBSWY3DP"
    older = seal_text("JBSWY3DP", keys=KEYS[1:], bound_to="factor")
    assert open_text(older, keys=KEYS, bound_to="factor") == "JBSWY3DP"


@pytest.mark.parametrize("broken", ["JBSWY3DP", "", "new:", "new:!!", "gone:AAAA", "new:AAAA"])
def test_a_text_that_was_never_sealed_or_under_no_key_of_ours_is_refused(broken: str) -> None:
    with pytest.raises(BrokenSealError):
        open_text(broken, keys=KEYS, bound_to="factor")


def test_a_text_sealed_for_something_else_is_refused() -> None:
    with pytest.raises(BrokenSealError):
        open_text(seal_text("x", keys=KEYS, bound_to="factor"), keys=KEYS, bound_to="session")
