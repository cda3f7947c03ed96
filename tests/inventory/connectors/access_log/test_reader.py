"""Access logs: what of a line is counted, what never leaves the reader, and what is skipped."""

import json
from datetime import UTC, date, datetime
from itertools import starmap
from pathlib import Path
from typing import Any

import msgspec
import pytest

from inventory.connectors.access_log import reader
from inventory.connectors.access_log.reader import AccessLog, seen_host, seen_path
from inventory.connectors.base import DocumentError
from inventory.records import CallRecord
from tests.inventory.connectors.reading import document, read

SAMPLES = Path(__file__).parent / "samples"


def line(**more: Any) -> str:
    """Return one JSON line as nginx writes it."""
    told = {"time": "2026-03-05T10:00:00+00:00", "host": "a.example", "method": "GET", "uri": "/a", "status": 200}
    return json.dumps(told | more)


def counts(text: str | bytes) -> list[tuple[Any, ...]]:
    """Return what the records of a log say, without zeros."""
    records, _ = read(text, "access.log", AccessLog)
    return [tuple(value for value in msgspec.structs.astuple(record) if value != 0) for record in records]


def test_combined_lines_are_counted_by_day_in_utc_and_by_the_class_of_the_answer() -> None:
    records, summary = read((SAMPLES / "combined.log").read_bytes(), "access.log")
    fifth, sixth = date(2026, 3, 5), date(2026, 3, 6)
    assert records == [
        CallRecord(host="", method="GET", path_key="/v1/orders/{}", day=fifth, calls=1, refused=1),
        CallRecord(host="", method="POST", path_key="/v1/orders", day=fifth, calls=1, ok=1, signed=1),
        CallRecord(host="", method="GET", path_key="/v1/orders/{}", day=sixth, calls=1, ok=1),
        CallRecord(host="shop.example", method="GET", path_key="/health", day=fifth, calls=1, failed=1),
    ]
    assert (summary.lines, summary.calls, summary.skipped_count, summary.zoneless) == (5, 4, 1, 0)
    assert summary.skipped[0].place == "line 4"
    assert summary.first_at == datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
    assert summary.last_at == datetime(2026, 3, 6, 0, 30, tzinfo=UTC)
    assert [(day.host, day.day.day, day.calls) for day in summary.days] == [
        ("", 5, 2), ("", 6, 1), ("shop.example", 5, 1)]  # fmt: skip


def test_json_lines_tell_whether_there_were_credentials() -> None:
    records, _ = read((SAMPLES / "json.ndjson").read_bytes(), "access.log")
    orders = next(record for record in records if record.method == "GET")
    assert (orders.calls, orders.ok, orders.refused) == (3, 2, 1)
    assert (orders.signed, orders.unsigned, orders.open) == (1, 2, 1)
    assert next(record for record in records if record.method == "DELETE").signed == 1


@pytest.mark.parametrize(
    ("told", "signed", "unsigned"),
    [
        ({}, 0, 0),
        ({"auth": "none"}, 0, 1),
        ({"auth_type": "basic"}, 1, 0),
        ({"auth": "none", "api_key_present": "1"}, 1, 0),
        ({"authorization": ""}, 0, 1),
        ({"authorization": "Bearer secret-value"}, 1, 0),
        ({"remote_user": "-"}, 0, 0),
        ({"remote_user": "jo"}, 1, 0),
        ({"request": {"headers": {"Authorization": ["REDACTED"]}}}, 1, 0),
        ({"request": {"headers": {"Accept": ["*/*"]}}}, 0, 1),
    ],
)
def test_credentials_are_told_by_what_the_log_says_and_never_leave_it(
    told: dict[str, Any], signed: int, unsigned: int
) -> None:
    records, summary = read(line(**told), "a", AccessLog)
    assert (records[0].signed, records[0].unsigned) == (signed, unsigned)
    assert b"secret" not in msgspec.json.encode([records, summary])


@pytest.mark.parametrize(
    "told",
    [
        {"time": None, "time_iso8601": "2026-03-05T12:00:59.123+02:00"},
        {"time": None, "time_local": "05/Mar/2026:10:00:00 +0000"},
        {"time": None, "msec": 1772704805.1},
        {"time": None, "ts": 1772704805123},
        {"time": None, "@timestamp": "2026-03-05T10:00:00Z"},
        {"time": "2026-03-05 10:00:00"},
        {"method": None, "uri": None, "request": "GET /a?q=1 HTTP/1.1"},
        {"uri": "/b", "request_uri": "/a?q=1"},
        {"method": None, "uri": None, "host": None, "request": {"method": "GET", "uri": "/a", "host": "a.example:81"}},
        {"status": "200", "host": "A.Example."},
        {"uri": "http://other.example/a"},
    ],
)
def test_the_names_and_times_of_other_gateways_mean_the_same(told: dict[str, Any]) -> None:
    assert counts(line(**told)) == [("a.example", "GET", "/a", date(2026, 3, 5), 1, 1)]


@pytest.mark.parametrize(
    "told",
    [
        {"time": "yesterday"}, {"time": None}, {"time": "2026-13-05T10:00:00Z"}, {"time": 1e300}, {"time": True},
        {"method": "FETCH"}, {"method": 7}, {"uri": None}, {"status": 999}, {"status": None}, {"status": "2xx"},
        {"time": "0001-01-01T00:00:00+23:00"},
    ],
)  # fmt: skip
def test_a_line_that_tells_of_no_request_is_skipped_counted_and_shown(told: dict[str, Any]) -> None:
    records, summary = read(f"{line()}\n{line(**told)}\n", "a", AccessLog)
    assert sum(record.calls for record in records) == 1
    assert (summary.lines, summary.skipped_count, summary.skipped[0].place) == (2, 1, "line 2")


def test_hostile_lines_are_skipped_or_text_and_nothing_else() -> None:
    hostile = [
        b"\x00\x01\x02", b"\xff\xfe\xfd" * 10, b'{"time": "2026', b'{"a": ' * 5000, b"[" * 100_000, b'"' * 1000,
        b'1.1.1.1 - - [05/Mar/2026:10:00:00 +0000] "GET /' + b"x" * (1 << 20) + b' HTTP/1.1" 200 1',
        b'1.1.1.1 - - [05/Mar/2026:10:00:00 +0000] "' + b"\\" * 50_000, line(uri="/a\x00b").encode(),
        b'1.1.1.1 - - [05/Mar/2026:10:00:00 +0000] "GET /<script>alert(1)</script> HTTP/1.1" 200 1',
        b'1.1.1.1 - - [05/Mar/2026:10:00:00 +0000] "GET /\\xD0\\x9F\xff\x1b[31m HTTP/1.1" 200 1',
        line(uri="/\ud800").encode("ascii"), line(host="<b>", uri="/h").encode(),
        line(uri="/" + "a/" * 5000).encode(),
    ]  # fmt: skip
    records, summary = read(b"\n".join(hostile), "a", AccessLog)
    assert summary.lines == len(hostile)
    keys = {(record.host, record.path_key) for record in records}
    assert ("", "/<script>alert(1)<{}") not in keys
    assert {host for host, _ in keys} <= {"", "a.example"}
    assert all(key.isprintable() or "\ufffd" in key for _, key in keys)
    assert b"\\u0000" not in msgspec.json.encode([records, summary])
    assert sum(record.calls for record in records) + sum(day.untold for day in summary.days) == summary.calls


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/orders/7;jsessionid=AB12?token=x#y", "/orders/{}"),
        ("/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "/reset/{}"),
        ("/" + "k" * 81 + "/x", "/{}/x"),
        ("/users/jo@shop.example", "/users/{}"),
        ("https://a.example/x?y", "/x"),
        ("*", ""),
        ("a.example:443", ""),
        ("/" + "a/" * 31, ""),
        ("/" + "abc def/" * 29, "/" + "/".join(["abc def"] * 29)),
        ("//", "/"),
    ],
)
def test_a_target_is_its_path_without_query_or_secret(target: str, key: str) -> None:
    assert seen_path(target) == key


@pytest.mark.parametrize(
    ("name", "host"),
    [("API.Shop.example:8443", "api.shop.example"), ("[::1]:80", "[::1]"), ("a b", ""), ("", ""), ("x" * 300, ""),
     ("_", "_"), ("'; drop", "")],
)  # fmt: skip
def test_a_host_is_a_name_without_its_port(name: str, host: str) -> None:
    assert seen_host(name) == host


def test_a_scan_does_not_displace_what_is_used_and_what_is_past_the_most_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader, "MOST_PATHS", 3)
    scan = [line(uri=f"/scan/x{number}", status=404) for number in range(10)]
    records, summary = read("\n".join([*scan, line(uri="/real"), line(uri="/real")]), "a", AccessLog)
    assert {record.path_key: record.calls for record in records} == {
        "/scan/x0": 1, "/scan/x1": 1, "/scan/x2": 1, "/real": 2}  # fmt: skip
    assert [(day.calls, day.untold) for day in summary.days] == [(12, 7)]


def test_hosts_past_the_most_are_counted_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_HOSTS", 2)
    _, summary = read("\n".join(line(host=f"h{number}.example") for number in range(5)), "a", AccessLog)
    assert len(summary.days) == 2
    assert summary.other_hosts == 3


def test_a_document_without_any_request_is_refused_with_its_first_line() -> None:
    with pytest.raises(DocumentError, match=r"line 2: No line of the 2 tells of a request\. This is no line"):
        read("\nhello\nworld\n", "a", AccessLog)


@pytest.mark.parametrize(
    "text",
    ["2026/09/30 09:23:53 [error] 19#19: *17 user was not found, client: 127.0.0.1", '{"status": 200, "runs": []}',
     "117.136.40.129:14853 [14/Jan/2015:12:48:57.127] https-in~ xx/yy 170/0/0/3/173 200 739", "a,b\n1,2"],
)  # fmt: skip
def test_other_logs_are_not_taken_for_one(text: str) -> None:
    assert not AccessLog.sniff(document(text).head(), "access.log")


def test_records_come_in_one_order_whatever_the_order_of_the_lines() -> None:
    lines = list(
        starmap(
            lambda uri, host: line(uri=uri, host=host), [("/b", "x.example"), ("/a", "y.example"), ("/a", "x.example")]
        )
    )
    assert counts("\n".join(lines)) == counts("\n".join(reversed(lines)))
