"""What documents say of APIs and endpoints, as plain rows; nothing is stored."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from inventory.addresses import Address, AddressBook
from inventory.choices import Discovery
from inventory.discovery import DEFAULT_DAYS, SINCE_EVER, EndpointFacts, discover, watch_of
from inventory.paths import split_base
from inventory.records import CallRecord, EndpointRecord, SpecificationRecord, TrafficSummary
from inventory.services.endpoints import day_of
from inventory.services.traffic.placing import NEVER_LEARNED, is_file, spelling
from inventory.spellings import Spellings

OPENNESS = ("none", "not declared", "declared")
"""Several spellings of one endpoint are as open as the most open one: the first of these."""

NOTHING: Final = Spellings(())


@dataclass(slots=True)
class _Listed:
    """One API of the documents: its row, its endpoints by method and key, and what logs have of them."""

    row: dict[str, Any] | None = None
    name: str | None = None
    rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    sunsets: dict[tuple[str, str], date | None] = field(default_factory=dict)
    days: set[date] = field(default_factory=set)
    last: dict[tuple[str, str], date] = field(default_factory=dict)
    calls: dict[tuple[str, str], int] = field(default_factory=dict)
    answered: set[tuple[str, str]] = field(default_factory=set)
    spellings: Spellings | None = None


class Inventory:
    """Takes specifications and logs, in any order, and lists what they tell of together.

    Calls belong to the API whose base URL is the longest start of host and path, at any port, else to the only one at
    their host. When no API answers at
    any host of the logs and there is one specification alone, it is the one they are about. A host without an API is
    listed without one: `api` is the host, or None where the log does not tell it.
    """

    def __init__(self) -> None:
        self._apis: list[_Listed] = []
        self._calls: list[CallRecord] = []
        self._days: set[tuple[str, date]] = set()

    def add_specification(self, records: Iterable[SpecificationRecord | EndpointRecord]) -> None:
        """Take the records of one specification."""
        listed = _Listed()
        self._apis.append(listed)
        for record in records:
            if isinstance(record, SpecificationRecord):
                listed.name = record.title
                listed.row = _api(record)
                continue
            key = (record.method, record.path_key)
            row = _endpoint(listed.name, record)
            held = listed.rows.setdefault(key, row)
            held["path"] = min(held["path"], row["path"])
            held["authentication"] = min(held["authentication"], row["authentication"], key=OPENNESS.index)
            held["deprecated"] = held["deprecated"] and row["deprecated"]
            listed.sunsets.setdefault(key, day_of(record.sunset))

    def add_log(self, records: Iterable[CallRecord]) -> None:
        """Take the records of one log; `add_days` takes its summary."""
        self._calls += records

    def add_days(self, summary: TrafficSummary) -> None:
        """Take the days a log has, those of calls that are not told apart among them."""
        self._days |= {(day.host, day.day) for day in summary.days}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield a row for each API and one for each of its endpoints; what the documents do not say is None.

        A state is worked out as `inventory.discovery` says. The threshold is that of the product, or all the days that
        were observed if there are fewer: the documents given are all there is to judge by.
        """
        self._spread()
        for listed in self._apis:
            if listed.row is not None:
                yield listed.row
            yield from _judged(listed)

    def _spread(self) -> None:
        """Give each call to its API."""
        specified = list(self._apis)
        book = AddressBook(
            Address(number, base.host, base.port, base.path)
            for number, listed in enumerate(specified)
            for base in map(split_base, listed.row["base_urls"] if listed.row else ())
        )
        hosts = {host for host, _ in self._days}
        alone = len(specified) == 1 and not book.hosts & hosts
        others: dict[str, _Listed] = {}
        for call in self._calls:
            number = 0 if alone else book.find_at_any_port(call.host, call.path_key)
            number = book.alone_at(call.host) if number is None else number
            if number is None:
                listed = others.setdefault(call.host, _Listed(name=call.host or None))
                _count(listed, call, call.path_key)
            else:
                _count(specified[number], call, book.inside(number, call.path_key))
        for number, listed in enumerate(specified):
            near = hosts if alone else book.hosts_of(number)
            listed.days |= {day for host, day in self._days if host in near}
        for host, listed in sorted(others.items()):
            listed.days |= {day for there, day in self._days if there == host}
            self._apis.append(listed)


def _api(record: SpecificationRecord) -> dict[str, Any]:
    return {
        "type": "api",
        "name": record.title,
        "version": record.version or None,
        "environment": record.environment or None,
        "base_urls": list(record.base_urls),
        "owner": record.owner or record.contact or None,
    }


def _endpoint(api: str | None, record: EndpointRecord) -> dict[str, Any]:
    return {
        "type": "endpoint",
        "api": api,
        "method": record.method,
        "path": record.path,
        "state": Discovery.DOCUMENTED.value,
        "authentication": record.authentication,
        "deprecated": record.deprecated,
        "data_classes": [],
        "calls": None,
    }


def _count(listed: _Listed, call: CallRecord, path: str) -> None:
    if listed.spellings is None:
        listed.spellings = Spellings(key for _, key in listed.rows)
    key = spelling(path, listed.spellings, NOTHING)
    method = call.method
    if (method, key) not in listed.rows:
        if ("*", key) in listed.rows:
            method = "*"
        elif method == "HEAD":
            method = "GET"
    where = (method, key)
    listed.calls[where] = listed.calls.get(where, 0) + call.calls
    listed.last[where] = max(listed.last.get(where, call.day), call.day)
    if call.ok:
        listed.answered.add(where)


def _judged(listed: _Listed) -> Iterator[dict[str, Any]]:
    """Yield the endpoints of one API with state and calls, those of specifications first."""
    days = min(DEFAULT_DAYS, len(listed.days)) or DEFAULT_DAYS
    watch = watch_of(list(listed.days), days=days)
    for where, row in listed.rows.items():
        facts = EndpointFacts(
            specified_since=SINCE_EVER, deprecated=row["deprecated"], sunset=listed.sunsets.get(where),
            last_called=listed.last.get(where),
        )  # fmt: skip
        state = discover(facts, watch, days=days).state.value
        yield row | {"state": state, "calls": listed.calls.get(where, 0) if listed.days else None}
    for method, key in sorted(listed.answered - listed.rows.keys()):
        if method not in NEVER_LEARNED and not is_file(key):
            state = discover(EndpointFacts(last_called=listed.last[method, key]), watch, days=days).state
            found = _endpoint(listed.name, EndpointRecord(method=method, path=key, path_key=key))
            yield found | {"state": state.value, "calls": listed.calls[method, key]}
