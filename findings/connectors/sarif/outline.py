"""The first pass over a large SARIF file: everything but the results, which are only counted.

Rules may follow the results that name them, so the results are read in a second pass. Memory does not grow with them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import ijson.backends.yajl2_c as ijson
from ijson.common import JSONError, ObjectBuilder

from inventory.connectors.base import Document, DocumentError, json_fault, one_line, pointer

BUFFER = 1 << 17
MOST_DEPTH = 200
MOST_LISTED = 100_000
"""How many artifacts and web requests of a run are kept for results that name them by number."""

SMALL = 16 << 20
"""Up to this size a broken file is read once more to tell the line."""

WHOLE = {
    *("tool", "automationDetails", "automationId", "invocations", "versionControlProvenance", "originalUriBaseIds"),
    *("taxonomies", "externalPropertyFileReferences"),
}
LISTED = {"artifacts": ("location",), "webRequests": ("method", "protocol", "target", "headers", "parameters")}
"""Members of a run that are kept whole, and arrays of which each object keeps some members."""

Event = tuple[str, Any]

_STARTS = frozenset(("start_map", "start_array"))
_ENDS = frozenset(("end_map", "end_array"))


@dataclass(slots=True)
class RunOutline:
    """A run without its results: its members by name, and how many results it has."""

    members: dict[str, Any] = field(default_factory=dict)
    results: int = 0


@dataclass(slots=True)
class Outline:
    """A SARIF file without its results. `external` says that results lie elsewhere, where they are not read."""

    version: str = ""
    runs: list[RunOutline] = field(default_factory=list)
    external: bool = False


def outline_of(document: Document) -> Outline:
    """Read the outline. Raises DocumentError for what is no SARIF 2.1 and for broken JSON."""
    stream = document.stream()
    events = ijson.basic_parse(stream, use_float=True, buf_size=BUFFER)
    try:
        outline = _document(events)
        for _ in events:
            pass
    except (JSONError, UnicodeDecodeError) as error:
        raise broken(document, error, stream.position) from error
    if outline.version and not outline.version.startswith("2.1"):
        reason = f"SARIF {one_line(outline.version, 20)} is not read. Known is 2.1.0."
        raise DocumentError(place="/version", reason=reason)
    return outline


def results_of(document: Document, count: int) -> Iterator[Any]:
    """Yield the results of all runs in their order: the second pass. `count` is what the first pass found."""
    stream = document.stream()
    found = 0
    try:
        for result in ijson.items(stream, "runs.item.results.item", use_float=True, buf_size=BUFFER):
            found += 1
            if found > count:
                break
            yield result
    except (JSONError, UnicodeDecodeError) as error:
        raise broken(document, error, stream.position) from error
    if found != count:
        raise DocumentError(place="/runs", reason="Keys with dots in them stand where runs and results should be.")


def broken(document: Document, error: Exception, position: int) -> DocumentError:
    """Return what is wrong with the JSON, with the line for a document that is small enough to be read again."""
    if position < SMALL:
        rest = document.stream()
        raw = rest.read(SMALL)
        if len(raw) < SMALL:
            try:
                return json_fault(raw.decode(), error)
            except UnicodeDecodeError as fault:
                line = raw.count(b"\n", 0, fault.start) + 1
                return DocumentError(place=f"line {line}", reason="This is not UTF-8 text.")
    first = one_line(str(error).partition("\n")[0], 200)
    return DocumentError(place=f"before byte {position}", reason=f"This is not valid JSON: {first}.")


def _document(events: Iterator[Event]) -> Outline:
    outline = Outline()
    if next(events, ("", None))[0] != "start_map":
        raise DocumentError(reason="A SARIF file must hold an object.")
    has_runs = False
    for key, event, value in _members(events):
        if key == "runs":
            has_runs = True
            outline.runs += _runs(events, event, len(outline.runs))
        elif key == "version" and event == "string":
            outline.version = value
        elif key == "inlineExternalProperties" and event == "start_array":
            outline.external |= _has_results(events)
        else:
            _skip(events, event)
    if not has_runs:
        raise DocumentError(reason="There is no key “runs”, so this is no SARIF file.")
    return outline


def _has_results(events: Iterator[Event]) -> bool:
    """Pass over the external properties written into the file itself; tell whether results are among them."""
    found = False
    for event, _ in events:
        if event == "end_array":
            break
        if event == "start_map":
            for key, first, _ in _members(events):
                count = _counted(events) if first in _STARTS else 0
                found |= key == "results" and bool(count)
        else:
            _skip(events, event)
    return found


def _runs(events: Iterator[Event], first: str, before: int) -> list[RunOutline]:
    runs: list[RunOutline] = []
    if first == "null":
        return runs
    if first != "start_array":
        raise DocumentError(place="/runs", reason="“runs” must be an array.")
    for event, _ in events:
        if event == "end_array":
            break
        if event != "start_map":
            raise DocumentError(place=pointer("runs", before + len(runs)), reason="A run must be an object.")
        runs.append(_run(events, pointer("runs", before + len(runs))))
    return runs


def _run(events: Iterator[Event], place: str) -> RunOutline:
    run = RunOutline()
    for key, event, value in _members(events):
        if key == "results":
            if event == "start_array":
                run.results += _counted(events)
            elif event != "null":
                raise DocumentError(place=f"{place}/results", reason="“results” must be an array.")
        elif key in WHOLE:
            run.members[key] = _built(events, event, value)
        elif key in LISTED and event == "start_array":
            run.members[key] = _listed(events, LISTED[key])
        else:
            _skip(events, event)
    return run


def _members(events: Iterator[Event]) -> Iterator[tuple[str, str, Any]]:
    """Yield key, first event and its value of each member of the object that was just entered."""
    for event, key in events:
        if event == "end_map":
            return
        yield (key, *next(events))


def _skip(events: Iterator[Event], first: str) -> None:
    if first in _STARTS:
        _counted(events)


def _counted(events: Iterator[Event]) -> int:
    """Pass over the rest of the array or object that was just entered; return how many values it holds directly."""
    depth, count = 1, 0
    for event, _ in events:
        if event in _STARTS:
            count += depth == 1
            depth += 1
            if depth > MOST_DEPTH:
                raise _too_deep()
        elif event in _ENDS:
            depth -= 1
            if not depth:
                break
        elif depth == 1 and event != "map_key":
            count += 1
    return count


def _built(events: Iterator[Event], first: str, value: Any) -> Any:
    builder = ObjectBuilder()
    builder.event(first, value)
    depth = int(first in _STARTS)
    while depth:
        event, value = next(events)
        depth += (event in _STARTS) - (event in _ENDS)
        if depth > MOST_DEPTH:
            raise _too_deep()
        builder.event(event, value)
    return builder.value


def _listed(events: Iterator[Event], kept: tuple[str, ...]) -> list[Any]:
    """Return the objects of an array with the members that are needed; others become empty objects."""
    listed: list[Any] = []
    for event, value in events:
        if event == "end_array":
            break
        entry = _built(events, event, value)
        if len(listed) < MOST_LISTED:
            listed.append(kept_of(entry, kept))
    return listed


def kept_of(entry: Any, kept: tuple[str, ...]) -> dict[str, Any]:
    """Return the members of a listed object that are needed; of what is no object, none."""
    return {key: entry[key] for key in kept if key in entry} if isinstance(entry, dict) else {}


def _too_deep() -> DocumentError:
    return DocumentError(reason=f"The JSON is nested deeper than {MOST_DEPTH} levels.")
