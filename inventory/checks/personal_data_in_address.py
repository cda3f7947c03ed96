"""Personal and card data in addresses, which logs, browsers and proxies keep."""

from collections.abc import Iterator
from typing import Final

from inventory.checks.base import Judgement, check, failed, passed, unknown
from inventory.checks.facts import CheckedApi, Declared, listed

PERSONAL: Final = frozenset(
    ("birthdate", "birthday", "creditcard", "cvc", "cvv", "email", "iban", "passport", "phone", "phonenumber", "ssn")
)
PAIRS: Final = (
    ("account", "number"),
    ("birth", "date"),
    ("card", "number"),
    ("credit", "card"),
    ("date", "birth"),
    ("e", "mail"),
    ("national", "id"),
    ("social", "security"),
    ("tax", "id"),
)


@check(
    slug="personal-data-in-address",
    title="Personal or card data in the address",
    demand="No personal or card data is a part of an address.",
    remedy="Take such values in the body of a POST, or name the person by an id that says nothing outside.",
    severity="medium",
    category="API3",
    cwe=(359,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge each described endpoint by the names of its parameters in path and query."""
    for endpoint in api.present:
        if endpoint.parameters is None:
            told = "No specification tells its parameters."
            if endpoint.documented:
                told = "The specification was read before its parameters were kept; upload it again."
            yield unknown(told, endpoint.id)
            continue
        named = [one.name for one in endpoint.parameters if one.where in {"path", "query"} and _personal(one)]
        if named:
            yield failed(f"The address carries {listed(named)}.", endpoint.id)
        else:
            yield passed("No declared parameter of the address is named like personal or card data.", endpoint.id)


def _personal(parameter: Declared) -> bool:
    words = tuple(word for word in parameter.words if word not in {"of", "the"})
    return bool(PERSONAL & {*words, "".join(words)}) or any(
        pair == words[place : place + 2] for pair in PAIRS for place in range(len(words))
    )
