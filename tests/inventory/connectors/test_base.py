"""The small tools of readers."""

import json

from hypothesis import given
from hypothesis import strategies as st

from inventory.connectors.base import as_text, as_whole, clean, clip, one_line, pointer

ANY_TEXT = st.text(st.characters(codec=None, categories=None)) | st.text()


@given(ANY_TEXT)
def test_cleaned_text_can_be_stored_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert "\x00" not in cleaned
    assert clean(cleaned) == cleaned
    assert as_text(text) == cleaned


def test_only_zero_bytes_and_lone_surrogates_are_replaced() -> None:
    assert clean("a\x00b\ud800c\ud834\udd1e\n☂") == "a\ufffdb\ufffdc𝄞\n☂"


@given(ANY_TEXT.map(clean), st.integers(2, 400))
def test_a_title_is_one_line_within_its_length(text: str, most: int) -> None:
    line = one_line(text, most)
    assert len(line) <= most
    assert line == line.strip()
    assert len((line + "x").splitlines()) == 1


def test_a_title_keeps_markup_and_loses_escapes() -> None:
    assert one_line("  <b>Bold</b>\r\n\t\x1b[31mred\u2028x ") == "<b>Bold</b> [31mred x"
    assert one_line("x" * 301) == "x" * 299 + "…"


def test_two_long_names_stay_two() -> None:
    names = {clip("x" * 300 + end, 300) for end in ("", "a", "b")}
    assert len(names) == 3
    assert {len(name) for name in names} == {300}


def test_whole_numbers_are_told_from_everything_else() -> None:
    values = [1, 5.0, 9, 10, 0, True, "5", 5.5, None, float("inf"), float("nan")]
    assert [as_whole(value, least=1, most=9) for value in values] == [1, 5, 9, *[None] * 8]


def test_a_pointer_escapes_what_the_standard_says() -> None:
    assert pointer("paths", "/a~b", 0) == "/paths/~1a~0b/0"
    assert pointer() == ""
    assert json.dumps(pointer("ü")) == '"/\\u00fc"'
