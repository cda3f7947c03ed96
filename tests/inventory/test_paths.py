"""The path rule, written from its text: what stands for a template parameter and what never does."""

import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.paths import Base, path_key, split_base

SEGMENTS = {
    # numbers
    "0": "{}",
    "42": "{}",
    "007": "{}",
    "-7": "{}",
    "3.14": "{}",
    "42a": "42a",
    "1.2.3": "1.2.3",
    "٤٢": "٤٢",
    # UUID
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8": "{}",
    "6BA7B810-9DAD-11D1-80B4-00C04FD430C8": "{}",
    "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa": "{}",
    "6ba7b810-9dad-11d1-80b4": "6ba7b810-9dad-11d1-80b4",
    # ULID
    "01ARZ3NDEKTSV4RRFFQ69G5FAV": "{}",
    "01arz3ndektsv4rrffq69g5fav": "{}",
    "91ARZ3NDEKTSV4RRFFQ69G5FAV": "91ARZ3NDEKTSV4RRFFQ69G5FAV",
    "01ARZ3NDEKTSV4RRFFQ69G5FAU": "01ARZ3NDEKTSV4RRFFQ69G5FAU",
    # hex of twelve or more with a digit
    "deadbeefcaf3": "{}",
    "DEADBEEFCAF3": "{}",
    "5f0c6bb25a4f5d0e9d641d0f5c1c8b3e": "{}",
    "deadbeefcaf": "deadbeefcaf",
    "deadbeef123": "deadbeef123",
    "deadbeefcafe": "deadbeefcafe",
    # base64url of twenty or more with a digit, an upper-case and a lower-case letter
    "dBjftJeZ4CVPmB92K27u": "{}",
    "dBjftJeZ4CVP-mB92K2_7uhbUJU1p1r": "{}",
    "dBjftJeZ4CVPmB92K27": "dBjftJeZ4CVPmB92K27",
    "dbjftjez4cvpmb92k27u": "dbjftjez4cvpmb92k27u",
    "DBJFTJEZ4CVPMB92K27U": "DBJFTJEZ4CVPMB92K27U",
    "dBjftJeZqCVPmBxyKzwu": "dBjftJeZqCVPmBxyKzwu",
    "a-very-long-slug-about-nothing-2024": "a-very-long-slug-about-nothing-2024",
    # dates and times
    "2024-02-29": "{}",
    "2024-02": "{}",
    "20240229": "{}",
    "29.02.2024": "{}",
    "2024-W09-4": "{}",
    "12:30": "{}",
    "12:30:59.123Z": "{}",
    "2024-02-29T12:30:59Z": "{}",
    "2024-02-29T12:30:59+02:00": "{}",
    "20240229T123059Z": "{}",
    "2024-02-29 12:30": "{}",
    "2024-13-01": "2024-13-01",
    "2024-02-32": "2024-02-32",
    "25:30": "25:30",
    # e-mail addresses
    "ada@shop.example": "{}",
    "ada.lovelace+test@mail.shop.example": "{}",
    "@scope": "@scope",
    "ada@": "ada@",
    "ada@shop": "ada@shop",
    # templates
    "{id}": "{}",
    "{}": "{}",
    "{order-id}": "{}",
    ":id": "{}",
    "<id>": "{}",
    "<int:id>": "{}",
    "{id}.json": "{}.json",
    ":id.json": "{}.json",
    "<id>.json": "{}.json",
    "report-{year}-{month}.pdf": "report-{}-{}.pdf",
    ":from-:to": "{}-{}",
    "{a}{b}": "{}{}",
    "{id:[0-9]{4}}": "{}",
    "{id}:cancel": "{}:cancel",
    "urn:isbn": "urn:isbn",
    "{unclosed": "{unclosed",
    "closed}": "closed}",
    "{{id}": "{{}",
    "{{{id}}}": "{}",
    "<<id>>": "{}",
    # nothing else
    "me": "me",
    "v1": "v1",
    "V1": "V1",
    "blue-suede-shoes": "blue-suede-shoes",
    "Orders": "Orders",
    "*": "*",
    "..": "..",
}

PATHS = {
    "": "/",
    "/": "/",
    "orders": "/orders",
    "//orders///7//": "/orders/{}",
    "/orders/7?limit=5&x=/y": "/orders/{}",
    "/orders/7#top": "/orders/{}",
    "/orders#a?b": "/orders",
    "?x=1": "/",
    "/Orders/ORDERS": "/Orders/ORDERS",
    "/caf%C3%A9": "/café",
    "/café": "/café",
    "/a%20b": "/a b",
    "/%41": "/A",
    "/a%2Fb": "/a%2Fb",
    "/a%2fb": "/a%2Fb",
    "/a%3fb%23c": "/a%3Fb%23c",
    "/a%252Fb": "/a%2Fb",
    "/a%2520b": "/a%20b",
    "/100%": "/100%",
    "/100%25": "/100%",
    "/%zz": "/%zz",
    "/%ff/x": "/%FF/x",
    "/%C3/x": "/%C3/x",
    "/a%00b%0a": "/a%00b%0A",
    "/%34%32": "/{}",
    "/%7Bid%7D": "/{}",
    "/users/%3Aid": "/users/{}",
    "/users/ada%40shop.example": "/users/{}",
    "/d/{id}": "/d/{}",
    "/d/{name}": "/d/{}",
}


@pytest.mark.parametrize(("segment", "key"), SEGMENTS.items())
def test_a_segment_becomes_a_parameter_only_by_the_rule(segment: str, key: str) -> None:
    assert path_key(f"/x/{segment}/y") == f"/x/{key}/y"


@pytest.mark.parametrize(("path", "key"), PATHS.items())
def test_a_path_is_cut_split_and_decoded_once(path: str, key: str) -> None:
    assert path_key(path) == key


SPECIAL = st.sampled_from(
    ["{", "}", "<", ">", ":", "%", "%2F", "%7B", "%3a", "%C3", "/", "?", "#", ".", "-", "7", "a", "Z", "@", "é", "\0"]
)
PATHLIKE = st.lists(SPECIAL | st.text(max_size=3), max_size=30).map("".join)


@given(PATHLIKE)
def test_a_key_written_as_a_path_is_its_own_key(path: str) -> None:
    key = path_key(path)
    assert path_key(as_path(key)) == key


@given(PATHLIKE.filter(lambda path: "%25" not in path))
def test_the_rule_changes_nothing_twice(path: str) -> None:
    assert path_key(path_key(path)) == path_key(path)


def as_path(key: str) -> str:
    """Write a key as a path: a percent sign that is not one of those the rule keeps is encoded."""
    kept = {"%2F", "%3F", "%23", *(f"%{code:02X}" for code in (*range(32), *range(127, 256)))}
    return "".join("%25" if letter == "%" and key[at : at + 3] not in kept else letter for at, letter in enumerate(key))


@given(st.lists(st.text(string.ascii_letters + string.digits + "{}:<>@._~-", min_size=1), min_size=1))
def test_an_encoded_path_has_the_key_of_the_plain_one(segments: list[str]) -> None:
    plain = "/" + "/".join(segments)
    assert path_key(quote(plain)) == path_key(plain)


@given(PATHLIKE, st.text(string.printable))
def test_a_query_never_reaches_the_key(path: str, query: str) -> None:
    assert path_key(f"{path}?{query}") == path_key(path)


@pytest.mark.parametrize(
    "unit", ["{", "<", "{<", "%", "%25", "%C3", ":a", "::", "a@", "0", "-", "aA0_", "/", "{}", "2024-"]
)
def test_adversarial_paths_are_read_in_one_go(unit: str) -> None:
    path = "/" + unit * (200_000 // len(unit))
    assert path_key(path).startswith("/")


BASES = {
    "http://a:٣/x": Base("", "", None, ""),
    "https://api.shop.example/v1": Base("https", "api.shop.example", 443, "/v1"),
    "http://API.Shop.Example:80/V1/": Base("http", "api.shop.example", 80, "/V1"),
    "HTTPS://api.shop.example": Base("https", "api.shop.example", 443, ""),
    "https://api.shop.example:8443//a//b/": Base("https", "api.shop.example", 8443, "/a/b"),
    "wss://api.shop.example/live": Base("wss", "api.shop.example", 443, "/live"),
    "https://api.shop.example./v1?x=1#y": Base("https", "api.shop.example", 443, "/v1"),
    "https://ada:secret@api.shop.example/": Base("https", "api.shop.example", 443, ""),
    "https://bücher.example/v1": Base("https", "xn--bcher-kva.example", 443, "/v1"),
    "https://xn--bcher-kva.example/v1": Base("https", "xn--bcher-kva.example", 443, "/v1"),
    "http://[2001:DB8::1]:8080/x": Base("http", "2001:db8::1", 8080, "/x"),
    "//api.shop.example/v1": Base("", "api.shop.example", None, "/v1"),
    "/v1/": Base("", "", None, "/v1"),
    "v1": Base("", "", None, "/v1"),
    "/": Base("", "", None, ""),
    "": Base("", "", None, ""),
    "https://{tenant}.shop.example/v1": Base("https", "{tenant}.shop.example", 443, "/v1"),
    "ftp://files.shop.example/x": Base("ftp", "files.shop.example", None, "/x"),
    "https://api.shop.example:port/v1": Base("", "", None, ""),
    "http://[::1": Base("", "", None, ""),
    "https://api.shop.example:99999/": Base("", "", None, ""),
}


@pytest.mark.parametrize(("url", "base"), BASES.items())
def test_a_base_url_is_split_into_its_four_parts(url: str, base: Base) -> None:
    assert split_base(url) == base


@given(st.text(max_size=40) | st.tuples(st.text(max_size=12), PATHLIKE).map(lambda two: f"https://{two[0]}/{two[1]}"))
def test_a_split_base_url_splits_the_same_again(url: str) -> None:
    base = split_base(url)
    assert split_base(base.url) == base
