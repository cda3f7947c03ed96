"""What the detections raise: the attackers and nobody else, whatever the order; a recount confirms the numbers."""

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from incidents.detections.events import Event, event_of
from incidents.errors import DetectionRefused
from incidents.services.detecting import alerts_of, detect_in_files, look_through
from tests.incidents.traffic import START, Row, enumerator, lines, ordinary, row, stuffers
from tests.inventory.connectors.reading import CORPUS

ACCESS = CORPUS / "nginx_access_json/lab_access_A.ndjson"


def events(rows: list[Row]) -> list[Event]:
    found = [event_of(json.dumps(one).encode(), name=lambda _method, _path: "") for one in rows]
    return [one for one in found if isinstance(one, Event)]


def raised(rows: list[Row]) -> set[tuple[str, str, str]]:
    return {(one.kind, one.client, one.endpoint) for one in look_through(events(rows))}


@pytest.mark.parametrize("seed", range(5))
def test_attackers_and_no_ordinary_client_are_raised_whatever_the_order(seed: int) -> None:
    chance = random.Random(seed)
    day = chance.randint(0, 6) * 86_400
    rows = [
        *ordinary(chance, days=7), *enumerator(chance, day + chance.uniform(20_000, 60_000)),
        *stuffers(day + chance.uniform(30_000, 60_000)),
    ]  # fmt: skip
    found = raised(rows)
    assert found == {
        ("object-enumeration", "mallory", "GET /v1/orders/{}"),
        *(("credential-stuffing", f"198.51.100.{70 + n}", "POST /v1/login") for n in range(4)),
    }
    chance.shuffle(rows)
    assert raised(rows) == found


def test_ordinary_traffic_raises_nobody() -> None:
    assert raised(list(ordinary(random.Random(99), days=7))) == set()


def recounted(rows: list[Row], told: dict[str, Any]) -> tuple[int, int]:
    """Count anew, from the log alone, what a detection says."""
    start = datetime.fromisoformat(told["first_seen"])
    end = start + timedelta(seconds=told["numbers"]["window_seconds"])
    method, place = told["endpoint"].split(" ")
    prefix = place.removesuffix("{}")
    own = [
        one for one in rows
        if (one["client_id"] or one["remote_addr"]) == told["client"] and one["method"] == method
        and one["uri"].startswith(prefix) and start <= datetime.fromisoformat(one["time"]) <= end
    ]  # fmt: skip
    return len(own), len({one["uri"] for one in own})


def test_a_recount_of_the_log_confirms_the_numbers(tmp_path: Path) -> None:
    chance = random.Random(3)
    rows = [*ordinary(chance, days=7), *enumerator(chance, 40_000, 90), *stuffers(50_000, 15)]
    log = tmp_path / "access.log"
    log.write_bytes(lines(rows))
    found, skipped = detect_in_files([log])
    assert len(found) == 5
    assert skipped == 0
    for told in found:
        assert recounted(rows, told) == (told["numbers"]["requests"], told["numbers"]["distinct"])
        assert told["first_seen"] <= told["raised_at"]


def test_the_clients_labelled_in_the_corpus_are_raised_and_no_others() -> None:
    if not ACCESS.is_file():
        return
    found, _ = detect_in_files([ACCESS])
    labels = json.loads((CORPUS / "labels/lab_labels_A.json").read_text())["labels"]
    wanted = {
        (kind, client)
        for client, said in labels.items()
        for word, kind in (("BOLA", "object-enumeration"), ("API enumeration", "object-enumeration"),
                           ("stuffing", "credential-stuffing"))
        if word in said[0]
    }  # fmt: skip
    print(f"\nCorpus: {len(found)} detections, {len(wanted)} labelled attackers.")  # noqa: T201 -- the count is the proof
    assert {(told["kind"], told["client"]) for told in found} == wanted


def test_what_happens_after_now_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(lines([*ordinary(random.Random(1), days=3), *stuffers(2 * 86_400 + 50_000)]))
    assert len(detect_in_files([log])[0]) == 4
    kinds = {told["kind"] for told in detect_in_files([log], now=START + timedelta(days=2))[0]}
    assert "credential-stuffing" not in kinds


def test_a_specification_beside_the_log_names_the_endpoints(tmp_path: Path) -> None:
    names = [f"item-{word}" for word in ("ash", "bay", "elm", "fir", "gum", "hop", "ivy", "oak", "rye", "yew")]
    rows = [row(n, "198.51.100.66", "GET", f"/v1/things/{a}{b}") for n, (a, b) in
            enumerate((a, b) for a in names for b in names)]  # fmt: skip
    log, described = tmp_path / "access.log", tmp_path / "shop.json"
    log.write_bytes(lines(rows))
    answer = {"responses": {"200": {"description": "ok"}}}
    described.write_text(json.dumps({
        "openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://shop.example/v1"}],
        "paths": {"/things/{name}": {"get": answer}},
    }))  # fmt: skip
    assert detect_in_files([log])[0] == []
    (told,) = detect_in_files([log, described])[0]
    assert told["endpoint"] == "GET /v1/things/{}"


def test_aliases_and_absent_members_are_borne() -> None:
    line = {"time": START.isoformat(), "remote_addr": "a", "method": "get", "uri": "/x?y=1", "bytes_out": "12",
            "auth_type": "key"}  # fmt: skip
    (event,) = events([line])
    assert (event.size, event.signed, event.client, event.path, event.status) == (12, True, "a", "/x", 0)


@pytest.mark.parametrize("content", [b"", b"\n", b"garbage\n", b"[]\n", b'{"time": "x"}\n', b"\x00\xff\n", b"{}" * 9])
def test_a_log_without_a_request_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(content)
    with pytest.raises(DetectionRefused) as caught:
        detect_in_files([log])
    assert "\n" not in str(caught.value)


def test_detections_become_alerts_like_any_other() -> None:
    rows = list(enumerator(random.Random(5), 1000))
    found = look_through(events(rows))
    (alert,) = alerts_of(found)
    assert (alert.source_kind, alert.rule, alert.category) == ("posture", "object-enumeration", "API1")
    assert (alert.actor, alert.method, alert.host, alert.path) == ("mallory", "GET", "shop.example", "/v1/orders/{}")
    assert alert.numbers["distinct"] == 60
