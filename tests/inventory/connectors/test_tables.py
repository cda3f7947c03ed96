"""Comma-separated values as rows."""

import pytest

from inventory.connectors.base import DocumentError
from inventory.connectors.streams import MOST_LINE
from inventory.connectors.tables import cells_of, rows_of
from tests.inventory.connectors.reading import document


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_rows_come_with_the_line_they_end_in(delimiter: str) -> None:
    text = f'\nname{delimiter}text\r\na{delimiter}"two\nlines, ""x"""\n\n{delimiter}\nb{delimiter}c'
    assert list(rows_of(document(text))) == [
        (1, ["name", "text"]),
        (3, ["a", 'two\nlines, "x"']),
        (6, ["b", "c"]),
    ]


def test_a_row_whose_quotation_marks_do_not_fit_is_told_and_the_next_is_read() -> None:
    rows = list(rows_of(document('a,b\n"x"y,1\nc,d\n"e,f\n')))
    assert [line for line, row in rows if isinstance(row, str)] == [2, 4]
    assert [row for _, row in rows if not isinstance(row, str)] == [["a", "b"], ["c", "d"]]


def test_a_line_without_an_end_is_refused_with_its_number() -> None:
    with pytest.raises(DocumentError, match="line 2: The line is longer than 1 MB"):
        list(rows_of(document("a,b\n" + "x" * (MOST_LINE + 1))))


def test_lines_that_are_not_utf_8_are_those_of_old_spreadsheets() -> None:
    assert list(rows_of(document("é,ü\n".encode() + "é,ü\n".encode("latin-1")))) == [(1, ["é", "ü"]), (2, ["é", "ü"])]


def test_the_cells_of_the_first_line_are_the_names() -> None:
    assert cells_of(b'\n "Title" ; Severity\nx') == ["Title", "Severity"]
    for head in (b"", b"\n", b'"', b"\x00", b"\xff"):
        assert len(cells_of(head)) <= 1
