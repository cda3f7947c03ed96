"""Which requests get a fragment."""

import pytest
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from inventory.access.http import PublicRequest, asking_page, page_before, wants_fragment


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


@pytest.mark.parametrize("said", ["http://[x", "//[", "http://testserver.example/", "\x7f", ""])
def test_a_page_before_that_is_no_address_of_ours_is_none(said: str) -> None:
    assert asking_page(request({"HX-Request": "true", "HX-Current-URL": said})) == ""
    assert page_before(request({"Referer": said})) == ""
    ours = "http://testserver/apis/?q=x"
    assert asking_page(request({"HX-Current-URL": ours})) == page_before(request({"Referer": ours})) == "/apis/?q=x"
