"""Alerts that tests write themselves, and the way they go in. Their times are of now: partitions follow the clock."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from incidents.models import Episode
from inventory.access.records import Principal
from inventory.jobs.models import Job
from tests.findings.reports import openapi, settle, take_in

NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)
AN_HOUR = timedelta(hours=1)


def alert(number: int, **more: Any) -> dict[str, Any]:
    """Return a plain alert; each number is another one, a second after the one before."""
    at = NOW - timedelta(minutes=20) + timedelta(seconds=number)
    facts = {
        "id": f"a{number}", "time": at.isoformat(), "rule": "sqli", "title": "SQL injection", "severity": "high",
        "source": "gateway", "client": "198.51.100.7", "outcome": "allowed", "category": "API8",
        "url": f"https://shop.example/v1/orders/{number}", "method": "GET",
    }  # fmt: skip
    return {**facts, **more}


def document(*alerts: dict[str, Any]) -> bytes:
    """Return plain alerts as an array."""
    return json.dumps(list(alerts)).encode()


def bring(
    content: bytes, principal: Principal, *, name: str = "alerts.json", now: datetime = NOW, **options: str
) -> Job:
    """Take a document of alerts in, and do what follows from it."""
    job = take_in(content, name, principal, now=now, **options)
    settle(now=now)
    return job


def describe(principal: Principal, *paths: str, title: str = "Orders", server: str = "https://shop.example/v1") -> None:
    """Let an API become known, and do what follows from it."""
    take_in(openapi(title, *(paths or ("/orders/{id}",)), server=server), "orders.json", principal, now=NOW)
    settle(now=NOW)


def shown() -> list[tuple[Any, ...]]:
    """Return what there is of episodes by natural keys, whatever order they came in."""
    rows = Episode.objects.live().select_related("api", "endpoint")
    return sorted(
        (
            row.api.name if row.api else "", str(row.endpoint or ""), row.source_kind, row.actor, row.rule, row.title,
            row.category, row.severity, row.outcome, row.method, row.path, row.window_start, row.first_at, row.last_at,
            row.alerts, row.events, sorted(row.outcomes.items()), json.dumps(row.samples, sort_keys=True),
        )
        for row in rows
    )  # fmt: skip
