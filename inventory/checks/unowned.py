"""APIs nobody answers for."""

from collections.abc import Iterator

from inventory.checks.base import Judgement, check, failed, passed, unknown
from inventory.checks.facts import CheckedApi, listed


@check(
    slug="unowned",
    title="Nobody answers for it",
    demand="Every API has a team that holds it and a person who owns it.",
    remedy="Name the team and the owner on the page of the API.",
    severity="low",
    category="API9",
    cwe=(1059,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge the API by the team and the owner people gave it; what files propose is not confirmed yet."""
    if api.team and api.owner:
        yield passed(f"{api.team} holds it and {api.owner} owns it.")
    elif api.proposed:
        yield unknown(f"A file names {listed(list(api.proposed))}; nobody has confirmed that yet.")
    else:
        lacking = " and ".join(word for word, held in (("team", api.team), ("owner", api.owner)) if not held)
        yield failed(f"It has no {lacking}.")
