"""Access logs of gateways: nginx and Apache (common, combined, with the host in front) and JSON lines.

JSON lines are known by the names that nginx's variables, Caddy, Traefik and Envoy use. A line that tells of no request
is skipped, counted and shown; a document without any line that does is refused.

What is handed on is counted here, per host, method, path and day (UTC), so that ten million lines do not become rows.
No query, header, address or credential leaves the reader: paths follow the path rule, and a segment that looks like a
credential, or is longer than a name, is `{}`. Of one host and day at most `MOST_PATHS` methods and paths are told
apart, and as many again that nothing was answered to with 2xx, so that a scan does not displace what is used; calls
past that are counted as `untold`.
"""

import re
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from inventory.connectors.access_log.lines import Call, Lines, NoCall
from inventory.connectors.base import Document, DocumentError, Kind, clean
from inventory.connectors.registry import register
from inventory.connectors.streams import lines_of
from inventory.paths import path_key
from inventory.records import CallRecord, GatewayDayRecord, Oddity, TrafficSummary

MOST_PATHS = 2000
MOST_HOSTS = 200
MOST_ENTRIES = 300_000
"""Methods and paths of all hosts and days together; about 150 MB."""
MOST_SEGMENTS = 30
MOST_SEGMENT = 80
MOST_KEY = 500
MOST_SHOWN = 100
KEYS_KEPT = 100_000
SNIFFED = 5

CALLS, OK, REDIRECTED, REFUSED, FAILED, SIGNED, UNSIGNED, OPEN = range(8)
BY_CLASS = {2: OK, 3: REDIRECTED, 4: REFUSED, 5: FAILED}

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?)\.?(?::\d{1,5})?", re.ASCII)
_SIGNED_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?", re.ASCII)


def seen_path(target: str) -> str:
    """Return the key of the path in a request's target, an empty text for a target without one or with too long a one.

    `/orders/7;jsessionid=1?all=1` is `/orders/{}`.
    """
    path = re.split(r"[?#]", target, maxsplit=1)[0]
    if "://" in path[:12]:
        path = _path_of_url(path)
    if not path.startswith("/"):
        return ""
    segments = [_without_secret(segment) for segment in path.split("/", MOST_SEGMENTS + 1) if segment]
    if len(segments) > MOST_SEGMENTS:
        return ""
    key = clean(path_key("/" + "/".join(segments)))
    return key if len(key) <= MOST_KEY else ""


def _path_of_url(url: str) -> str:
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return ""


def _without_secret(segment: str) -> str:
    segment = segment.split(";", 1)[0]
    if len(segment) > MOST_SEGMENT or _SIGNED_TOKEN.fullmatch(segment):
        return "{}"
    return segment


def seen_host(name: str) -> str:
    """Return a host without its port, lower-case, and an empty text for what is none."""
    found = _HOST.fullmatch(name.lower()) if len(name) <= 255 else None  # noqa: PLR2004 - RFC 1035, section 2.3.4
    return found[1] if found else ""


@dataclass(slots=True)
class _Day:
    """What one host was asked in one day."""

    calls: int = 0
    untold: int = 0
    answered: int = 0
    unanswered: int = 0
    entries: dict[tuple[str, str], list[int]] = field(default_factory=dict)


class _Count:
    """Counts calls; what it holds does not grow with the lines."""

    def __init__(self) -> None:
        self.days: dict[tuple[str, date], _Day] = {}
        self.other_hosts = 0
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None
        self._keys: dict[str, str] = {}
        self._hosts: dict[str, str] = {}
        self._names: set[str] = set()
        self._entries = 0

    def take(self, call: Call) -> None:
        """Count one call."""
        minute = call.minute
        if self.first_at is None or minute < self.first_at:
            self.first_at = minute
        if self.last_at is None or minute > self.last_at:
            self.last_at = minute
        host = self._hosts.get(call.host)
        if host is None:
            host = self._new_host(call.host)
            if host is None:
                self.other_hosts += 1
                return
        where = (host, minute.date())
        day = self.days.get(where)
        if day is None:
            day = self.days[where] = _Day()
        day.calls += 1
        target = call.target.split("?", 1)[0]
        key = self._keys.get(target)
        if key is None:
            if len(self._keys) >= KEYS_KEPT:
                self._keys.clear()
            key = self._keys[target] = seen_path(target)
        self._add(day, call, key)

    def _new_host(self, told: str) -> str | None:
        host = seen_host(told)
        if host not in self._names and len(self._names) >= MOST_HOSTS:
            return None
        self._names.add(host)
        if len(self._hosts) < KEYS_KEPT:
            self._hosts[told] = host
        return host

    def _add(self, day: _Day, call: Call, key: str) -> None:
        group = call.status // 100
        entry = day.entries.get((call.method, key))
        if entry is None:
            answered = group == 2  # noqa: PLR2004 - the class of success
            full = day.answered >= MOST_PATHS if answered else day.unanswered >= MOST_PATHS
            if not key or full or self._entries >= MOST_ENTRIES:
                day.untold += 1
                return
            entry = day.entries[call.method, key] = [0] * 8
            self._entries += 1
            day.answered += answered
            day.unanswered += not answered
        entry[CALLS] += 1
        if (place := BY_CLASS.get(group)) is not None:
            entry[place] += 1
        if call.signed:
            entry[SIGNED] += 1
        elif call.signed is False:
            entry[UNSIGNED] += 1
            if group == 2:  # noqa: PLR2004 - the class of success
                entry[OPEN] += 1


@register
class AccessLog:
    """Counts line by line and hands the counts on at the end."""

    slug: ClassVar[str] = "access_log"
    label: ClassVar[str] = "Access log (combined, JSON lines)"
    kind: ClassVar[Kind] = "traffic"
    records: ClassVar[Any] = CallRecord
    summary: ClassVar[Any] = TrafficSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for a request among the first lines; the last one may be cut off."""
        lines, reads = head.lstrip().split(b"\n", SNIFFED)[:SNIFFED], Lines()
        return any(_tells(reads, line.strip()) for line in lines)

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none: the zone of a time is in the log
    ) -> Generator[CallRecord, None, TrafficSummary]:
        """Yield the counts, in the order of their names."""
        reads, count = Lines(), _Count()
        lines = calls = zoneless = 0
        skipped: list[Oddity] = []
        for number, line in lines_of(document):
            lines += 1
            try:
                call = reads.call(line)
            except NoCall as reason:
                if len(skipped) < MOST_SHOWN:
                    skipped.append(Oddity(place=f"line {number}", what=str(reason)))
                continue
            calls += 1
            zoneless += not call.zoned
            count.take(call)
        if not calls:
            told = skipped[0] if skipped else Oddity(place="", what="There is no line.")
            raise DocumentError(place=told.place, reason=f"No line of the {lines} tells of a request. {told.what}")
        yield from _records(count.days.items())
        return TrafficSummary(
            lines=lines,
            calls=calls,
            days=tuple(
                GatewayDayRecord(host=host, day=day, calls=told.calls, untold=told.untold)
                for (host, day), told in sorted(count.days.items())
            ),
            other_hosts=count.other_hosts,
            zoneless=zoneless,
            first_at=count.first_at,
            last_at=count.last_at,
            skipped_count=lines - calls,
            skipped=tuple(skipped),
        )


def _tells(reads: Lines, line: bytes) -> bool:
    try:
        reads.call(line)
    except NoCall:
        return False
    return True


def _records(days: Iterable[tuple[tuple[str, date], _Day]]) -> Generator[CallRecord, None, None]:
    for (host, day), told in sorted(days, key=lambda entry: entry[0]):
        for (method, key), numbers in sorted(told.entries.items()):
            yield CallRecord(
                host=host, method=method, path_key=key, day=day,
                calls=numbers[CALLS], ok=numbers[OK], redirected=numbers[REDIRECTED], refused=numbers[REFUSED],
                failed=numbers[FAILED], signed=numbers[SIGNED], unsigned=numbers[UNSIGNED], open=numbers[OPEN],
            )  # fmt: skip
