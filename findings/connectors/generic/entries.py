"""The entries of a table or a JSON document, and each as a finding by a mapping."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from findings.choices import Severity
from findings.connectors.generic.mapping import MOST_COLUMNS, Mapping
from findings.connectors.tally import (
    CONFIDENCES,
    MOST_INSTANCES,
    MOST_LINE_NUMBER,
    MOST_MESSAGE,
    MOST_REMEDY,
    Tally,
    band,
    cve_of,
    cwe_of,
    method_of,
    name_of,
    score_of,
    web_place,
)
from findings.identity import code_location
from findings.records import FindingRecord
from inventory.connectors.base import Document, DocumentError, as_map, as_text, clean, clip, one_line, pointer
from inventory.connectors.streams import parts_of
from inventory.connectors.tables import rows_of

SEVERITIES = {
    **dict.fromkeys(("critical", "crit", "very high"), Severity.CRITICAL),
    **dict.fromkeys(("high", "error"), Severity.HIGH),
    **dict.fromkeys(("medium", "moderate", "med", "warning", "warn"), Severity.MEDIUM),
    **dict.fromkeys(("low", "minor", "note"), Severity.LOW),
    **dict.fromkeys(("info", "informational", "information", "none"), Severity.INFO),
}

LOOKED_AT = 1000
"""How many entries of a JSON document are looked at for its keys."""

MOST_NAME = 300
"""Letters of a column's name: it is looked for in every entry, a dot at a time."""

YES = frozenset(("true", "yes", "1", "y"))

_HOST_AND_PATH = re.compile(r"[A-Za-z0-9][\w.-]*(?::\d{1,5})?(/\S*)")


def is_json(document: Document) -> bool:
    """Tell a JSON document from a table."""
    return document.head().lstrip().startswith((b"{", b"["))


def entries_of(document: Document, key: str) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Yield the place of each entry with its values by column, or with the reason why it cannot be read."""
    return _of_json(document, key) if is_json(document) else _of_table(document)


def columns_of(document: Document, key: str) -> list[str]:
    """Return the names of the columns, in JSON of the keys of the first entries, those of an object as `a.b`."""
    if not is_json(document):
        row = next(rows_of(document), (0, []))[1]
        return [name.strip() for name in row if len(name) <= MOST_NAME] if isinstance(row, list) else []
    columns: dict[str, None] = {}
    for _, entry in islice(_of_json(document, key), LOOKED_AT):
        for name, value in as_map(entry).items():
            if len(columns) < MOST_COLUMNS and len(name) <= MOST_NAME:
                inside = (inner for inner in islice(as_map(value), 20) if len(inner) <= MOST_NAME)
                columns.update(dict.fromkeys([f"{name}.{inner}" for inner in inside] or [name]))
    return list(columns)


def array_of(document: Document, key: str) -> str:
    """Return the key of the array of entries: the stated one, none for a document that is an array."""
    return "" if document.head().lstrip().startswith(b"[") else key


def _of_json(document: Document, key: str) -> Iterator[tuple[str, dict[str, Any] | str]]:
    key = array_of(document, key)
    entry = f"{key}.item" if key else "item"
    seen, number = False, 0
    for name, value in parts_of(document, {entry}, {key}):
        if name == entry:
            place = pointer(*key.split("."), number) if key else pointer(number)
            yield place, value if isinstance(value, dict) else "The entry is no object."
            number += 1
        else:
            seen = True
    if not seen:
        raise DocumentError(reason=f"There is no key “{one_line(key, 100)}” with the entries.")


def _of_table(document: Document) -> Iterator[tuple[str, dict[str, Any] | str]]:
    rows = rows_of(document)
    line, names = next(rows, (1, "There are no columns."))
    if isinstance(names, str):
        raise DocumentError(place=f"line {line}", reason=names)
    names = [name.strip() for name in names[:MOST_COLUMNS]]
    for line, row in rows:
        if isinstance(row, str):
            yield f"line {line}", row
        elif len(row) > len(names) and any(cell.strip() for cell in row[len(names) :]):
            yield f"line {line}", f"The row has {len(row)} cells, but there are {len(names)} columns."
        else:
            yield f"line {line}", dict(zip(names, row, strict=False))


def table_of_severities(mapping: Mapping) -> dict[str, Severity]:
    """Return the words of severity with those of the mapping. Raises DocumentError for one it gives no word of ours."""
    own = {}
    for word, ours in mapping.severities.items():
        if ours not in set(Severity):
            raise DocumentError(reason=f"The mapping gives “{one_line(word, 40)}” no severity that is known here.")
        own[word.strip().lower()] = Severity(ours)
    return SEVERITIES | own


def finding_of(
    entry: dict[str, Any], mapping: Mapping, source_kind: str, table: dict[str, Severity], tally: Tally
) -> FindingRecord | None:
    """Return the finding that an entry tells of, None for one without a title."""
    title = one_line(_text(value_at(entry, mapping.title)))
    if not title:
        return None
    score = score_of(value_at(entry, mapping.cvss))
    word = value_at(entry, mapping.severity)
    if score is not None and not _text(word).strip():
        severity, raw = band(score), f"{score:g}"
    else:
        severity, raw = tally.severity(_text(word).strip() if not isinstance(word, dict | list) else word, table)
    url, path = _place(value_at(entry, mapping.url), _text(value_at(entry, mapping.path)))
    file = _text(value_at(entry, mapping.file)).strip()
    return FindingRecord(
        source_kind=source_kind,
        rule=name_of(_text(value_at(entry, mapping.rule))) or clip(title, 300),
        title=title,
        message=_text(value_at(entry, mapping.message))[:MOST_MESSAGE],
        remedy=_text(value_at(entry, mapping.remedy))[:MOST_REMEDY],
        severity=severity,
        raw_severity=raw,
        confidence=CONFIDENCES.get(_text(value_at(entry, mapping.confidence)).strip().lower()),
        cwe=cwe_of(*(value_at(entry, name) for name in mapping.cwe)),
        cve=cve_of(*(value_at(entry, name) for name in mapping.cve)),
        cvss=score,
        method=method_of(value_at(entry, mapping.method)),
        url=url,
        path=path,
        parameter=name_of(_text(value_at(entry, mapping.parameter))),
        file=clip(file, 1000),
        line=_whole(value_at(entry, mapping.line), MOST_LINE_NUMBER),
        location="" if path else code_location(clip(file, 900), {}, ""),
        instances=_whole(value_at(entry, mapping.instances), MOST_INSTANCES) or 1,
        suppressed=_text(value_at(entry, mapping.suppressed)).strip().lower() in YES,
    )


def value_at(entry: dict[str, Any], name: str) -> Any:
    """Return the value of a column; a dot goes in where no column has the whole name."""
    if not name or name in entry:
        return entry.get(name)
    outer, dot, inner = name.partition(".")
    return value_at(as_map(entry.get(outer)), inner) if dot else None


def _text(value: Any) -> str:
    """Return text and plain numbers as text."""
    if isinstance(value, bool | int | float):
        return str(value)
    return as_text(value)


def _whole(value: Any, most: int) -> int | None:
    text = _text(value).strip()[:20]
    number = int(text) if text.isascii() and text.isdigit() else 0
    return number if 1 <= number <= most else None


def _place(value: Any, path: str) -> tuple[str, str]:
    """Return URL and path of the first address; without a scheme it is a path alone."""
    for node in value[:100] if isinstance(value, list) else (value,):
        told = as_map(node)
        text = as_text(told.get("url") or told.get("host") if told else node).strip()
        url, seen = web_place(text)
        if not seen and (found := _HOST_AND_PATH.fullmatch(text[:3000])):
            seen = web_place(found[1])[1]
        if seen:
            return url, web_place(clean(path))[1] or seen
    return "", web_place(path)[1]
