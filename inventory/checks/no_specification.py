"""APIs nobody described."""

from collections.abc import Iterator

from inventory.checks.base import Judgement, check, failed, passed, unknown
from inventory.checks.facts import CheckedApi, counted


@check(
    slug="no-specification",
    title="No specification",
    demand="Every API has a specification that tells its endpoints.",
    remedy="Upload the specification of this API, or have one made from its code.",
    severity="low",
    category="API9",
    cwe=(1059,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge the API by its current specification; one that tells no endpoint says too little to judge."""
    if not api.specification:
        yield failed("No specification of it was ever read.")
    elif not api.described:
        yield unknown(f"{api.specification} describes no endpoint.")
    else:
        yield passed(f"{api.specification} describes {counted(len(api.described), 'endpoint')}.")
