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
    """The endpoints a version added, or took away: how many, and some of them."""

    count: int
    some: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One specification that was read. `is_first` came before all others, so that everything in it was new."""

    version: str
    title: str
    format: str
    read_at: datetime
    endpoints: int
    current: bool
    is_first: bool
    added: Difference
    removed: Difference


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
    added: dict[datetime, list[tuple[str, str]]] = defaultdict(list)
    removed: dict[datetime, list[tuple[str, str]]] = defaultdict(list)
    deprecated: list[tuple[str, str]] = []
    for endpoint in touched.order_by("path", "method", "pk")[:LOOKED_AT]:
        named = (endpoint.method, endpoint.path)
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
        )
        for place, row in enumerate(shown)
    )
    return ApiSpecification(versions=tuple(versions), total=total, deprecated=_difference(deprecated))


def _difference(endpoints: Sequence[tuple[str, str]]) -> Difference:
    return Difference(count=len(endpoints), some=tuple(endpoints[:SHOWN]))
