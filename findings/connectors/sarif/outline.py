"""The first pass over a large SARIF file: everything but the results, which are only counted.

Rules may follow the results that name them, so the results are read in a second pass. Memory does not grow with them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import ijson.backends.yajl2_c as ijson
from ijson.common import JSONError, ObjectBuilder

from inventory.connectors.base import Document, DocumentError, as_text, clip, json_fault, one_line, pointer
from inventory.connectors.streams import Pieces, parts_of

BUFFER = 1 << 17
MOST_DEPTH = 200
MOST_LISTED = 100_000
"""How many artifacts and web requests of a run are kept for results that name them by number."""

MOST_RUNS = 10_000
MOST_TEXT = 2500
"""Letters of what many results may refer to."""

LONG_KEY = 300
"""Letters of a key that the second pass must not leave to the parser."""

RESULT = "runs.item.results.item"

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
    """A SARIF file without its results.

    `external` says that results lie elsewhere, where they are not read, `long_keys` that a key has many letters.
    """

    version: str = ""
    runs: list[RunOutline] = field(default_factory=list)
    external: bool = False
    long_keys: bool = field(default=False, compare=False)


def outline_of(document: Document) -> Outline:
    """Read the outline. Raises DocumentError for what is no SARIF 2.1 and for broken JSON."""
    stream = Pieces(document)
    outline = Outline()
    events = _watched(ijson.basic_parse(stream, use_float=True, buf_size=BUFFER), outline)
    try:
        _document(events, outline)
        for _ in events:
            pass
    except (JSONError, UnicodeDecodeError) as error:
        raise broken(document, error, stream.position) from error
    if outline.version and not outline.version.startswith("2.1"):
        reason = f"SARIF {one_line(outline.version, 20)} is not read. Known is 2.1.0."
        raise DocumentError(place="/version", reason=reason)
    return outline


def results_of(document: Document, outline: Outline) -> Iterator[Any]:
    """Yield the results of all runs in their order: the second pass, after the first, which found the outline."""
    count = sum(run.results for run in outline.runs)
    found = 0
    # The parser is three times as fast, but keeps a name of all keys on the way for every level.
    results = (value for _, value in parts_of(document, {RESULT})) if outline.long_keys else _parsed(document)
    for result in results:
        found += 1
        if found > count:
            break
        yield result
    if found != count:
        raise DocumentError(place="/runs", reason="Keys with dots in them stand where runs and results should be.")


def _parsed(document: Document) -> Iterator[Any]:
    stream = Pieces(document)
    try:
        yield from ijson.items(stream, RESULT, use_float=True, buf_size=BUFFER)
    except (JSONError, UnicodeDecodeError) as error:
        raise broken(document, error, stream.position) from error


def _watched(events: Iterator[Event], outline: Outline) -> Iterator[Event]:
    """Hand the events on, and note a key that is too long for the parser's own names."""
    for event in events:
        if event[0] == "map_key" and len(event[1]) > LONG_KEY:
            outline.long_keys = True
        yield event


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


def _document(events: Iterator[Event], outline: Outline) -> None:
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
        if before + len(runs) >= MOST_RUNS:
            raise DocumentError(place="/runs", reason=f"The file holds more than {MOST_RUNS:,} runs.")
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
    return {key: _short(entry[key]) for key in kept if key in entry} if isinstance(entry, dict) else {}


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {_short(key): _short(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_short(inner) for inner in value]
    return clip(as_text(value), MOST_TEXT) if isinstance(value, str) else value


def _too_deep() -> DocumentError:
    return DocumentError(reason=f"The JSON is nested deeper than {MOST_DEPTH} levels.")
