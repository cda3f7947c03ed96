"""GitLab security reports: DAST, API fuzzing, SAST and their kin, one schema, versions 14 and 15.

A document is refused whole when it is broken or its `vulnerabilities` are no array; one that is no object is skipped,
counted and named.

- Rule: the first identifier that is the scanner's own, else the first of all. Source kind: the scanner's id.
- A place on the web is host, path, method and parameter; one in code is the file with the report's tracking signatures.
- Confidence “Ignore” (version 14) is the scanner's own word that it was accepted there.
- A scan whose status is not success did not finish. Times without a zone are UTC, as the schema has it.
"""

from collections import Counter
from collections.abc import Generator
from typing import Any, ClassVar

import msgspec

from findings.choices import Severity
from findings.connectors.tally import (
    CONFIDENCES,
    MOST_KEPT,
    MOST_LINE_NUMBER,
    MOST_MESSAGE,
    MOST_REMEDY,
    Tally,
    cve_of,
    cwe_of,
    method_of,
    name_of,
    time_of,
    web_place,
)
from findings.identity import code_location
from findings.records import FindingRecord, ReportSummary, RunSummary
from inventory.connectors.base import (
    Document,
    DocumentError,
    Kind,
    as_list,
    as_map,
    as_text,
    as_whole,
    clip,
    one_line,
    pointer,
)
from inventory.connectors.registry import register
from inventory.connectors.sniffing import first_members
from inventory.connectors.streams import parts_of

SEVERITIES = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "info": Severity.INFO,
}

COMMON = frozenset(("cwe", "cve", "owasp", "wasc", "capec", "ghsa"))
"""Types of identifiers that are of no one scanner."""

OTHERS = frozenset(("bomFormat", "document", "$schema"))
"""Members of other formats that hold vulnerabilities too, unless the schema is GitLab's."""


@register
class GitLab:
    """Reads in two passes: the scan, which may stand last, then one vulnerability after the other."""

    slug: ClassVar[str] = "gitlab"
    label: ClassVar[str] = "GitLab security report (DAST, API fuzzing, SAST)"
    kind: ClassVar[Kind] = "findings"
    records: ClassVar[Any] = FindingRecord
    summary: ClassVar[Any] = ReportSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for vulnerabilities beside a scan or a version, or with identifiers and location."""
        members = first_members(head)
        if b"gitlab" in members.get("schema", b"")[:200] and "vulnerabilities" in members:
            return True
        if not members.get("vulnerabilities", b"").startswith(b"[") or not OTHERS.isdisjoint(members):
            return False
        return not members.keys().isdisjoint(("scan", "remediations")) or (
            b'"identifiers"' in head and b'"location"' in head
        )

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[FindingRecord, None, ReportSummary]:
        """Yield a finding for each vulnerability."""
        tally = Tally()
        scan = _scan_of(document)
        scanner = as_map(scan.get("scanner"))
        names = _names_of(scanner)
        tally.seen_at(time_of(scan.get("end_time")) or time_of(scan.get("start_time")))
        kinds: Counter[str] = Counter()
        number = 0
        for name, value in parts_of(document, {"vulnerabilities.item"}):
            if name != "vulnerabilities.item":
                continue
            if isinstance(value, dict):
                finding = _finding(value, _kind_of(names, _names_of(as_map(value.get("scanner")))), tally)
                kinds[finding.source_kind] += 1
                yield tally.add(finding)
            else:
                tally.skip(pointer("vulnerabilities", number), "The vulnerability is no object.")
            number += 1
        about = RunSummary(
            source_kind=_kind_of(names, ("", "")),
            tool=one_line(as_text(scanner.get("name"))),
            version=one_line(as_text(scanner.get("version")), 100),
            successful=as_text(scan.get("status")) in {"", "success"},
            scanned_at=tally.scanned_at,
        )
        told = tally.summary(about)
        runs = [msgspec.structs.replace(about, source_kind=kind, entries=count) for kind, count in kinds.items()]
        return msgspec.structs.replace(told, runs=tuple(runs)) if runs else told


def _scan_of(document: Document) -> dict[str, Any]:
    scan: dict[str, Any] = {}
    seen = False
    for name, value in parts_of(document, {"scan"}, {"vulnerabilities"}):
        if name == "scan":
            scan = as_map(value)
        else:
            seen = True
    if not seen:
        raise DocumentError(reason="There is no key “vulnerabilities”, so this is no GitLab report.")
    return scan


def _names_of(scanner: dict[str, Any]) -> tuple[str, str]:
    return name_of(scanner.get("id"), 100).lower(), name_of(scanner.get("name"), 100).lower()


def _kind_of(scanner: tuple[str, str], own: tuple[str, str]) -> str:
    """Return the kind by id and name of the scan's scanner and of the vulnerability's own."""
    return scanner[0] or own[0] or scanner[1] or own[1] or "unknown tool"


def _finding(entry: dict[str, Any], kind: str, tally: Tally) -> FindingRecord:
    severity, word = tally.severity(entry.get("severity"), SEVERITIES)
    identifiers = [as_map(node) for node in as_list(entry.get("identifiers"))[:MOST_KEPT]]
    own = [node for node in identifiers if as_text(node.get("type")).lower() not in COMMON] or identifiers
    named = as_map(own[0]) if own else {}
    rule = name_of(named.get("value")) or name_of(named.get("name")) or name_of(entry.get("cve"))
    title = as_text(entry.get("name")) or as_text(entry.get("message")) or as_text(named.get("name"))
    message = (as_text(entry.get("description")) or title)[:MOST_MESSAGE]
    confidence = as_text(entry.get("confidence")).lower()
    url, path, method, parameter = _web(as_map(entry.get("location")), as_map(entry.get("evidence")))
    file, line, location = ("", None, "") if path else _code(entry)
    return FindingRecord(
        source_kind=kind,
        rule=rule or name_of(title) or "unnamed",
        title=one_line(title) or rule or one_line(message) or "Unnamed finding",
        message=message,
        remedy=as_text(entry.get("solution"))[:MOST_REMEDY],
        severity=severity,
        raw_severity=word,
        confidence=CONFIDENCES.get(confidence),
        cwe=cwe_of([node.get("value") for node in identifiers if as_text(node.get("type")).lower() == "cwe"]),
        cve=cve_of([node.get("value") for node in identifiers], entry.get("cve")),
        method=method,
        url=url,
        path=path,
        parameter=parameter,
        file=file,
        line=line,
        location=location,
        suppressed=confidence == "ignore",
    )


def _web(location: dict[str, Any], evidence: dict[str, Any]) -> tuple[str, str, str, str]:
    """Return URL, path, method and parameter; empty texts for a place that is not on the web."""
    host, path = as_text(location.get("hostname")).rstrip("/"), as_text(location.get("path"))
    request = as_map(evidence.get("request"))
    url, seen = web_place(f"{host}/{path.lstrip('/')}" if host else as_text(request.get("url")))
    if not seen and path.startswith("/"):
        seen = web_place(path)[1]
    method = method_of(location.get("method")) or (method_of(request.get("method")) if seen else "")
    return url, seen, method, name_of(location.get("param"))


def _code(entry: dict[str, Any]) -> tuple[str, int | None, str]:
    """Return file, line and location of a place in code, or of whatever else the report calls one."""
    place = as_map(entry.get("location"))
    file = as_text(place.get("file"))
    marks = {}
    for item in as_list(as_map(entry.get("tracking")).get("items"))[:MOST_KEPT]:
        for node in as_list(as_map(item).get("signatures"))[:MOST_KEPT]:
            signature = as_map(node)
            if value := as_text(signature.get("value")):
                marks[as_text(signature.get("algorithm"))] = value
    if not marks and file and as_text(entry.get("cve")):
        # Before version 15 the key `cve` held a mark of file, code and rule.
        marks = {"cve": as_text(entry.get("cve"))}
    crash = "" if file else as_text(place.get("crash_state"))[:MOST_MESSAGE]
    line = as_whole(place.get("start_line"), least=1, most=MOST_LINE_NUMBER)
    return clip(file, 1000), line, code_location(clip(file, 900), marks, crash)
