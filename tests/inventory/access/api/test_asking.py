"""Parameters: a closed set, and what none of them may be."""

import pytest
from django.http import QueryDict

from inventory.access.api.asking import asked, choice, flag, number, places, text
from inventory.access.api.errors import Refusal

KNOWN = (
    choice("reach", "", ["public", "internal"]),
    text("q", ""),
    flag("open", ""),
    number("cwe", "", least=1, most=9999),
    *places("things"),
)


def refusal_of(query: str) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        asked(QueryDict(query), KNOWN)
    assert refusal.value.status_code == 400
    assert refusal.value.message.endswith(".")
    return refusal.value


def test_what_is_asked_for_comes_with_its_meaning() -> None:
    query = QueryDict("reach=public&q=+a+b+&open=false&cwe=79&page_size=100")
    assert asked(query, KNOWN) == {"reach": "public", "q": "a b", "open": False, "cwe": 79, "page_size": 100}
    assert asked(QueryDict(), KNOWN) == {}


def test_what_is_unknown_is_named_with_what_is_known() -> None:
    refusal = refusal_of("reach=public&raech=public")
    assert (refusal.code, refusal.field) == ("unknown_parameter", "raech")
    assert refusal.message == "There is no parameter “raech”; known are reach, q, open, cwe, cursor, page_size."
    with pytest.raises(Refusal, match="there are none here"):
        asked(QueryDict("a=1"), ())


@pytest.mark.parametrize(
    "query",
    [
        "reach=", "reach=Public", "reach=public&reach=public", "reach=%00", "q=", "q=%20", "q=a%00b", "q=" + "a" * 301,
        "open=1", "open=TRUE", "open=", "cwe=0", "cwe=-1", "cwe=10000", "cwe=1e3", "cwe=%D9%A3", "cwe=" + "9" * 5000,
        "page_size=0", "page_size=101", "page_size=ten", "cursor=", "cursor=abc", "cursor=AAAAAAAAAAAAA",
        "cursor=%F0%9F%92%A9", "cursor=" + "A" * 5000, "cursor=1%27+OR+1%3D1--",
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_with_the_name(query: str) -> None:
    refusal = refusal_of(query)
    name = query.partition("=")[0]
    assert (refusal.code, refusal.field) == ("invalid", name)
    assert refusal.message.startswith(f"{name} is ")
    assert len(refusal.message) < 1200


def test_a_choice_that_cannot_be_is_told_what_it_may_be() -> None:
    assert refusal_of("reach=moon").message == "reach is “moon”; it may be public, internal."
