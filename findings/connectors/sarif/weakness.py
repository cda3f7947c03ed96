"""What SARIF says of a weakness by numbers and words: CWE, CVE, score, severity and confidence."""

import re
from collections.abc import Iterator
from typing import Any

from findings.choices import Confidence, Severity
from inventory.connectors.base import as_list, as_map, as_text

LEVELS = {
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "note": Severity.LOW,
    "none": Severity.INFO,
    # Not in the standard, but written by tools all the same.
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "low": Severity.LOW,
    "info": Severity.INFO,
    "information": Severity.INFO,
    "informational": Severity.INFO,
}

PRECISIONS = {
    "very-high": Confidence.CONFIRMED,
    "high": Confidence.FIRM,
    "medium": Confidence.FIRM,
    "low": Confidence.TENTATIVE,
}

BANDS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
"""The qualitative bands of CVSS 3.1, section 5."""

MOST_CWE = 20

_CWE = re.compile(r"\bcwe[-_: /]{0,2}0*([1-9]\d{0,4})\b", re.IGNORECASE)
_CVE = re.compile(r"\bCVE-\d{4}-\d{4,7}\b", re.IGNORECASE)
_SCORE = re.compile(r"(?:10|\d)(?:\.\d{1,3})?")

KEYS = ("tags", "cwe", "cwes", "CWE", "cve", "cves", "CVE")
"""The properties that may name a CWE or CVE; their absence is told without looking further."""


def band(score: float) -> Severity:
    """Return the severity of a CVSS score."""
    return next((severity for least, severity in BANDS if score >= least), Severity.INFO)


def score_of(properties: dict[str, Any]) -> float | None:
    """Return `security-severity`, a CVSS score from 0 to 10 written as text or number; None when it is no such."""
    value = properties.get("security-severity")
    if value is None or isinstance(value, bool):
        return None
    text = str(value).strip() if isinstance(value, int | float | str) else ""
    score = float(text) if len(text) < 10 and _SCORE.fullmatch(text) else None  # noqa: PLR2004 - longer is no score
    return score if score is not None and score <= 10 else None  # noqa: PLR2004 - the end of the scale


def confidence_of(properties: dict[str, Any]) -> Confidence | None:
    """Return the confidence that `precision` stands for; None when it is not stated."""
    return PRECISIONS.get(as_text(properties.get("precision")).lower())


def names_of(properties: dict[str, Any]) -> Iterator[str]:
    """Yield the texts in which a CWE or CVE may be named; a bare number under `cwe` comes as `CWE-n`."""
    for key in KEYS:
        value = properties.get(key)
        if value is None:
            continue
        for entry in value if isinstance(value, list) else (value,):
            text = str(entry) if isinstance(entry, int) else as_text(entry)
            bare = key.lower().startswith("cwe") and text.isascii() and text.isdigit()
            yield f"CWE-{text}" if bare else text


def taxa_of(references: Any, taxonomies: "Taxonomies") -> Iterator[str]:
    """Yield the ids of taxa, those of a taxonomy named CWE as `CWE-n`."""
    for node in as_list(references):
        reference = as_map(node)
        name = as_text(reference.get("id"))
        if name.isascii() and name.isdigit() and taxonomies.name_of(as_map(reference.get("toolComponent"))) == "cwe":
            name = f"CWE-{name}"
        yield name


def cwe_in(texts: list[str]) -> tuple[int, ...]:
    """Return the CWE numbers named in texts, each once, in order."""
    return tuple(sorted({int(found) for text in texts for found in _CWE.findall(text[:1000])}))[:MOST_CWE]


def cve_in(texts: list[str]) -> str:
    """Return the first CVE named in texts, upper-case, or an empty text."""
    return next((found[0].upper() for text in texts if (found := _CVE.search(text[:1000]))), "")


class Taxonomies:
    """The taxonomies of a run, by position, guid and name."""

    def __init__(self, nodes: list[Any]) -> None:
        self._names = [as_text(as_map(node).get("name")).lower() for node in nodes]
        guids = (as_text(as_map(node).get("guid")).lower() for node in nodes)
        self._by_guid = dict(zip(guids, self._names, strict=True))

    def name_of(self, component: dict[str, Any]) -> str:
        """Return the lower-case name of the taxonomy that a reference's tool component means, or an empty text."""
        if name := as_text(component.get("name")).lower():
            return name
        index = component.get("index")
        if isinstance(index, int) and 0 <= index < len(self._names):
            return self._names[index]
        return self._by_guid.get(as_text(component.get("guid")).lower(), "")
