"""The one writer: what was text stays text, and nothing of it is a formula."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inventory.access.exporting import csv_pieces, safe_text

# OWASP, "CSV Injection": https://owasp.org/www-community/attacks/CSV_Injection
FORMULAS = [
    "=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x","y")', "=cmd|'/C calc'!A0", "-",
    "=",
    "  =1+1", '"=1+1', "'=1+1", '" =1', "\u00a0=1", "\ufeff=1", "\u200b=1", "＝1+1", "＋1", "－1", "＠x", "|calc",
]  # fmt: skip
INNOCENT = ["", "a", "1", "a=b", "GET /orders", "x-y", "user@host", "  a", "'a'", '"quoted"', "100 %", "Zürich 東京 🚆"]


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def written(*rows: list[object], for_spreadsheets: bool = False) -> str:
    return "".join(csv_pieces(["A"], rows, for_spreadsheets=for_spreadsheets))  # type: ignore[arg-type] # cells


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text_and_can_be_read_back(text: str) -> None:
    assert safe_text(text) == f"'{text}"
    assert read(written([text]))[1] == [f"'{text}"]


@pytest.mark.parametrize("text", INNOCENT)
def test_other_text_is_left_alone(text: str) -> None:
    assert safe_text(text) == text


@given(st.text())
@example("\0=1")
@example(" \0=1")
def test_no_text_comes_out_as_a_formula_and_none_is_lost(text: str) -> None:
    cell = read(written([text, "end"]))[1][0]
    assert not cell.lstrip(' "\u00a0\u200b\ufeff').startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell in {text.replace("\0", ""), "'" + text.replace("\0", "")}


def test_numbers_and_moments_are_written_plainly() -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert read(written([-5, Decimal("-1.50"), 0.25, None, moment]))[1] == [
        "-5", "-1.50", "0.25", "", "2026-03-01T12:00:00+00:00",
    ]  # fmt: skip


def test_the_form_is_that_of_the_standard_with_a_mark_for_spreadsheets_only() -> None:
    plain = written(["a,b", 'say "hi"', "two\nlines"])
    assert plain == 'A\r\n"a,b","say ""hi""","two\nlines"\r\n'
    assert written(["a"], for_spreadsheets=True) == "\ufeffA\r\na\r\n"


def test_it_is_written_in_pieces_whatever_its_length() -> None:
    pieces = csv_pieces(["N"], ([number] for number in range(1201)), for_spreadsheets=False)
    sizes = [len(read(piece)) for piece in pieces]
    assert sizes == [501, 500, 201]


def test_a_head_is_made_safe_too() -> None:
    assert "".join(csv_pieces(["=A", "B"], [], for_spreadsheets=False)) == "'=A,B\r\n"
