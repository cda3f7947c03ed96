"""Which requests get a fragment."""

import pytest
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from inventory.access.http import PublicRequest, wants_fragment


def request(headers: dict[str, str]) -> PublicRequest:
    made = RequestFactory().get("/", headers=headers)
    made.htmx = HtmxDetails(made)  # type: ignore[attr-defined]  # as the middleware does
    return made  # type: ignore[return-value]  # has what ours declares


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Request-Type": "partial"}, True),
        ({"HX-Request": "true", "HX-Request-Type": "full"}, False),
        ({"HX-Request": "true", "HX-Boosted": "true"}, False),
        ({"HX-History-Restore-Request": "true"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
    ],
)
def test_only_a_swap_into_a_page_gets_a_fragment(headers: dict[str, str], *, expected: bool) -> None:
    made = request(headers)
    assert wants_fragment(made) is expected
    assert made.answers_vary
