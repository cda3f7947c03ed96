"""Numbers of rows, veiled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.access.veils import LARGEST, unveil, veil

KEY = b"k" * 32
numbers = st.integers(min_value=0, max_value=LARGEST - 1)


@given(numbers)
def test_a_veil_comes_off_for_whoever_has_key_and_purpose(number: int) -> None:
    text = veil(number, purpose="x", key=KEY)
    assert unveil(text, purpose="x", key=KEY) == number
    assert unveil(text, purpose="y", key=KEY) is None
    assert unveil(text, purpose="x", key=b"l" * 32) is None
    assert len(text) == 13
    assert text.isalnum()


@given(st.text(max_size=20))
def test_text_that_somebody_made_up_is_no_veil(text: str) -> None:
    assert unveil(text, purpose="x", key=KEY) is None


def test_neighbours_share_nothing_that_could_be_counted() -> None:
    veiled = [veil(number, purpose="x", key=KEY) for number in range(2000)]
    assert len(set(veiled)) == 2000
    assert sorted(veiled) != veiled
    # Of 32 letters at the first place each should come about 62 times.
    first = [text[0] for text in veiled]
    assert min(first.count(letter) for letter in set(first)) > 30
    assert len(set(first)) == 32


def test_a_spelling_that_decodes_to_the_same_bits_is_refused() -> None:
    text = veil(7, purpose="x", key=KEY)
    others = [text[:-1] + letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" if letter != text[-1]]
    assert [unveil(other, purpose="x", key=KEY) for other in others] == [None] * 31
    assert unveil(text.lower(), purpose="x", key=KEY) is None


@pytest.mark.parametrize("number", [-1, LARGEST])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="cannot be veiled"):
        veil(number, purpose="x", key=KEY)
