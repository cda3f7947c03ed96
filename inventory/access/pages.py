"""Pages of a list by position, not by number: as quick at the millionth row as at the first, and steady under inserts.

A cursor names the row it stands at by the values the list is ordered by. It comes from an address that anybody may
edit, so one that does not fit the order is as good as none.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, Generic, TypeVar

from django.db.models import F, Model, Q, QuerySet

Row = TypeVar("Row")
Instance = TypeVar("Instance", bound=Model)

SIZE = 25
COUNTED = 10_000
"""A longer list is said to be longer; counting it to the end would cost more than showing it."""
LONGEST = 4_000
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One column of an order: a field or annotation that is never null.

    `read` turns the JSON value of a cursor into what the database compares with, and raises ValueError for others.
    """

    name: str
    read: Callable[[Any], Any]
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Row]):
    """Rows of one page, how many there are in all (`more` when counting stopped), and cursors to go on and back."""

    rows: tuple[Row, ...]
    total: int
    more: bool
    next: str = ""
    previous: str = ""

    @property
    def counted(self) -> str:
        """The number of rows of the whole list, in words."""
        return f"more than {self.total:,}" if self.more else f"{self.total:,}"


def read_text(value: Any) -> str:
    """Return text a column can be compared with."""
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    value.encode()
    return value


def read_number(value: Any) -> int:
    """Return a whole number that fits a bigint."""
    if type(value) is not int or abs(value) >= 2**63:
        raise ValueError
    return value


def read_decimal(value: Any) -> Decimal:
    """Return a finite decimal number of sane size."""
    try:
        number = Decimal(read_text(value))
    except InvalidOperation as error:
        raise ValueError from error
    if not number.is_finite() or abs(number.adjusted()) > 30:  # noqa: PLR2004 -- far past any score
        raise ValueError
    return number


def read_moment(value: Any) -> datetime:
    """Return an aware moment."""
    moment = datetime.fromisoformat(read_text(value))
    if moment.tzinfo is None:
        raise ValueError
    try:
        # The database takes no zone that is farther from UTC than any there is.
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError from error


def page_of(  # noqa: PLR0913 - each by name
    queryset: QuerySet[Instance, Instance],
    *,
    order: Sequence[Key],
    after: str = "",
    before: str = "",
    size: int = SIZE,
    counts: bool = True,
    whole: Callable[[QuerySet[Any, Any]], QuerySet[Any, Any]] | None = None,
) -> Page[Instance]:
    """Return the page that follows `after`, or comes before `before`, or the first; two queries.

    Without `counts` one query, and the total is 0: for those who have it from elsewhere. `whole` adds what rows show,
    and the order again, to the rows of the page alone, where sorting all that match with it would be dear.
    The last key of `order` is unique, so that no two rows stand at one place.
    """
    backwards = bool(before) and _position(before, order) is not None
    position = _position(before if backwards else after, order)
    keys = [Key(name=key.name, read=key.read, descending=key.descending != backwards) for key in order]
    found = queryset if position is None else _from_on(queryset, keys, position)
    first: QuerySet[Any, Any] = in_order(found, keys)[: size + 1]
    if whole is not None:
        first = in_order(whole(QuerySet(queryset.model).filter(pk__in=first.values("pk"))), keys)
    rows = list(first)
    beyond, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    has_next, has_previous = (True, beyond) if backwards else (beyond, position is not None)
    # By its key alone: what is annotated would be worked out for every row that is counted.
    total = queryset.order_by().values("pk")[: COUNTED + 1].count() if counts else 0
    return Page(
        rows=tuple(rows),
        total=min(total, COUNTED),
        more=total > COUNTED,
        next=_cursor(rows[-1], order) if rows and has_next else "",
        previous=_cursor(rows[0], order) if rows and has_previous else "",
    )


def beside(
    queryset: QuerySet[Instance, Instance], row: Instance, *, order: Sequence[Key], before: bool = False
) -> tuple[QuerySet[Instance, Instance], ...]:
    """Return the row that follows `row` in this order, or comes before it; `row` itself need not be among them.

    As lists of one row at most, of which the first that is not empty holds it: those that are as `row` in the first
    key, and those beyond. Each begins where an index on the order says it does; both in one would be looked through.
    """
    keys = [Key(name=key.name, read=key.read, descending=key.descending != before) for key in order]
    values = [getattr(row, key.name) for key in keys]
    alike = queryset.filter(**{keys[0].name: values[0]})
    ways = [_from_on(alike, keys[1:], values[1:])] if keys[1:] else []
    ways.append(queryset.filter(_beyond(keys[:1], values[:1])))
    return tuple(in_order(way, keys)[:1] for way in ways)


def batches(queryset: QuerySet[Instance, Instance], *, size: int = BATCH) -> Iterator[list[Instance]]:
    """Yield all rows, some hundred at a time, through one cursor of the database."""
    rows = queryset.iterator(chunk_size=size)
    while batch := list(islice(rows, size)):
        yield batch


def in_order(queryset: QuerySet[Instance, Instance], order: Sequence[Key]) -> QuerySet[Instance, Instance]:
    """Return the rows in this order."""
    return queryset.order_by(*(F(key.name).desc() if key.descending else F(key.name).asc() for key in order))


def _from_on(
    queryset: QuerySet[Instance, Instance], keys: Sequence[Key], position: Sequence[Any]
) -> QuerySet[Instance, Instance]:
    # What lies beyond says the bound as well, but to an index only so.
    bound = {f"{keys[0].name}__{'lte' if keys[0].descending else 'gte'}": position[0]}
    return queryset.filter(_beyond(keys, position), **bound)


def _beyond(keys: Sequence[Key], position: Sequence[Any]) -> Q:
    condition = Q()
    for index, (key, value) in enumerate(zip(keys, position, strict=True)):
        same = {earlier.name: at for earlier, at in zip(keys[:index], position[:index], strict=True)}
        condition |= Q(**same, **{f"{key.name}__{'lt' if key.descending else 'gt'}": value})
    return condition


def _cursor(row: Model, order: Sequence[Key]) -> str:
    values = [getattr(row, key.name) for key in order]
    plain = [value if isinstance(value, int) else _plain(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _position(cursor: str, order: Sequence[Key]) -> list[Any] | None:
    if not cursor or len(cursor) > LONGEST:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [key.read(value) for key, value in zip(order, values, strict=True)]
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None
