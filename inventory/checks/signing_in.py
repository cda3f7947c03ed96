"""What specification and logs tell of sign-in on one endpoint; shared by the checks that ask for it."""

from inventory.checks.base import Judgement, Severity, failed, passed, unknown
from inventory.checks.facts import CheckedEndpoint, counted


def judge_sign_in(endpoint: CheckedEndpoint, severity: Severity | None = None) -> Judgement:
    """Judge whether an endpoint asks for sign-in.

    Calls that were answered without credentials say more than the specification, and a specification that declares
    sign-in more than silence.
    """
    if endpoint.open:
        told = f"{counted(endpoint.open, 'call')} without credentials answered with success in the last 30 days."
        return failed(told, endpoint.id, severity)
    if endpoint.authentication == "none":
        return failed("The specification switches sign-in off or makes it optional.", endpoint.id, severity)
    if endpoint.authentication == "declared":
        return passed(f"The specification asks for sign-in{_by(endpoint)}.", endpoint.id)
    if endpoint.signed:
        told = "The specification is silent; all calls answered in the last 30 days had credentials."
        return passed(told, endpoint.id)
    return unknown("The specification is silent, and no log tells of credentials.", endpoint.id)


def _by(endpoint: CheckedEndpoint) -> str:
    return f" by {', '.join(endpoint.schemes[:3])}" if endpoint.schemes else ""
