"""Parameters that name an address the API may be made to call."""

from collections.abc import Iterator
from typing import Final

from inventory.checks.base import Judgement, check, failed, passed, unknown
from inventory.checks.facts import CheckedApi, Declared, listed

ADDRESSES: Final = frozenset(("callback", "redirect", "uri", "url", "webhook"))


@check(
    slug="address-parameter",
    title="A caller names the address that is called",
    demand="No parameter takes an address from the caller.",
    remedy="Take a name from a list instead of an address; where an address must be taken, check host and resolved "
    "address against what may be called, and follow no redirect.",
    severity="low",
    category="API7",
    cwe=(918,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge each described endpoint by the names and formats of its parameters."""
    for endpoint in api.present:
        if endpoint.parameters is None:
            told = "No specification tells its parameters."
            if endpoint.documented:
                told = "The specification was read before its parameters were kept; upload it again."
            yield unknown(told, endpoint.id)
            continue
        named = [one.name for one in endpoint.parameters if _address(one)]
        if named:
            yield failed(f"It takes an address in {listed(named)}.", endpoint.id)
        else:
            yield passed("No declared parameter is named like an address.", endpoint.id)


def _address(parameter: Declared) -> bool:
    return parameter.kind in {"string uri", "string url"} or bool(ADDRESSES & set(parameter.words))
