"""Sign-in that is declared and not asked for."""

from collections.abc import Iterator

from inventory.checks.base import Judgement, check, failed, passed, unknown
from inventory.checks.facts import CheckedApi, counted


@check(
    slug="authentication-not-enforced",
    title="Declared authentication is not enforced",
    demand="An endpoint that declares sign-in answers no call without credentials.",
    remedy="Refuse calls without credentials with 401 on this endpoint, at the gateway or in the code.",
    severity="high",
    category="API2",
    cwe=(287,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge each endpoint that declares sign-in by what logs tell of credentials."""
    for endpoint in api.present:
        if endpoint.authentication != "declared":
            continue
        if endpoint.open:
            told = f"{counted(endpoint.open, 'call')} without credentials answered with success in the last 30 days."
            yield failed(told, endpoint.id)
        elif endpoint.signed or endpoint.unsigned:
            yield passed("No call without credentials was answered with success in the last 30 days.", endpoint.id)
        elif endpoint.calls:
            yield unknown("It is called, but the log does not tell of credentials.", endpoint.id)
        else:
            yield unknown("No log of the last 30 days has a call to it.", endpoint.id)
