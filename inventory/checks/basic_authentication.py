"""Passwords sent with every call."""

from collections.abc import Iterator

from inventory.checks.base import Judgement, check, failed, passed, unknown
from inventory.checks.facts import CheckedApi, counted, listed


@check(
    slug="basic-authentication",
    title="Basic authentication in use",
    demand="No endpoint takes a user name and a password with each call.",
    remedy="Replace basic authentication by short-lived tokens (OAuth 2.0, OpenID Connect) or by client certificates.",
    severity="medium",
    category="API2",
    cwe=(522,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge the API by the kinds of the schemes its endpoints name."""
    used = {name: 0 for endpoint in api.described for name in endpoint.schemes}
    for endpoint in api.described:
        for name in endpoint.schemes:
            used[name] += 1
    if not used:
        return
    kinds = {name: (api.schemes or {}).get(name, "") for name in used}
    basic = sorted(name for name, kind in kinds.items() if kind in {"basic", "http basic"})
    if basic:
        number = sum(any(name in basic for name in endpoint.schemes) for endpoint in api.described)
        yield failed(f"{counted(number, 'endpoint')} may be called with {listed(basic)}, which is basic.")
    elif undescribed := sorted(name for name, kind in kinds.items() if not kind):
        yield unknown(f"The specification names {listed(undescribed)} and does not say what kind of sign-in that is.")
    else:
        yield passed(f"No endpoint names basic authentication; they name {listed(sorted(kinds))}.")
