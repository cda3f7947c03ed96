"""Logs that are read are looked through, and what is raised stands among the alerts."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from incidents.models import Episode
from inventory.jobs.models import Job
from tests.findings.reports import NOW, analyst, openapi, settle, take_in, told

pytestmark = pytest.mark.usefixtures("fresh_database")
START = NOW - timedelta(days=2)


def line(at: datetime, client: str, uri: str, **more: Any) -> str:
    told = {"time": at.isoformat(), "remote_addr": "192.0.2.7", "host": "api.shop.example", "method": "GET"}
    return json.dumps({**told, "uri": uri, "status": 200, "auth": "bearer", "client_id": client, **more})


def walk(client: str, count: int) -> list[str]:
    return [line(START + timedelta(seconds=7 * number), client, f"/orders/{100 + number}") for number in range(count)]


def look(content: str) -> Job:
    read = take_in(content.encode(), "access.json", analyst())
    told(read)
    settle()
    return Job.objects.filter(kind="incidents.look").latest("created_at")


def test_a_client_that_walks_through_objects_is_an_alert_on_their_endpoint() -> None:
    take_in(openapi("Orders", "/orders/{id}", server="https://api.shop.example"), "orders.json", analyst())
    others = [line(START + timedelta(minutes=number), f"other-{number}", "/orders/7") for number in range(5)]
    job = look("\n".join([*walk("walker", 40), *others]))
    assert (told(job)["requests"], told(job)["raised"]) == (45, 1)
    episode = Episode.objects.get()
    assert (episode.actor, episode.rule, episode.source_kind) == ("walker", "object-enumeration", "posture")
    assert episode.endpoint is not None
    assert episode.endpoint.path == "/orders/{id}"
    assert episode.first_at == START


def test_the_log_that_grew_raises_nothing_twice() -> None:
    look("\n".join(walk("walker", 50)))
    codes = list(Episode.objects.values_list("code", "events"))
    job = look("\n".join([*walk("walker", 50), line(START, "else", "/health")]))
    assert told(job)["unchanged"] == 1
    assert list(Episode.objects.values_list("code", "events")) == codes


def test_requests_ahead_of_the_clock_and_formats_without_clients_raise_nothing() -> None:
    ahead = [line(NOW + timedelta(days=2, seconds=number), "walker", f"/orders/{number}") for number in range(60)]
    assert told(look("\n".join(ahead)))["requests"] == 0
    combined = '192.0.2.7 - - [31/May/2026:10:00:00 +0000] "GET /orders/1 HTTP/1.1" 200 5 "-" "curl"\n' * 3
    assert "JSON lines" in told(look(combined))["note"]
    assert not Episode.objects.exists()
