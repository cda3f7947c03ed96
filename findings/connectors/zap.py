"""ZAP (Zed Attack Proxy): its traditional reports, JSON and XML, with or without requests and responses.

A document is refused whole when it is broken, or where sites, alerts or instances are not of their kind. In JSON an
alert or instance that is no object is skipped, counted and named.

- A finding is one instance of an alert: rule (the plug-in's number), method, path and parameter. An alert without
  instances is one finding of its site.
- Severity is the risk code, 0 to 3. Confidence 0 is ZAP's own word that it was marked a false positive there.
- Requests, responses, attacks and evidence are not read: they hold what should not be kept.
- Time: `created`, else `generated` where it is in English; without a zone it is UTC.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from xml.etree.ElementTree import Element

import msgspec

from findings.choices import Confidence, Severity
from findings.connectors.tally import (
    MOST_MESSAGE,
    MOST_REMEDY,
    OLDEST,
    Tally,
    cwe_of,
    method_of,
    name_of,
    time_of,
    web_place,
)
from findings.records import FindingRecord, ReportSummary, RunSummary
from inventory.connectors.base import (
    Document,
    DocumentError,
    Kind,
    as_list,
    as_map,
    as_text,
    clean,
    clip,
    one_line,
    pointer,
)
from inventory.connectors.registry import register
from inventory.connectors.sniffing import first_members
from inventory.connectors.streams import elements_of, parts_of

SEVERITIES = {
    "3": Severity.HIGH,
    "2": Severity.MEDIUM,
    "1": Severity.LOW,
    "0": Severity.INFO,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "informational": Severity.INFO,
}
"""By `riskcode`, else by the first word of `riskdesc`."""

CONFIDENCES = {"1": Confidence.TENTATIVE, "2": Confidence.FIRM, "3": Confidence.FIRM, "4": Confidence.CONFIRMED}
FALSE_POSITIVE = "0"

ROOT = "OWASPZAPReport"
ALERT = frozenset(
    ("pluginid", "alert", "name", "riskcode", "riskdesc", "confidence", "desc", "solution", "reference", "cweid")
)
INSTANCE = frozenset(("uri", "method", "param"))
MOST_SITE = 2000
HEADER = frozenset(("@version", "@generated", "created", "@programName"))

_PARAGRAPH = re.compile(r"\s*</?p>\s*", re.IGNORECASE)


@dataclass(slots=True)
class About:
    """What a report says of itself."""

    version: str = ""
    created: str = ""
    generated: str = ""

    def take(self, name: str, value: Any) -> None:
        """Take what stands under a key of the JSON report, or an attribute of the XML report."""
        match name.removeprefix("@"):
            case "version":
                self.version = as_text(value)
            case "created":
                self.created = as_text(value)
            case "generated":
                self.generated = as_text(value)

    def take_all(self, attributes: dict[str, str]) -> None:
        """Take all attributes of the root of an XML report."""
        for name, value in attributes.items():
            self.take(name, value)

    def scanned_at(self) -> datetime | None:
        """Return when the report was made, None where that cannot be read."""
        if time := time_of(self.created):
            return time
        try:
            time = parsedate_to_datetime(self.generated[:100])
            time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
        return time if time.year >= OLDEST else None


@dataclass(slots=True)
class Alert:
    """One alert: its texts by name, its instances, and the site it stands under."""

    site: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    instances: list[dict[str, str]] = field(default_factory=list)


@register
class Zap:
    """Reads alert by alert."""

    slug: ClassVar[str] = "zap"
    label: ClassVar[str] = "ZAP (JSON, XML)"
    kind: ClassVar[Kind] = "findings"
    records: ClassVar[Any] = FindingRecord
    summary: ClassVar[Any] = ReportSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for the root of the XML report, or for a site beside what ZAP says of itself."""
        start = head.lstrip()
        if start.startswith(b"<"):
            return f"<{ROOT}".encode() in start
        members = first_members(head)
        return "site" in members and "vulnerabilities" not in members and not HEADER.isdisjoint(members)

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[FindingRecord, None, ReportSummary]:
        """Yield a finding for each instance of each alert."""
        tally, about = Tally(), About()
        json = document.head().lstrip().startswith((b"{", b"["))
        for alert in _alerts_of_json(document, about, tally) if json else _alerts_of_xml(document, about):
            told, risk = _told(alert.texts), _risk(alert.texts)
            for instance in alert.instances or [{"uri": alert.site}]:
                yield tally.add(_finding(told, risk, instance, tally))
        tally.seen_at(about.scanned_at())
        return tally.summary(RunSummary(source_kind="zap", tool="ZAP", version=one_line(about.version, 100)))


def _alerts_of_json(document: Document, about: About, tally: Tally) -> Iterator[Alert]:
    seen = False
    number, site = 0, ""
    arrays = {"site.item.alerts", "site.alerts"}
    wanted = HEADER | {f"{place}.{part}" for place in ("site.item", "site") for part in ("@name", "alerts.item")}
    for name, value in parts_of(document, wanted, arrays):
        if name in arrays:
            seen = True
        elif name in HEADER:
            about.take(name, value)
        elif name.endswith("@name"):
            site = clip(as_text(value), MOST_SITE)
        elif name.endswith("alerts.item"):
            number += 1
            if alert := _alert_of(value, site, f"alert {number}", tally):
                yield alert
    if not seen and not _is_bare(document):
        raise DocumentError(reason="There is no site with “alerts”, so this is no ZAP report.")


def _is_bare(document: Document) -> bool:
    """Tell whether the report has the key `site`, as an array of sites without alerts."""
    return any(name == "site" for name, _ in parts_of(document, (), {"site"}))


def _alert_of(value: Any, site: str, place: str, tally: Tally) -> Alert | None:
    if not isinstance(value, dict):
        tally.skip(place, "The alert is no object.")
        return None
    instances = value.get("instances")
    if not isinstance(instances, list | None):
        raise DocumentError(place=place, reason="“instances” must be an array.")
    alert = Alert(site, {name: as_text(value.get(name)) for name in ALERT})
    for number, node in enumerate(as_list(instances)):
        if isinstance(node, dict):
            alert.instances.append({name: as_text(as_map(node).get(name)) for name in INSTANCE})
        else:
            tally.skip(place + pointer("instances", number), "The instance is no object.")
    return alert


def _alerts_of_xml(document: Document, about: About) -> Iterator[Alert]:
    site, rooted = "", False
    instances: list[dict[str, str]] = []
    for event, element in elements_of(document, {ROOT, "site", "alertitem", "instance"}):
        match event, element.tag:
            case "start", "OWASPZAPReport":
                rooted = True
                about.take_all(element.attrib)
            case "start", "site":
                site = clip(clean(element.get("name", "")), MOST_SITE)
            case "end", "instance":
                instances.append(_texts(element, INSTANCE))
            case "end", "alertitem":
                # The plain reports of old had one instance, in the alert itself.
                if not instances and element.find("uri") is not None:
                    instances.append(_texts(element, INSTANCE))
                yield Alert(site=site, texts=_texts(element, ALERT), instances=instances)
                instances = []
    if not rooted:
        raise DocumentError(reason=f"There is no element {ROOT}, so this is no ZAP report.")


def _texts(element: Element, names: frozenset[str]) -> dict[str, str]:
    return {child.tag: clean((child.text or "").strip()) for child in element if child.tag in names}


def _risk(alert: dict[str, str]) -> str:
    return one_line(alert.get("riskcode", "").strip() or alert.get("riskdesc", "").partition(" ")[0], 100)


def _told(alert: dict[str, str]) -> FindingRecord:
    """Return what all instances of an alert have in common: its texts are gone through once, not for each."""
    confidence = alert.get("confidence", "").strip()
    title = one_line(alert.get("name", "") or alert.get("alert", ""))
    rule = name_of(alert.get("pluginid")) or name_of(title) or "unnamed"
    return FindingRecord(
        source_kind="zap",
        rule=rule,
        title=title or rule,
        message=_plain(alert.get("desc", ""))[:MOST_MESSAGE],
        remedy=_plain(alert.get("solution", "") or alert.get("reference", ""))[:MOST_REMEDY],
        severity=Severity.INFO,
        raw_severity=one_line(alert.get("riskdesc", ""), 100).partition(" (")[0],
        confidence=CONFIDENCES.get(confidence),
        cwe=cwe_of(alert.get("cweid")),
        suppressed=confidence == FALSE_POSITIVE,
    )


def _finding(told: FindingRecord, risk: str, instance: dict[str, str], tally: Tally) -> FindingRecord:
    severity, word = tally.severity(risk, SEVERITIES)
    url, path = web_place(instance.get("uri", ""))
    return msgspec.structs.replace(
        told,
        severity=severity,
        raw_severity=told.raw_severity or word,
        method=method_of(instance.get("method")),
        url=url,
        path=path,
        parameter=name_of(instance.get("param")),
    )


def _plain(text: str) -> str:
    """Return text without the paragraph marks that ZAP puts into it."""
    return _PARAGRAPH.sub("\n", text[: 2 * MOST_MESSAGE]).strip()
