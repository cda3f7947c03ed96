"""Paths without what was smuggled in, and the endpoints they belong to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.transitions.places import HIDDEN, Template, Templates, masked_path


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("", ""), ("/", "/"), ("/orders/7/lines?token=abc", "/orders/{}/lines"), ("/users/v1/name1", "/users/v1/name1"),
        ("/users/v1/name1'%20OR%201=1--", f"/users/v1/{HIDDEN}"), ("/a/%3Cscript%3E", "/a/{}"),
        ("/.env", "/.env"), (f"/{'x' * 61}", f"/{HIDDEN}"), ("/pässword", f"/{HIDDEN}"),
        ("/../../etc/passwd", "/../../etc/passwd"),
    ],
)  # fmt: skip
def test_a_path_shows_plain_names_only(path: str, shown: str) -> None:
    assert masked_path(path) == shown


@given(st.text(max_size=80))
def test_a_masked_path_is_masked_again_to_itself(text: str) -> None:
    once = masked_path("/" + text)
    assert masked_path(once) == once


def test_the_endpoint_of_a_path_is_the_same_one_first_then_the_one_with_most_words() -> None:
    templates = Templates(
        Template(number, method, key)
        for number, (method, key) in enumerate(
            [
                ("GET", "/{}/{}"),
                ("GET", "/orders/{}"),
                ("GET", "/orders/mine"),
                ("POST", "/orders/{}"),
                ("GET", "/f/{}.json"),
            ]
        )
    )
    found = {
        path: templates.find("GET", path) for path in ("/orders/mine", "/orders/x", "/a/b", "/f/q.json", "/orders")
    }
    assert found == {"/orders/mine": 2, "/orders/x": 1, "/a/b": 0, "/f/q.json": 4, "/orders": None}
    assert templates.find("GET", f"/orders/{HIDDEN}") == 1
    assert templates.find("PUT", "/orders/x") is None
