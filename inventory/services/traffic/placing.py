"""Working out whose the calls are: which API answers at an address, and which of its endpoints a path is.

What is held of observations, addresses and specifications decides, not the order they came in: each time something of
these changed, the observations it may concern are placed anew.

- API: the one the log was said to be about, else the one whose base URL is the longest start of host and path (at any
  port), among those of the log's teams, else one of a mapping rule, else the only one that answers at the host, else
  none: *unmapped*.
- Endpoint: the declared one with the path's key, else a declared one whose parameters the path fits (the current
  specification before former ones), else one learned from the path, if anything was ever answered with 2xx and no file
  is meant. HEAD counts with GET, OPTIONS only where it is declared. Of one API and day at most `MOST_LEARNED` are
  learned, the most called ones; an endpoint learned on any day is one on all.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from inventory.addresses import AddressBook
from inventory.models import Api, ApiTeam, BaseUrl, Endpoint, GatewayDay, Observation
from inventory.selectors.apis import address_book
from inventory.services.hashing import hashing
from inventory.services.traffic.statements import (
    DAYS,
    LEARN,
    LINK,
    MOVE,
    MOVING,
    PLACING,
    SETTLE,
    SUMS,
    UNPLACED,
)
from inventory.spellings import Spellings

MOST_LEARNED: Final = 500

FILES: Final = frozenset(
    ("css", "js", "mjs", "map", "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "avif", "woff", "woff2", "ttf",
     "eot", "mp4", "webm", "mp3")
)  # fmt: skip
"""Endings of files that pages are made of."""

NEVER_LEARNED: Final = frozenset(("OPTIONS", "TRACE", "CONNECT"))

Beyond = Callable[[str, str], int | None]
"""Says which API a mapping rule names for a host and path."""


def place_traffic(
    *, now: datetime, logs: Collection[int] = (), hosts: Collection[str] = (), api_ids: Collection[int] = (),
    beyond: Beyond | None = None,
) -> tuple[int, ...]:  # fmt: skip
    """Place the observations of these logs and hosts, and those of the APIs, anew; return the APIs this concerned.

    Call in the transaction that changed what decides.
    """
    if not GatewayDay.objects.exists():
        return ()
    met = set(hosts) | set(GatewayDay.objects.filter(log__in=logs).values_list("host", flat=True).distinct())
    # A gateway that was observed says something about its APIs that nobody called, too.
    behind = BaseUrl.objects.filter(contested=False, host__in=met - {""}).values_list("api_id", flat=True)
    touched = sorted(_assign(logs, hosts, beyond) | set(api_ids) | set(behind))
    if touched:
        link_traffic(api_ids=touched, now=now)
    return tuple(touched)


def link_traffic(*, api_ids: Collection[int], now: datetime) -> None:
    """Tie the observations of some APIs to their endpoints, learn what no specification has, and sum up."""
    list(Api.objects.filter(pk__in=api_ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    book = address_book(Api.objects.filter(pk__in=api_ids))
    given: dict[str, Any] = {"apis": list(api_ids), "now": now, "most": MOST_LEARNED}
    rows = [row for api_id in api_ids for row in _placings(api_id, book)]
    with connection.cursor() as cursor:
        cursor.execute(PLACING)
        with cursor.copy("COPY placed_path FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("ANALYZE placed_path")
        with hashing():
            for statement in (LEARN, LINK, SUMS, UNPLACED, DAYS, SETTLE):
                cursor.execute(statement, given)


def _assign(logs: Collection[int], hosts: Collection[str], beyond: Beyond | None) -> set[int]:
    """Give each observation its API and return the APIs that gained or lost some."""
    concerned = Observation.objects.filter(Q(log__in=logs) | Q(host__in=hosts))
    named = concerned.exclude(log__api=None)
    touched = set(named.filter(api=None).values_list("log__api", flat=True).distinct())
    for api_id in touched:
        named.filter(log__api=api_id).update(api=api_id)
    seen = concerned.filter(log__api=None).values_list("log__teams", "host", "path_key", "api").distinct()
    everything = address_book(Api.objects.all())
    books: dict[tuple[int, ...] | None, AddressBook] = {None: everything}
    moved: list[tuple[Any, ...]] = []
    for teams, host, path, api_id in list(seen):
        held: int | None = api_id
        reach = None if teams is None else tuple(teams)
        if reach not in books:
            books[reach] = address_book(_within(reach))
        found = _found(books[reach], everything, host, path, beyond) if host else None
        if found is None and held is not None and _stays(everything, host, path, held):
            found = held
        if found != held:
            moved.append((teams, host, path, found))
            touched |= {one for one in (found, held) if one is not None}
    if moved:
        _move(moved)
    return touched


def _found(book: AddressBook, everything: AddressBook, host: str, path: str, beyond: Beyond | None) -> int | None:
    found = book.find_at_any_port(host, path)
    if found is None and beyond is not None:
        found = beyond(host, path)
    if found is None:
        # Who does not see all may have one API at a host of many: the rest of it is not theirs.
        alone = everything.alone_at(host)
        found = alone if alone is not None and host in book.hosts_of(alone) else None
    return found


def _stays(everything: AddressBook, host: str, path: str, held: int) -> bool:
    """Return whether calls stay where they are: a rule gave them, or their API has come to another team since."""
    if host not in everything.hosts_of(held):
        return True
    found = everything.find_at_any_port(host, path)
    return held == (everything.alone_at(host) if found is None else found)


def _within(reach: tuple[int, ...] | None) -> Any:
    if reach is None:
        return Api.objects.all()
    return Api.objects.filter(Exists(ApiTeam.objects.filter(api=OuterRef("pk"), until=None, team_id__in=reach)))


def _move(moved: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MOVING)
        with cursor.copy("COPY moved_path FROM STDIN") as copy:
            for row in moved:
                copy.write_row(row)
        with hashing():
            cursor.execute(MOVE)


def _placings(api_id: int, book: AddressBook) -> Iterable[tuple[Any, ...]]:
    """Yield where each method and path seen of an API belongs: a declared endpoint, or one to be learned."""
    rows = Endpoint.objects.filter(api=api_id).exclude(documented=False, specified_since=None)
    declared = {(method, key): (pk, current) for pk, method, key, current in rows.values_list(
        "pk", "method", "path_key", "documented")}  # fmt: skip
    current = Spellings(key for (_, key), (_, is_current) in declared.items() if is_current)
    former = Spellings(key for (_, key), (_, is_current) in declared.items() if not is_current)
    seen = Observation.objects.filter(api=api_id).order_by().values_list("method", "path_key").distinct()
    for method, path in seen.iterator(chunk_size=5000):
        key = spelling(book.inside(api_id, path), current, former)
        target = next((declared[name] for name in ((method, key), ("*", key)) if name in declared), None)
        if target is None and method == "HEAD":
            method_meant, target = "GET", declared.get(("GET", key))
        else:
            method_meant = method
        learn = target is None and method not in NEVER_LEARNED and not is_file(key)
        yield api_id, method, path, method_meant, key, target[0] if target else None, learn


def spelling(key: str, current: Spellings, former: Spellings) -> str:
    """Return the declared path a seen one means: the same one, else one whose parameters it fits, else itself."""
    if key in current.keys or key in former.keys:
        return key
    return current.find(key) or former.find(key) or key


def is_file(key: str) -> bool:
    """Return whether a path names a file of a page, such as `/assets/app.js`."""
    name, dot, ending = key.rpartition("/")[2].rpartition(".")
    return bool(dot and name) and ending.lower() in FILES
