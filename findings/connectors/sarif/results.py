"""One result as a finding, or the reason why it is none."""

import re
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from findings.choices import Confidence, Severity
from findings.connectors.sarif.places import place_of
from findings.connectors.sarif.rules import MOST_REMEDY, Rule
from findings.connectors.sarif.runs import Run
from findings.connectors.sarif.weakness import (
    KEYS,
    LEVELS,
    band,
    confidence_of,
    cve_in,
    cwe_in,
    names_of,
    score_of,
    taxa_of,
)
from findings.records import FindingRecord, Skipped
from inventory.connectors.base import as_list, as_map, as_text, as_whole, one_line

NO_WEAKNESS = frozenset(("pass", "notApplicable", "informational"))
"""Kinds of results that tell of no problem (section 3.27.9)."""

UNDECIDED = frozenset(("open", "review"))
"""Kinds that a person has to decide: tentative, and their level says nothing."""

MOST_MESSAGE = 10_000
MOST_ARGUMENT = 1000
MOST_INSTANCES = 1_000_000
MOST_KEPT = 100

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d{1,3})\}")


@dataclass(slots=True)
class Tally:
    """What was counted on the way; see ReportSummary."""

    entries: int = 0
    instances: int = 0
    absent: int = 0
    suppressed: int = 0
    not_findings: Counter[str] = field(default_factory=Counter)
    unknown_severities: Counter[str] = field(default_factory=Counter)
    skipped: list[Skipped] = field(default_factory=list)
    skipped_count: int = 0

    def skip(self, place: str, reason: str) -> None:
        """Note an entry that was left out."""
        self.skipped_count += 1
        if len(self.skipped) < MOST_KEPT:
            self.skipped.append(Skipped(place=place, reason=reason))


def finding_of(result: dict[str, Any], run: Run, tally: Tally) -> FindingRecord | None:
    """Return the finding that a result tells of, or None for one that tells of none; either is counted."""
    kind = as_text(result.get("kind"))
    if kind in NO_WEAKNESS:
        tally.not_findings[kind] += 1
        return None
    if result.get("baselineState") == "absent":
        tally.absent += 1
        return None
    named, rule = run.rules.of(result)
    properties = as_map(result.get("properties"))
    message = _message(result, rule, run)
    severity, raw, score = _severity(result, rule, kind, tally)
    cwe, cve = _weakness(result, rule, properties, run)
    place = place_of(result, run, message)
    instances = as_whole(result.get("occurrenceCount"), least=1, most=MOST_INSTANCES) or 1
    suppressed = _suppressed(result.get("suppressions"))
    tally.entries += 1
    tally.instances += instances
    tally.suppressed += suppressed
    return FindingRecord(
        source_kind=run.about.source_kind,
        series=run.about.series,
        rule=named or _class_by_message(message),
        title=one_line(message) or rule.title or named or "Unnamed finding",
        message=message,
        remedy=_fix(result) or rule.remedy,
        severity=severity,
        raw_severity=raw,
        confidence=confidence_of(properties) or (Confidence.TENTATIVE if kind in UNDECIDED else rule.confidence),
        cwe=cwe,
        cve=cve,
        cvss=score,
        method=place.method,
        url=place.url,
        path=place.path,
        parameter=place.parameter,
        location=place.location,
        file=place.file,
        line=place.line,
        instances=instances,
        suppressed=suppressed,
        repository=run.about.repository,
    )


def _message(result: dict[str, Any], rule: Rule, run: Run) -> str:
    """Return the text of the message, its placeholders filled (section 3.11)."""
    message = as_map(result.get("message"))
    text = as_text(message.get("text")) or run.rules.text_of(rule, as_text(message.get("id")))
    text = (text or as_text(message.get("markdown")))[:MOST_MESSAGE]
    if arguments := as_list(message.get("arguments")):
        values = [as_text(argument)[:MOST_ARGUMENT] for argument in arguments[:MOST_KEPT]]
        return _PLACEHOLDER.sub(lambda found: _filled(found, values), text)[:MOST_MESSAGE]
    return text


def _filled(found: re.Match[str], arguments: list[str]) -> str:
    if found[1] is None:
        return found[0][0]
    number = int(found[1])
    return arguments[number] if number < len(arguments) else found[0]


def _severity(result: dict[str, Any], rule: Rule, kind: str, tally: Tally) -> tuple[Severity, str, float | None]:
    """Return severity, the tool's own word, and the score: a score wins over a level, a result over its rule."""
    score = score_of(as_map(result.get("properties")))
    score = rule.score if score is None else score
    if score is not None:
        return band(score), f"{score:g}", score
    level = result.get("level")
    if kind in UNDECIDED and (level is None or level == "none"):
        level = rule.level or "none"
    if level is None:
        level = rule.level or "warning"
    word = one_line(level if isinstance(level, str) else type(level).__name__, 100)
    severity = LEVELS.get(word.lower())
    if severity is None:
        tally.unknown_severities[word] += 1
        return Severity.INFO, word, None
    return severity, word, None


def _weakness(result: dict[str, Any], rule: Rule, properties: dict[str, Any], run: Run) -> tuple[tuple[int, ...], str]:
    named = list(names_of(properties)) if not properties.keys().isdisjoint(KEYS) else []
    if "taxa" in result:
        named += taxa_of(result["taxa"], run.taxonomies)
    if not named:
        return rule.cwe, rule.cve
    return tuple(sorted({*rule.cwe, *cwe_in(named)})), cve_in(named) or rule.cve


def _suppressed(suppressions: Any) -> bool:
    """Tell whether all suppressions are accepted, which they are unless they say otherwise (section 3.35)."""
    if not suppressions:
        return False
    states = [as_map(node).get("status") or as_map(node).get("state") for node in as_list(suppressions)]
    return bool(states) and all(state is None or state == "accepted" for state in states)


def _fix(result: dict[str, Any]) -> str:
    for node in as_list(result.get("fixes")):
        if text := as_text(as_map(as_map(node).get("description")).get("text")):
            return text[:MOST_REMEDY]
    return ""


def _class_by_message(message: str) -> str:
    """Return a rule for a result without one: its message, numbers aside, is all that tells what it is."""
    text = re.sub(r"\d+", "0", " ".join(message.split()))
    return f"message:{sha256(text.encode()).hexdigest()[:16]}" if text else "unnamed"
