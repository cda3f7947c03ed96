"""The JSON form of the model: a list of APIs in, a list of scores out, same length and order."""

import re
from dataclasses import asdict
from itertools import islice
from typing import Annotated, Any, Literal

import msgspec

from posture.records import AlertFacts, ApiFacts, FindingFacts
from posture.scoring.plans import plan
from posture.scoring.scores import score_api
from posture.scoring.weights import VERSION_1, Weights

PLAN_STEPS = 20
PLACE = re.compile(r"(?P<reason>.*) - at `\$\[(?P<element>\d+)\]\.?(?P<field>.*)`", re.DOTALL)
FIELD = re.compile(r"(?P<reason>Object (?:missing required|contains unknown) field) `(?P<name>.*)`", re.DOTALL)

Severity = Literal["critical", "high", "medium", "low", "info"]
Status = Literal[
    "new", "triaged", "in_progress", "reopened", "accepted", "resolved", "false_positive", "duplicate", "closed"
]
Category = Literal["API1", "API2", "API3", "API4", "API5", "API6", "API7", "API8", "API9", "API10", "other"]
Chance = Annotated[float, msgspec.Meta(ge=0, le=1)]
BaseScore = Annotated[float, msgspec.Meta(ge=0, le=10)]
Text = Annotated[str, msgspec.Meta(min_length=1)]


class InputError(ValueError):
    """An input that is not a list of APIs; the message names the element (counted from 0) and the field."""


class FindingIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One finding; what may be unstated may be left out."""

    id: int | Text
    group: Text = msgspec.field(name="class")
    severity: Severity
    status: Status
    confidence: Literal["confirmed", "firm", "tentative"] | None = None
    exploited: Literal["succeeded", "allowed", "unknown", "blocked", "none"] = "none"
    epss: Chance | None = None
    kev: bool = False
    cvss: BaseScore | None = None


class AlertIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One alert."""

    severity: Severity
    outcome: Literal["succeeded", "allowed", "unknown", "blocked"]
    age_days: Annotated[float, msgspec.Meta(ge=0)]
    category: Category | None = None


class ApiIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One API."""

    reach: Literal["public", "partner", "internal", "unknown"]
    environment: Literal["production", "staging", "test", "development", "unknown"]
    sensitivity: Literal["restricted", "confidential", "internal", "public", "unknown"]
    criticality: Literal["mission", "high", "medium", "low", "unknown"]
    findings: list[FindingIn]
    alerts: list[AlertIn]
    incidents: list[Literal["SEV1", "SEV2", "SEV3", "SEV4"]]


def read_apis(text: bytes) -> list[ApiFacts]:
    """Return the facts of each element of a JSON list.

    Raises InputError, in one line, for anything that is not exactly such a list.
    """
    try:
        read = msgspec.json.decode(text, type=list[ApiIn])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InputError(_told(str(error))) from error
    return [_facts(api, number) for number, api in enumerate(read)]


def write_score(facts: ApiFacts, weights: Weights = VERSION_1) -> dict[str, Any]:
    """Return the score of one API as plain JSON values: not rounded, with the first steps of the plan."""
    scored = score_api(facts, weights)
    return {
        "score": scored.score,
        "inherent": scored.inherent,
        "band": scored.band,
        "points": {factor.name: factor.points for factor in scored.factors},
        "plan": [asdict(step) for step in islice(plan(facts, weights), PLAN_STEPS)],
    }


def _facts(api: ApiIn, number: int) -> ApiFacts:
    seen: set[str] = set()
    for place, finding in enumerate(api.findings):
        if str(finding.id) in seen:
            msg = f"Element [{number}], field findings[{place}].id: {finding.id} stands twice."
            raise InputError(msg)
        seen.add(str(finding.id))
    return ApiFacts(
        reach=api.reach,
        environment=api.environment,
        sensitivity=api.sensitivity,
        criticality=api.criticality,
        findings=tuple(FindingFacts(**msgspec.structs.asdict(finding)) for finding in api.findings),
        alerts=tuple(AlertFacts(**msgspec.structs.asdict(alert)) for alert in api.alerts),
        incidents=tuple(api.incidents),
    )


def _told(reason: str) -> str:
    """Return the decoder's message as one sentence that names the element and the field."""
    reason = " ".join(reason.split())
    found = PLACE.fullmatch(reason)
    if found is None:
        return f"The input is not a list of APIs: {reason}."
    field, reason = found["field"], found["reason"]
    if named := FIELD.fullmatch(reason):
        field = f"{field}.{named['name']}".removeprefix(".")
        reason = named["reason"]
    place = f"Element [{found['element']}], field {field}" if field else f"Element [{found['element']}]"
    return f"{place}: {reason}."
