"""Card data in answers: numbers and codes of payment cards that a client never needs whole."""

from collections.abc import Iterator
from typing import Final

from inventory.checks.base import Judgement, check, failed, passed, unknown
from inventory.checks.facts import CheckedApi, CheckedEndpoint, listed, words_of

ALONE: Final = frozenset(
    ("cardnumber", "cardno", "ccnumber", "creditcard", "creditcardnumber", "csc", "cvc", "cvn", "cvv", "pan",
     "pinblock", "trackdata")
)  # fmt: skip
"""Words that name the number of a card, the code on its back, what its stripe holds or its PIN."""
PAIRS: Final = (
    ("account", "pan"), ("card", "code"), ("card", "no"), ("card", "num"), ("card", "number"), ("card", "pin"),
    ("cc", "num"), ("cc", "number"), ("credit", "card"), ("debit", "card"), ("pin", "block"), ("security", "code"),
    ("track", "data"),
)  # fmt: skip
KIND: Final = (("credit", "card"), ("debit", "card"))
"""Pairs that name the card as such: with a further word they speak of something about it, such as its brand."""
LESSENED: Final = frozenset(
    ("brand", "count", "digest", "fingerprint", "hash", "hashed", "hint", "id", "last", "length", "masked", "network",
     "present", "redacted", "ref", "reference", "required", "scheme", "status", "token", "tokenized", "truncated",
     "type", "valid")
)  # fmt: skip
"""With one of these it is something about the card or what is left of its number, not the number."""


@check(
    slug="card-data-in-response",
    title="Card data in a response",
    demand="No answer holds a whole card number, the code of a card or what its stripe holds.",
    remedy="Answer with the last four digits or a token in place of the number, and never with the code of a card. "
    "If the member holds that already, name it so.",
    severity="high",
    category="API3",
    cwe=(359,),
    facts=CheckedApi,
)
def judge(api: CheckedApi) -> Iterator[Judgement]:
    """Judge each endpoint by the names of the members its specification declares for its answers."""
    for endpoint in api.present:
        yield _judge(endpoint)


def _judge(endpoint: CheckedEndpoint) -> Judgement:
    if endpoint.parameters is None and not endpoint.documented:
        return unknown("No specification tells what its answers hold.", endpoint.id)
    if endpoint.members is None:
        return unknown("The specification, as it was read, declares nothing of what its answers hold.", endpoint.id)
    named = [name for name in endpoint.members if names_card_data(name)]
    if named:
        return failed(f"Its answers hold {listed(named)}.", endpoint.id)
    return passed("No declared member of its answers is named like card data.", endpoint.id)


def names_card_data(name: str) -> bool:
    """Tell whether a member is named like the number or the code of a card."""
    words = tuple(word for word in words_of(name) if not word.isdigit())
    if LESSENED & set(words):
        return False
    if ALONE & {*words, "".join(words)}:
        return True
    pairs = [words[place : place + 2] for place in range(len(words))]
    return any(pair in PAIRS and (pair not in KIND or len(words) == len(pair)) for pair in pairs)
