"""Access logs that tests write: ordinary clients of several kinds, and attackers, by seed."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 6, 1, tzinfo=UTC)
TRUE, FALSE = 381, 235
"""Bytes of the answer to a true log-in, and to one that fails with 200."""

Row = dict[str, Any]


def row(at: float, address: str, method: str, uri: str, **more: Any) -> Row:
    moment = (START + timedelta(seconds=at)).isoformat()
    facts = {
        "time": moment, "remote_addr": address, "host": "shop.example", "method": method, "uri": uri, "status": 200,
        "bytes": 500, "user_agent": "app/1", "auth": "bearer", "client_id": "", "referer": "",
    }  # fmt: skip
    return {**facts, **more}


def visit(chance: random.Random, at: float, address: str, client: str, agent: str = "app/1") -> Iterator[Row]:
    """Yield what a person does: log in, then look at a few orders of their own, again and again."""
    who = {"user_agent": agent}
    yield row(at, address, "POST", "/v1/login", auth="none", bytes=TRUE + chance.randint(-3, 3), **who)
    own = [chance.randint(1000, 9999) for _ in range(chance.randint(1, 6))]
    for step in range(chance.randint(3, 30)):
        yield row(at + 2 + step * 3, address, "GET", f"/v1/orders/{chance.choice(own)}", client_id=client, **who)


def ordinary(chance: random.Random, days: int) -> Iterator[Row]:
    """Yield people, an office behind one address, phones that try again, a health check, a partner's nightly job."""
    for day in range(days):
        dawn = day * 86_400 + 8 * 3600
        for person in range(20):
            yield from visit(chance, dawn + chance.uniform(0, 30_000), f"203.0.113.{person}", f"c{person}")
        for person in range(25):  # Monday morning: all within ten minutes, one address.
            yield from visit(chance, dawn + chance.uniform(0, 600), "192.0.2.1", f"o{person}", f"browser/{person % 6}")
        for phone in range(4):
            at = dawn + chance.uniform(0, 20_000)
            for again in range(5):
                yield row(at + again * 4, f"192.0.2.{50 + phone}", "POST", "/v1/login", auth="none", bytes=TRUE)
            for again in range(8):
                yield row(at + 30 + again, f"192.0.2.{50 + phone}", "GET", "/v1/orders/4711", client_id=f"p{phone}")
        for minute in range(0, 1440, 5):
            yield row(day * 86_400 + minute * 60, "10.0.0.9", "GET", "/v1/health", auth="none")
        yield from nightly(chance, day * 86_400 + 2 * 3600 + chance.uniform(0, 600))


def nightly(chance: random.Random, at: float) -> Iterator[Row]:
    """Yield the job of a partner, who reads very many orders each night."""
    for number in range(300):
        yield row(at + number, "198.51.100.200", "GET", f"/v1/orders/{chance.randint(1000, 9999)}", auth="key",
                  client_id="partner")  # fmt: skip


def enumerator(chance: random.Random, at: float, number: int = 60) -> Iterator[Row]:
    first = chance.randint(1000, 5000)
    for step in range(number):
        yield row(at + step * 1.5, "198.51.100.66", "GET", f"/v1/orders/{first + step}", client_id="mallory")


def stuffers(at: float, each: int = 12) -> Iterator[Row]:
    for address in range(4):
        for step in range(each):
            yield row(at + step * 9 + address, f"198.51.100.{70 + address}", "POST", "/v1/login", auth="none",
                      bytes=FALSE, user_agent="Go-http-client/1.1")  # fmt: skip


def lines(rows: list[Row]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in rows).encode()
