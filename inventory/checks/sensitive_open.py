"""Sensitive data that anybody can ask for."""

from collections.abc import Iterator
from typing import Final

from inventory.checks.base import Judgement, Severity, check, unknown
from inventory.checks.facts import CheckedApi
from inventory.checks.signing_in import judge_sign_in
from inventory.choices import Reach, Sensitivity

SENSITIVE: Final = (Sensitivity.RESTRICTED, Sensitivity.CONFIDENTIAL)


@check(
    slug="sensitive-open",
    title="Sensitive data without authentication",
    demand="Every endpoint of an API with restricted or confidential data asks for sign-in.",
    remedy="Ask for sign-in on this endpoint. If it hands out nothing sensitive, say so by moving it to an API of its "
    "own, or correct the class of data of this one.",
    severity="high",
    category="API2",
    cwe=(306,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge each endpoint that is not administrative; while nobody classed the data, nothing can be said."""
    if api.sensitivity in {Sensitivity.PUBLIC, Sensitivity.INTERNAL}:
        return
    if api.sensitivity not in SENSITIVE:
        if api.present:
            yield unknown("Nobody has said yet which class of data this API hands out.")
        return
    worse: Severity | None = (
        "critical" if api.reach == Reach.PUBLIC and api.sensitivity == Sensitivity.RESTRICTED else None
    )
    for endpoint in api.present:
        if not endpoint.administrative:
            yield judge_sign_in(endpoint, worse)
