"""Pages of a list by position."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db.models import QuerySet
from django.db.models.functions import Lower

from inventory.access.pages import Key, Page, page_of, read_decimal, read_moment, read_number, read_text
from inventory.models import Api
from tests.posture.services.estates import later, make_api

pytestmark = pytest.mark.django_db

ORDER = (
    Key(name="first_seen", read=read_moment, descending=True),
    Key(name="name_key", read=read_text),
    Key(name="pk", read=read_number),
)


def apis() -> QuerySet[Api]:
    return Api.objects.annotate(name_key=Lower("name"))


def walk(*, size: int) -> Iterator[Page[Api]]:
    page = page_of(apis(), order=ORDER, size=size)
    yield page
    while page.next:
        page = page_of(apis(), order=ORDER, size=size, after=page.next)
        yield page


@pytest.fixture
def ten() -> list[str]:
    """Ten APIs, many of them equal in what the list is ordered by first; their codes in the order they are listed."""
    for name, days in (
        ("b", 1),
        ("A", 1),
        ("a", 1),
        ("é ü", 2),
        ("c", 1),
        ("a", 2),
        ("z", 0),
        ("z", 0),
        ("Z", 0),
        ("b", 3),
    ):
        make_api(name=name, first_seen=later(days=days))
    held = Api.objects.all()
    return [api.code for api in sorted(held, key=lambda api: (-api.first_seen.timestamp(), api.name.lower(), api.pk))]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10, 11])
def test_pages_show_every_row_once_and_in_order(ten: list[str], size: int) -> None:
    assert [row.code for page in walk(size=size) for row in page.rows] == ten


def as_shown(rows: QuerySet[Api]) -> QuerySet[Api]:
    return rows.annotate(name_key=Lower("name"))


@pytest.mark.parametrize("size", [1, 3, 10])
def test_pages_found_by_their_keys_first_are_the_same(ten: list[str], size: int) -> None:
    for page in walk(size=size):
        for after, before in ((page.next, ""), ("", page.previous)):
            plain = page_of(apis(), order=ORDER, size=size, after=after, before=before)
            assert page_of(apis(), order=ORDER, size=size, after=after, before=before, whole=as_shown) == plain


@pytest.mark.parametrize("size", [1, 3, 4])
def test_going_back_leads_through_the_same_pages(ten: list[str], size: int) -> None:
    pages = list(walk(size=size))
    assert pages[0].previous == ""
    seen = [pages[-1].rows]
    page = pages[-1]
    while page.previous:
        page = page_of(apis(), order=ORDER, size=size, before=page.previous)
        seen.append(page.rows)
    assert [row.code for rows in reversed(seen) for row in rows] == ten
    assert page.next


def test_a_page_says_how_many_rows_there_are_in_all(ten: list[str]) -> None:
    page = page_of(apis(), order=ORDER, size=3)
    assert (len(page.rows), page.total, page.counted) == (3, len(ten), "10")


def test_a_list_that_is_very_long_is_said_to_be_longer(ten: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory.access.pages.COUNTED", len(ten) - 1)
    assert page_of(apis(), order=ORDER).counted == "more than 9"


def test_a_row_that_comes_in_before_moves_nothing_to_the_next_page_twice(ten: list[str]) -> None:
    first = page_of(apis(), order=ORDER, size=4)
    make_api(name="new", first_seen=later(days=9))
    second = page_of(apis(), order=ORDER, size=4, after=first.next)
    assert [row.code for row in (*first.rows, *second.rows)] == ten[:8]


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "junk",
    [
        "junk",
        "§§",
        "A",
        cursor(),
        cursor(1, 2, 3),
        cursor("2026-03-01T12:00:00+00:00", "a"),
        cursor("2026-03-01T12:00:00", "a", 1),
        cursor("9999-12-31T23:59:59-12:00", "a", 1),
        cursor("0001-01-01T00:00:00+14:00", "a", 1),
        cursor("2026-03-01T12:00:00+00:00", "a\0", 1),
        cursor("2026-03-01T12:00:00+00:00", "\ud800", 1),
        cursor("2026-03-01T12:00:00+00:00", "a", *[True]),
        cursor("2026-03-01T12:00:00+00:00", "a", 2**63),
        cursor("2026-03-01T12:00:00+00:00", "a", 1.5),
        cursor(None, None, None),
        base64.urlsafe_b64encode(b"[" * 3000).decode(),
        base64.urlsafe_b64encode(b'{"a": 1}').decode(),
        "A" * 10_000,
    ],
)
def test_an_edited_cursor_is_as_good_as_none(ten: list[str], junk: str) -> None:
    first = [row.code for row in page_of(apis(), order=ORDER, size=4).rows]
    assert [row.code for row in page_of(apis(), order=ORDER, size=4, after=junk).rows] == first
    assert [row.code for row in page_of(apis(), order=ORDER, size=4, before=junk).rows] == first
    assert first == ten[:4]


@pytest.mark.parametrize("value", ["1e400000", "NaN", "Infinity", "x", "", 3, None, "1e-99999999"])
def test_a_number_of_no_sane_size_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- any message: nobody reads it
        read_decimal(value)


def test_an_empty_list_has_a_page_without_ways() -> None:
    page = page_of(apis(), order=ORDER)
    assert (page.rows, page.total, page.next, page.previous) == ((), 0, "", "")


def test_a_moment_in_a_zone_that_cannot_be_is_the_same_moment() -> None:
    assert read_moment("2026-03-02T11:59:00+23:59") == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert read_moment("2026-03-02T11:59:00+23:59").tzinfo == UTC
