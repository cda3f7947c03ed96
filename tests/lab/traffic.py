"""What the lab's users and attackers send, by a seed: a plan first, then real requests through the gateway."""

import hashlib
import http.client
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any, Final

FIRST_DAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday; the demo moves all moments to the time it is loaded."""
DAYS: Final = 9
SENDERS: Final = 4


@dataclass(frozen=True, slots=True)
class Shot:
    """One request: when, from where, by what program, and the request itself. `base` is host and path of the API."""

    at: datetime
    address: str
    agent: str
    base: str
    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Plan:
    """All requests in the order of time, who attacks (client as the detections name it, by label), and who does not."""

    shots: tuple[Shot, ...]
    attackers: dict[str, tuple[str, ...]]
    benign: tuple[str, ...]


def client_of(subject: str) -> str:
    """Return the name the gateway gives somebody who is signed in: no token, no name, a hash."""
    return hashlib.sha256(subject.encode()).hexdigest()[:12]


def day(number: int, seconds: float) -> datetime:
    """Return a moment of a simulated day."""
    return FIRST_DAY + timedelta(days=number, seconds=seconds)


def send(plan: Sequence[Shot], port: int) -> dict[int, int]:
    """Send all, and return how many were answered with each status."""
    counts: list[dict[int, int]] = [{} for _ in range(SENDERS)]
    threads = [
        Thread(target=_send_some, args=(plan[number::SENDERS], port, counts[number])) for number in range(SENDERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total: dict[int, int] = {}
    for count in counts:
        for status, number in count.items():
            total[status] = total.get(status, 0) + number
    return total


def _send_some(shots: Iterable[Shot], port: int, count: dict[int, int]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for shot in shots:
        status = _sent(connection, shot)
        count[status] = count.get(status, 0) + 1
    connection.close()


def _sent(connection: http.client.HTTPConnection, shot: Shot) -> int:
    host, _, path = shot.base.partition("/")
    body = shot.body if isinstance(shot.body, str | None) else json.dumps(shot.body)
    headers = {
        "Host": host, "User-Agent": shot.agent, "Accept": "application/json",
        "X-Lab-Time": shot.at.isoformat(timespec="milliseconds"), "X-Lab-Client": shot.address, **shot.headers,
    }  # fmt: skip
    if body is not None:
        headers["Content-Type"] = shot.type
    for _ in range(2):  # a connection that was kept may be gone
        try:
            connection.request(shot.method, f"/{path}{shot.target}", body=body and body.encode(), headers=headers)
            answer = connection.getresponse()
            answer.read()
        except (http.client.HTTPException, ConnectionError):
            connection.close()
        else:
            return answer.status
    return 0
