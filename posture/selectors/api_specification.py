"""The specifications of an API over time, and what each added to it or took from it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q

from inventory.models import Api, Endpoint, Specification

VERSIONS: Final = 20
SHOWN: Final = 25
"""Endpoints of one kind of change that are named; the others are counted."""
LOOKED_AT: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The endpoints a version added, took away or changed: how many, and some of them.

    Each is method, path and, where it changed, what about it.
    """

    count: int
    some: tuple[tuple[str, str, str], ...]

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.count - len(self.some)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One specification that was read. `is_first` came before all others, so that everything in it was new.

    `changed` is None where nobody kept it.
    """

    version: str
    title: str
    format: str
    read_at: datetime
    endpoints: int
    current: bool
    is_first: bool
    added: Difference
    removed: Difference
    changed: Difference | None

    @property
    def sameness(self) -> str:
        """In words that nothing moved, where nothing did."""
        if self.added.count or self.removed.count or (self.changed and self.changed.count):
            return ""
        return "No endpoint came or went" if self.changed is None else "No endpoint came, went or changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSpecification:
    """The versions of an API's specification, newest first, and what the current one deprecates."""

    versions: tuple[Version, ...]
    total: int
    deprecated: Difference


def specification_of(*, api: Api) -> ApiSpecification:
    """Return the specifications of a visible API; three queries.

    An endpoint stands as added where it was first seen, as removed where it left and did not come back.
    """
    rows = Specification.objects.filter(api=api).order_by("-read_at", "-pk")
    shown, total = list(rows[:VERSIONS]), rows.count()
    moments = [row.read_at for row in shown]
    touched = Endpoint.objects.filter(api=api).filter(
        Q(first_seen__in=moments) | Q(removed_at__in=moments) | Q(deprecated=True, removed_at=None)
    )
    added: dict[datetime, list[tuple[str, str, str]]] = defaultdict(list)
    removed: dict[datetime, list[tuple[str, str, str]]] = defaultdict(list)
    deprecated: list[tuple[str, str, str]] = []
    for endpoint in touched.order_by("path", "method", "pk")[:LOOKED_AT]:
        named = (endpoint.method, endpoint.path, "")
        added[endpoint.first_seen].append(named)
        if endpoint.removed_at is not None:
            removed[endpoint.removed_at].append(named)
        elif endpoint.deprecated:
            deprecated.append(named)
    versions = (
        Version(
            version=row.version,
            title=row.title,
            format=row.format,
            read_at=row.read_at,
            endpoints=row.endpoints_declared,
            current=row.current,
            is_first=place == total - 1,
            added=_difference(added[row.read_at]),
            removed=_difference(removed[row.read_at]),
            changed=_changed(row),
        )
        for place, row in enumerate(shown)
    )
    return ApiSpecification(versions=tuple(versions), total=total, deprecated=_difference(deprecated))


def _changed(row: Specification) -> Difference | None:
    if row.changed is None:
        return None
    some = tuple((method, path, ", ".join(what)) for method, path, what in row.changed["some"][:SHOWN])
    return Difference(count=row.changed["count"], some=some)


def _difference(endpoints: Sequence[tuple[str, str, str]]) -> Difference:
    return Difference(count=len(endpoints), some=tuple(endpoints[:SHOWN]))
