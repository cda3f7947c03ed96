"""Functions for administrators that answer to anybody."""

from collections.abc import Iterator

from inventory.checks.base import Judgement, check
from inventory.checks.facts import CheckedApi
from inventory.checks.signing_in import judge_sign_in


@check(
    slug="administration-open",
    title="Administrative endpoint without authentication",
    demand="Every endpoint whose path names a function for administrators asks for sign-in.",
    remedy="Ask for sign-in on this endpoint, and for a role that ordinary callers do not have; or take it off the "
    "network that callers reach.",
    severity="critical",
    category="API5",
    cwe=(306,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge each administrative endpoint by the specification and by calls without credentials."""
    for endpoint in api.present:
        if endpoint.administrative:
            yield judge_sign_in(endpoint)
