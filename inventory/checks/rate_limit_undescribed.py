"""Calls without a declared limit."""

from collections.abc import Iterator

from inventory.checks.base import Judgement, check, failed, passed, unknown
from inventory.checks.facts import CheckedApi, counted, listed
from inventory.choices import Reach


@check(
    slug="rate-limit-undescribed",
    title="No limit on calls is described",
    demand="Every endpoint that outsiders reach describes the answer 429 to too many calls.",
    remedy="Limit calls for each caller at the gateway, answer 429 with Retry-After above the limit, and describe it.",
    severity="low",
    category="API4",
    cwe=(770,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge the API by the answers that its endpoints describe; one inside the organisation may do without."""
    if api.reach == Reach.INTERNAL or not api.described:
        return
    told = [endpoint for endpoint in api.described if endpoint.responses]
    lacking = [endpoint for endpoint in told if not {"429", "4XX", "4xx"} & set(endpoint.responses or ())]
    if lacking:
        named = listed([f"{endpoint.method} {endpoint.path}" for endpoint in lacking], 3)
        yield failed(f"{len(lacking)} of {counted(len(api.described), 'endpoint')} describe no 429: {named}.")
    elif len(told) < len(api.described):
        number = counted(len(api.described) - len(told), "endpoint")
        yield unknown(f"The specification describes no answers of {number}.")
    else:
        yield passed("Every endpoint describes the answer 429.")
