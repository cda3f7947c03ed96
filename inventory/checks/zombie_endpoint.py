"""Endpoints that should be gone and are still called."""

from collections.abc import Iterator

from inventory.checks.base import Judgement, check, failed, passed, unknown
from inventory.checks.facts import CheckedApi
from inventory.choices import Discovery


@check(
    slug="zombie-endpoint",
    title="Deprecated endpoint still called",
    demand="Nothing calls an endpoint that is deprecated, past its sunset or dropped from the specification.",
    remedy="Find who still calls it, move them to what replaces it, then switch it off.",
    severity="medium",
    category="API9",
    cwe=(477,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge each endpoint that should be gone by the calls of the last days."""
    for endpoint in api.endpoints:
        going = endpoint.deprecated or endpoint.removed or endpoint.state == Discovery.ZOMBIE
        if not going or (not endpoint.documented and not endpoint.removed):
            continue
        if endpoint.state == Discovery.ZOMBIE and endpoint.calls:
            yield failed(endpoint.reason, endpoint.id)
        elif api.observed:
            yield passed("Not called in the last 30 days.", endpoint.id)
        else:
            yield unknown("No log of its gateway of the last 30 days was read.", endpoint.id)
