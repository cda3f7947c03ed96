"""Calls anybody on the way can read."""

from collections.abc import Iterator

from inventory.checks.base import Judgement, Severity, check, failed, passed, unknown
from inventory.checks.facts import CheckedApi, listed
from inventory.choices import Reach


@check(
    slug="clear-text",
    title="Reachable in clear text",
    demand="Every address of an API is an https address.",
    remedy="Answer over TLS only, and refuse or redirect http at the gateway; then take the http address out of the "
    "specification.",
    severity="high",
    category="API8",
    cwe=(319,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge the API by the schemes of its addresses."""
    hosts = sorted({host for scheme, host in api.addresses if host and scheme in {"http", "ws"}})
    silent = sorted({host for scheme, host in api.addresses if host and not scheme})
    if hosts:
        inside: Severity | None = "medium" if api.reach == Reach.INTERNAL else None
        yield failed(f"Its specification gives addresses in clear text on {listed(hosts)}.", severity=inside)
    elif silent:
        yield unknown(f"The address on {listed(silent)} does not say whether it is http or https.")
    elif any(host for _, host in api.addresses):
        yield passed("All its addresses are https.")
    else:
        yield unknown("No full address of it is known.")
