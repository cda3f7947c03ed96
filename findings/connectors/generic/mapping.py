"""Which column of a table, or which key of a JSON entry, holds what of a finding."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from inventory.connectors.base import DocumentError, one_line

ALIASES = {
    "title": ("title", "name", "summary", "finding", "issue", "vulnerability"),
    "severity": ("severity", "risk", "level"),
    "rule": ("rule", "ruleid", "vulnidfromtool", "checkid", "pluginid"),
    "message": ("description", "message", "details", "detail"),
    "remedy": ("mitigation", "remediation", "recommendation", "solution", "fix"),
    "url": ("url", "uri", "endpoint", "endpoints", "target", "affectedurl"),
    "method": ("method", "httpmethod", "verb"),
    "path": ("path", "urlpath"),
    "parameter": ("parameter", "param"),
    "confidence": ("confidence",),
    "cvss": ("cvss", "cvssscore", "cvssv3score", "cvssv31score", "cvssv4score"),
    "file": ("filepath", "file", "filename"),
    "line": ("line", "linenumber"),
    "instances": ("instances", "count", "occurrences", "nboccurences", "nboccurrences"),
    "suppressed": ("falsepositive", "falsep", "suppressed"),
    "cwe": ("cwe", "cwes", "cweid", "cweids"),
    "cve": ("cve", "cves", "cveid", "vulnerabilityids"),
}
"""Names by which a column is known without a mapping, as `_bare` writes them; the first that is there counts, and the
first of all where it stands inside another column."""

SEVERAL = ("cwe", "cve")
"""Fields that take all of the columns that are known for them."""

MOST_COLUMNS = 1000

_NO_LETTER = re.compile(r"[^a-z0-9]+")


class Mapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The options of the reader: names of columns, exactly as the document writes them; empty is not there.

    In JSON `a.b` is the key b inside a. `tool` is the tool's name, for a document that states none. `entries` is the
    key of the array of entries, empty for a document that is the array. `severities` gives our word for words of the
    tool's. A mapping that names neither title nor severity is made from the names of the columns.
    """

    tool: str = ""
    entries: str = "findings"
    severities: dict[str, str] = {}
    title: str = ""
    severity: str = ""
    rule: str = ""
    message: str = ""
    remedy: str = ""
    url: str = ""
    method: str = ""
    path: str = ""
    parameter: str = ""
    confidence: str = ""
    cvss: str = ""
    file: str = ""
    line: str = ""
    instances: str = ""
    suppressed: str = ""
    cwe: tuple[str, ...] = ()
    cve: tuple[str, ...] = ()


def mapping_of(options: dict[str, Any]) -> Mapping:
    """Return the mapping that options state. Raises DocumentError that says what is wrong with them."""
    try:
        return msgspec.convert(options, Mapping)
    except msgspec.ValidationError as error:
        raise DocumentError(reason=f"The mapping cannot be used: {one_line(str(error), 200)}.") from error


def guessed(mapping: Mapping, columns: Iterable[str]) -> Mapping:
    """Return a mapping that names title or severity as it is, any other filled in from the names of the columns."""
    if mapping.title or mapping.severity:
        return mapping
    known: dict[str, list[str]] = {}
    inner: dict[str, list[str]] = {}
    for name in columns:
        known.setdefault(_bare(name), []).append(name)
        inner.setdefault(_bare(name.partition(".")[2]), []).append(name)
    found: dict[str, Any] = {}
    for field, aliases in ALIASES.items():
        # Inside others only the plainest word counts: a component has a name, too.
        plain = aliases if field in SEVERAL else aliases[:1]
        matches = [name for alias in aliases for name in known.get(alias, [])] or [
            name for alias in plain for name in inner.get(alias, [])
        ]
        if field in SEVERAL:
            found[field] = tuple(matches)
        elif matches:
            found[field] = matches[0]
    return msgspec.structs.replace(mapping, **found)


def completed(mapping: Mapping, columns: Iterable[str]) -> Mapping:
    """Return what is guessed from a mapping. Raises DocumentError when there is no column for the title."""
    names = list(columns)
    mapping = guessed(mapping, names)
    if not mapping.title:
        seen = ", ".join(f"“{one_line(name, 40)}”" for name in names[:5]) or "nothing"
        raise DocumentError(reason=f"Which column holds the title is not known. There is {seen}.")
    return mapping


def looks_like_findings(columns: Iterable[str]) -> bool:
    """Tell whether columns speak of findings: by a title and a severity."""
    bare = {_bare(name) for name in columns}
    return not bare.isdisjoint(ALIASES["title"]) and not bare.isdisjoint(ALIASES["severity"])


def _bare(name: str) -> str:
    return _NO_LETTER.sub("", name.lower())
