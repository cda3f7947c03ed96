"""The JSON report of a run, and its event log in JSON lines."""

from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

import msgspec

from findings.connectors.schemathesis.failures import MOST_PATH, base_from, base_of, finding_of, operation_of
from findings.connectors.tally import MOST_INSTANCES, MOST_KEPT, OLDEST, Tally, method_of, time_of
from findings.records import FindingRecord, RunSummary
from inventory.connectors.base import (
    Document,
    DocumentError,
    as_list,
    as_map,
    as_text,
    as_whole,
    clip,
    one_line,
    pointer,
)
from inventory.connectors.json_lines import objects_of
from inventory.connectors.streams import parts_of

ABOUT = RunSummary(source_kind="schemathesis", tool="Schemathesis")
HEADER = frozenset(("schemathesis_version", "command", "started_at", "complete"))
MOST_OPERATIONS = 100_000
MOST_TEXT = 10_000
"""Letters of a failure's code, title and severity: its operations share them."""

Findings = Generator[FindingRecord, None, RunSummary]


def report(document: Document, tally: Tally) -> Findings:
    """Yield a finding for each failure and operation of a JSON report."""
    about = _about(document, tally)
    number = 0
    for name, value in parts_of(document, {"failures.item"}):
        if name != "failures.item":
            continue
        if isinstance(value, dict):
            yield from _failure(value, about[1], tally)
        else:
            tally.skip(pointer("failures", number), "The failure is no object.")
        number += 1
    return about[0]


def _about(document: Document, tally: Tally) -> tuple[RunSummary, str]:
    """Return the run and its base address: the first pass, which also tells whether there are failures to read."""
    told: dict[str, Any] = dict(parts_of(document, HEADER | {"errors.item"}, {"failures"}))
    if "failures" not in told:
        raise DocumentError(reason="There is no key “failures”, so this is no Schemathesis report.")
    tally.seen_at(time_of(told.get("started_at")))
    version = one_line(as_text(told.get("schemathesis_version")), 100)
    successful = told.get("complete") is not False and "errors.item" not in told
    return msgspec.structs.replace(ABOUT, version=version, successful=successful), base_of(as_text(told.get("command")))


def _failure(failure: dict[str, Any], base: str, tally: Tally) -> Generator[FindingRecord, None, None]:
    labels = [as_text(label) for label in as_list(failure.get("operations"))[:MOST_OPERATIONS]] or [""]
    count = as_whole(failure.get("count"), least=1, most=MOST_INSTANCES) or 1
    # Once for all operations: each of these texts may be long.
    code = as_text(failure.get("code") or failure.get("type"))[:MOST_TEXT]
    title = as_text(failure.get("title"))[:MOST_TEXT]
    word = failure.get("severity")
    word = as_text(word)[:MOST_TEXT] if isinstance(word, str) else word
    for label in labels:
        method, path = operation_of(label)
        yield finding_of(
            code=code,
            title=title,
            word=word,
            method=method,
            path=path,
            base=base,
            tally=tally,
            # Which of several operations failed more than once is not told.
            instances=count if len(labels) == 1 else 1,
        )


def events(document: Document, tally: Tally) -> Findings:
    """Yield a finding for each failed check of an event log."""
    about, base, read, finished = ABOUT, "", 0, False
    for place, event in objects_of(document):
        if isinstance(event, str):
            tally.skip(place, event)
            continue
        read += 1
        if start := as_map(event.get("Initialize")):
            base = base_of(as_text(start.get("command")))
            about = msgspec.structs.replace(about, version=one_line(as_text(start.get("schemathesis_version")), 100))
        elif "EngineFinished" in event:
            finished = True
            tally.seen_at(_moment(as_map(event["EngineFinished"]).get("timestamp")))
        elif scenario := as_map(event.get("ScenarioFinished")):
            yield from _scenario(as_map(scenario.get("recorder")), base, tally)
    if tally.skipped and not read:
        raise DocumentError(tally.skipped[0].place, f"No line can be read. {tally.skipped[0].reason}")
    return msgspec.structs.replace(about, successful=finished)


def _moment(value: Any) -> datetime | None:
    """Return a time given in seconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        time = datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return time if time.year >= OLDEST else None


def _scenario(recorder: dict[str, Any], base: str, tally: Tally) -> Generator[FindingRecord, None, None]:
    cases, sent = as_map(recorder.get("cases")), as_map(recorder.get("interactions"))
    labelled = operation_of(as_text(recorder.get("label")))
    for case_id, checks in as_map(recorder.get("checks")).items():
        failed = [check for check in map(as_map, as_list(checks)) if check.get("status") == "failure"]
        if not failed:
            continue
        case = as_map(as_map(cases.get(case_id)).get("value"))
        method, path = method_of(case.get("method")), clip(as_text(case.get("path")), MOST_PATH)
        if not path.startswith("/"):
            method, path = labelled
        asked = base or base_from(as_text(as_map(as_map(sent.get(case_id)).get("request")).get("uri")), path)
        for check in failed[:MOST_KEPT]:
            failure = as_map(as_map(check.get("failure_info")).get("failure"))
            yield finding_of(
                code=failure.get("code") or failure.get("type") or check.get("name"),
                title=failure.get("title") or check.get("name"),
                word=failure.get("severity"),
                message=as_text(failure.get("message")),
                method=method,
                path=path,
                base=asked,
                tally=tally,
            )
