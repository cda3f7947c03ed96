"""Secrets that a text quotes are hidden, and what only speaks of them is left."""

import gc
import io
import logging
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.access.masking import HIDDEN, MaskingFormatter, masked

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
SECRETS = (
    ("Authorization: Bearer {}", JWT),
    ("Authorization: Bearer {}", "d41d8cd98f00b204e9800998ecf8427e"),
    ("Authorization: Basic {}", "YWRtaW46aHVudGVyMg=="),
    ("X-Api-Key: {}", "0f8fad5bd9cb469fa165"),
    ("GET /reset?token={}&lang=en answers 200", "hunter-two"),
    ("GET /files?sig={}#top", "k3Jd"),
    ("password={} in config.ini", "hunter"),
    ('"client_secret": "{}",', "correct horse battery"),
    ("db_password = '{}'", "letmein"),
    ('DB_PASSWORD="{}"', "s3cr3t;with&all"),
    ("Cookie: theme=dark; sessionid={}", "abcdef"),
    ("Set-Cookie: sid={}; Path=/; HttpOnly", "s%3Aabc"),
    ("postgres://app:{}@db.example/orders", "pa55:word"),
    ("clone https://oauth2:{}@git.example/a.git", "abc"),
    ("found {} in the bundle", "AKIAIOSFODNN7EXAMPLE"),
    ("found {}.", "ghp_" + "a1B2" * 9),
    ("found {}", "glpat-" + "a1B2c3D4e5F6g7H8i9J0"),
    ("found {}", "xoxb-123456789012-abcdefghij"),
    ("found {}", "sk_live_" + "4eC39HqLyjWDarjtT1"),
    ("found {}", "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6q"),
    ("token {}", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("token {}", "posture_0123456789abcdefghijkl"),
    ("the key is\n{}\nkeep it", "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"),
    ("cut off: {}", "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA"),
)
LEFT = (
    "The token is missing.",
    "Bearer authentication is declared.",
    "Basic authentication over plain HTTP",
    "Cookie No HttpOnly Flag",
    "Token: expired",
    "password: required",
    '"password": null',
    "API key in the query string",
    "The key size is 1024 bits.",
    "token=<token>",
    "password=${DB_PASSWORD}",
    "Authorization: Bearer ***",
    "Set-Cookie without Secure",
    "https://shop.example/a@b/c",
    "secret scanning is off",
    "keyboard",
    "monkey=banana",
    "http://shop.example:8080/",
    "Passwords are stored with MD5.",
    "",
)


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_a_quoted_secret_is_hidden_and_its_text_stays_readable(text: str, secret: str) -> None:
    shown = masked(text.format(secret))
    assert secret not in shown
    assert HIDDEN in shown
    assert shown.startswith(text.partition("{}")[0][:6])
    assert masked(shown) == shown


@pytest.mark.parametrize("text", LEFT)
def test_what_only_speaks_of_a_secret_is_left(text: str) -> None:
    assert masked(text) == text


def test_several_in_one_text_are_all_hidden() -> None:
    whole = " | ".join(text.format(secret) for text, secret in SECRETS)
    shown = masked(whole)
    assert [secret for _, secret in SECRETS if secret in shown and len(secret) > 6] == []


@given(st.text(alphabet="password=:\"' tokenBearer0aZ.\n&?", max_size=200))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = masked(text)
    assert masked(once) == once


HOSTILE: tuple[Callable[[int], str], ...] = (
    lambda n: "password" * n,
    lambda n: "password" + " " * n + "=",
    lambda n: "token=" * n,
    lambda n: "://" + "a" * n + ":",
    lambda n: "://a:" * n,
    lambda n: "eyJ" + "a" * n,
    lambda n: "eyJaaaaa." * n,
    lambda n: "-----BEGIN PRIVATE KEY-----" * n,
    lambda n: "-----BEGIN " + "A" * n,
    lambda n: "cookie:" * n,
    lambda n: "cookie: " + "=a;" * n,
    lambda n: "bearer " * n,
    lambda n: 'secret="' + "a" * n,
    lambda n: 'secret="' * n,
    lambda n: "ghp_" * n,
    lambda n: "xoxb-" + "-" * n,
)


@pytest.mark.parametrize("make", HOSTILE)
def test_no_text_takes_longer_than_its_length_deserves(make: Callable[[int], str]) -> None:
    """A quadratic expression would take minutes for the longest of these; the bound leaves room for a busy machine."""
    gc.collect()
    text = make(100_000)
    began = time.process_time()
    masked(text)
    assert time.process_time() - began < 15 * max(1, len(text) / 1_000_000)


def test_the_log_hides_what_a_message_and_a_traceback_quote() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(MaskingFormatter("%(levelname)s %(message)s"))
    log = logging.getLogger("planted")
    log.propagate = False
    log.addHandler(handler)
    try:
        int("password=hunter2")
    except ValueError:
        log.exception("Authorization: Bearer %s", JWT)
    assert "hunter2" not in stream.getvalue()
    assert JWT not in stream.getvalue()
    assert "Traceback" in stream.getvalue()


def test_the_logs_of_the_product_are_written_so(settings: object) -> None:
    line = settings.LOGGING["formatters"]["line"]  # type: ignore[attr-defined]
    assert line["()"].endswith("MaskingFormatter")
