"""Every access log of the corpus: no line is lost, counted by whoever made the index."""

from contextlib import suppress
from typing import Any

import pytest

from inventory.connectors.base import DocumentError
from inventory.connectors.registry import detect
from tests.conftest import TOLD, RecordProperty
from tests.inventory.connectors.reading import corpus_files, document, read

FILES = corpus_files(lambda entry: entry["format"] in {"access_logs", "nginx_access_json"})
OTHER = {"haproxy-logs.log": "HAProxy's own format", "nginx-http-generic-bf.log": "nginx's error log"}
NO_REQUEST = {".tests__nginx_http-logs__nginx_http-logs.log": 1, "traefik_json.log": 1, "lab_access_mixed.ndjson": 2}
"""Lines that tell of no request, counted by hand: two without a format, two of connections that sent none."""


@pytest.mark.skipif(not FILES, reason="The corpus is not here: set POSTURE_CORPUS.")
def test_the_corpus_loses_no_line(record_property: RecordProperty) -> None:
    wrong: list[Any] = []
    table = [f"{'log':48}{'lines':>8}{'calls':>8}{'skipped':>8}{'paths':>8}"]
    for entry in FILES:
        name, raw = entry["path"].name, entry["path"].read_bytes()
        found = None
        with suppress(DocumentError):
            found = detect(document(raw).head(), name).slug
        if name in OTHER or found != "access_log":
            table.append(f"{name:48}{OTHER.get(name, 'not read')}")
            wrong += [] if name in OTHER and found is None else [(name, found)]
            continue
        records, summary = read(raw, name)
        expected = entry["expected"]
        lines = expected.get("lines", expected.get("events"))
        calls = sum(record.calls for record in records)
        if (summary.lines, summary.skipped_count) != (lines, NO_REQUEST.get(name, 0)) or calls != summary.calls:
            wrong.append((name, lines, summary))
        if by_status := expected.get("by_status"):
            refused = sum(number for status, number in by_status.items() if status.startswith("4"))
            succeeded = sum(number for status, number in by_status.items() if status.startswith("2"))
            if (sum(one.ok for one in records), sum(one.refused for one in records)) != (succeeded, refused):
                wrong.append((name, by_status))
        table.append(f"{name:48}{summary.lines:>8}{calls:>8}{summary.skipped_count:>8}{len(records):>8}")
    record_property(TOLD, "\n".join(["", *table, f"{len(FILES)} logs, {len(wrong)} differences"]))
    assert wrong == []
