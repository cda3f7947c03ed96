"""Object ids that can be counted through."""

from collections.abc import Iterator
from typing import Final

from inventory.checks.base import Judgement, check, failed, passed, unknown
from inventory.checks.facts import CheckedApi, Declared, listed

HARD: Final = frozenset(("string uuid", "string ulid", "string guid"))


@check(
    slug="countable-ids",
    title="Objects named by numbers that can be counted through",
    demand="Ids of objects in paths are drawn by chance, not counted.",
    remedy="Ask on each call whether this caller may have this object; that is what helps. Ids by chance (UUIDs) make "
    "trying more expensive.",
    severity="low",
    category="API1",
    cwe=(639,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge each endpoint with a parameter in its path by the declared type of it."""
    for endpoint in api.present:
        if "{" not in endpoint.path:
            continue
        if endpoint.parameters is None:
            yield unknown("No specification tells the type of its ids.", endpoint.id)
            continue
        ids = [one for one in endpoint.parameters if one.where == "path"]
        counted = [one.name for one in ids if _countable(one)]
        if counted:
            yield failed(f"{listed(counted)} in the path is declared as a whole number.", endpoint.id)
        elif ids and all(one.kind in HARD for one in ids):
            named = listed([one.name for one in ids])
            yield passed(f"{named} in the path is declared as an id by chance.", endpoint.id)
        else:
            yield unknown("The specification does not say what its ids look like.", endpoint.id)


def _countable(parameter: Declared) -> bool:
    """Tell whether it is a whole number that names an object: a year or a page is counted, and names none."""
    plain = {"year", "month", "day", "page", "version", "limit", "offset", "size", "width", "height"}
    return parameter.kind.startswith("integer") and not plain & set(parameter.words)
