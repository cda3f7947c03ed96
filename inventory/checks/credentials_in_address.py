"""Secrets in addresses, which logs, browsers and proxies keep."""

from collections.abc import Iterator
from typing import Final

from inventory.checks.base import Judgement, check, failed, passed, unknown
from inventory.checks.facts import CheckedApi, Declared, listed

SECRETS: Final = frozenset(("apikey", "passwd", "password", "passwort", "pwd", "secret", "sessionid"))
PAIRS: Final = (("api", "key"), ("access", "token"), ("auth", "token"), ("id", "token"), ("session", "id"))


@check(
    slug="credentials-in-address",
    title="Credentials in the address",
    demand="No key, token or password is a part of an address.",
    remedy="Take the secret in a header (Authorization) and refuse it in the address; change those that were sent.",
    severity="medium",
    category="API2",
    cwe=(598,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge each described endpoint by its parameters in path and query, and by keys that go in the query."""
    in_query = {name for name, kind in (api.schemes or {}).items() if kind.startswith("apiKey query")}
    for endpoint in api.described:
        if endpoint.parameters is None or api.schemes is None:
            yield unknown("The specification was read before its parameters were kept; upload it again.", endpoint.id)
            continue
        named = [one.name for one in endpoint.parameters if one.where in {"path", "query"} and _secret(one)]
        named += sorted(in_query & set(endpoint.schemes))
        if named:
            yield failed(f"The address carries {listed(named)}.", endpoint.id)
        else:
            yield passed("No declared parameter of the address is named like a secret.", endpoint.id)
    for endpoint in api.present:
        if not endpoint.documented:
            yield unknown("No specification tells its parameters.", endpoint.id)


def _secret(parameter: Declared) -> bool:
    words = parameter.words
    return (
        bool(SECRETS & {*words, "".join(words)})
        or any(pair == words[place : place + 2] for pair in PAIRS for place in range(len(words)))
        or words == ("token",)
    )
