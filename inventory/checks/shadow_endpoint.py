"""Endpoints that answer and that nobody wrote down."""

from collections.abc import Iterator

from inventory.checks.base import Judgement, Severity, check, failed, passed, unknown
from inventory.checks.facts import CheckedApi
from inventory.choices import Discovery, Reach


@check(
    slug="shadow-endpoint",
    title="Endpoint in no specification",
    demand="Every endpoint that answers is in the specification.",
    remedy="Add the endpoint to the specification, with its sign-in, or switch it off.",
    severity="medium",
    category="API9",
    cwe=(1059,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge each endpoint that only logs know; without any, the API as a whole where its logs tell that."""
    if not api.specification:
        return
    worse: Severity | None = "high" if api.reach == Reach.PUBLIC else None
    shadows = [endpoint for endpoint in api.present if endpoint.state == Discovery.SHADOW and endpoint.calls]
    for endpoint in shadows:
        yield failed(endpoint.reason, endpoint.id, worse)
    if not shadows and api.observed:
        yield passed("Everything that was called in the last 30 days is in the specification.")
    elif not shadows:
        yield unknown("No log of its gateway of the last 30 days was read.")
