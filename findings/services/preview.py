"""What a document says, entry by entry, as plain rows with the identity each would get; nothing is stored."""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from findings.choices import Severity
from findings.identity import fingerprint
from findings.records import FindingRecord
from inventory.paths import path_key
from inventory.records import CallRecord, EndpointRecord, OwnerRecord, SpecificationRecord


def preview_rows(records: Iterable[Any]) -> list[dict[str, Any]]:
    """Return one row for all entries of one identity, in the order of the document, with their instances summed.

    Of entries that differ in more than their identity the one of the highest severity speaks, then the first in the
    order of their text, so that the order of the document does not matter. What is not there is None.
    """
    rows: dict[str, dict[str, Any]] = {}
    base_url = ""
    for record in records:
        if isinstance(record, SpecificationRecord):
            base_url = next((url for url in record.base_urls if "://" in url), "")
            continue
        row = _row(record, base_url)
        held = rows.get(row["fingerprint"])
        if held is not None:
            instances = held["instances"] + row["instances"]
            speaking = held if _weight(held) <= _weight(row) else row
            row = {**speaking, "instances": instances}
        rows[row["fingerprint"]] = row
    return list(rows.values())


def _row(record: Any, base_url: str) -> dict[str, Any]:
    if isinstance(record, FindingRecord):
        return _finding(record)
    if isinstance(record, CallRecord):
        return _calls(record)
    if isinstance(record, OwnerRecord):
        return _owner(record)
    return _endpoint(record, base_url) if isinstance(record, EndpointRecord) else _alert(record)


def _owner(record: OwnerRecord) -> dict[str, Any]:
    """Return who owns what: the API or the pattern of files, and the owners as they are written."""
    named = record.api or record.pattern
    empty = dict.fromkeys(("rule", "severity", "confidence", "cve", "cvss", "method", "url", "parameter"))
    digest = sha256(f"owner\0{record.api}\0{record.pattern}".encode()).hexdigest()
    return {
        "kind": "owner", **empty, "title": named, "cwe": [], "path": record.pattern or None,
        "location": ", ".join(record.owners) or None, "instances": 1, "fingerprint": digest,
    }  # fmt: skip


def _alert(record: Any) -> dict[str, Any]:
    """Return the row of an alert, a record of a floor above: told by its fields, those of a finding among them."""
    path = path_key(record.path) if record.path else None
    host = f"[{record.host}]" if ":" in record.host else record.host
    port = f":{record.port}" if record.port else ""
    return {
        "kind": "alert",
        "rule": record.rule,
        "title": record.title,
        "severity": record.severity.value,
        "confidence": None,
        "cwe": [],
        "cve": None,
        "cvss": None,
        "method": record.method or None,
        "url": f"//{host}{port}{record.path}" if host else None,
        "path": path,
        "parameter": record.where or None,
        "location": record.actor or None,
        "instances": 1,
        "fingerprint": sha256(f"{record.source_kind}\0{record.uid}\0{record.rule}".encode()).hexdigest(),
    }


def _weight(row: dict[str, Any]) -> tuple[int, str]:
    severity = row["severity"]
    return (-Severity(severity).rank if severity else 0, json.dumps({**row, "instances": 0}))


def _finding(record: FindingRecord) -> dict[str, Any]:
    return {
        "kind": "finding",
        "rule": record.rule,
        "title": record.title,
        "severity": record.severity.value,
        "confidence": record.confidence.value if record.confidence else None,
        "cwe": list(record.cwe),
        "cve": record.cve or None,
        "cvss": record.cvss,
        "method": record.method or None,
        "url": record.url or None,
        "path": path_key(record.path) if record.path else None,
        "parameter": record.parameter or None,
        "location": record.location or None,
        "instances": record.instances,
        "fingerprint": fingerprint(
            api="",
            source_kind=record.source_kind,
            rule=record.rule,
            method=record.method,
            path=record.path,
            parameter=record.parameter,
            location=record.location,
        ),
    }


def _endpoint(record: EndpointRecord, base_url: str) -> dict[str, Any]:
    return {
        "kind": "endpoint",
        "rule": None,
        "title": record.summary or f"{record.method} {record.path}",
        "severity": None,
        "confidence": None,
        "cwe": [],
        "cve": None,
        "cvss": None,
        "method": record.method,
        "url": base_url + record.path if base_url else None,
        "path": record.path_key,
        "parameter": None,
        "location": None,
        "instances": 1,
        "fingerprint": fingerprint(
            api="",
            source_kind="specification",
            rule="",
            method=record.method,
            path=record.path,
            parameter="",
            location="",
        ),
    }


def _calls(record: CallRecord) -> dict[str, Any]:
    """Return an endpoint as a log has it; its instances are the calls of one host."""
    row = _endpoint(EndpointRecord(method=record.method, path=record.path_key, path_key=record.path_key), "")
    digest = fingerprint(
        api=record.host, source_kind="access_log", rule="", method=record.method, path=record.path_key, parameter="",
        location="",
    )  # fmt: skip
    return row | {
        "url": f"//{record.host}{record.path_key}" if record.host else None, "instances": record.calls,
        "fingerprint": digest,
    }  # fmt: skip
