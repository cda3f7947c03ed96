"""Take secrets out of texts of foreign tools before they are kept, shown, exported or logged. Pure.

Tools quote what they found: a header with its token, a line of configuration with its password. The text stays
readable, the value is replaced by `HIDDEN`; the sealed report has it whole. There are two ways to know a secret: by its
own shape (tokens of known makers, JSON Web Tokens, private keys), and by what stands before it (a name such as
`password=`, a header). What merely speaks of one ("the token is missing", "Bearer authentication") is left alone.

Every expression is bounded, so that time grows with the text alone.
"""

import logging
import re
from functools import lru_cache
from typing import Final

from typing_extensions import override

HIDDEN: Final = "•••"

TRIGGERS: Final = (
    "passw", "passphrase", "pwd", "secret", "token", "key", "credential", "session", "sid=", "bearer", "basic",
    "authorization", "cookie", "eyj", "akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
    "glpat-", "xox", "k_live_", "k_test_", "aiza", "npm_", "posture_", "sig=", "signature=", "jwt",
)  # fmt: skip
"""A text in lower case without any of these holds nothing that is looked for but what an address may carry."""

SHAPES: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?"
    r"|\beyJ[\w-]{5,600}\.[\w-]{5,8000}(?:\.[\w-]{0,4000})?"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,255}|\bgithub_pat_\w{20,255}|\bglpat-[\w-]{16,64}"
    r"|\bxox[abeoprs]-[\w-]{10,200}|\b[srp]k_(?:live|test)_[A-Za-z0-9]{10,200}|\bAIza[\w-]{35}"
    r"|\bnpm_[A-Za-z0-9]{30,60}|\bwhsec_[A-Za-z0-9+/=]{16,200}|\bposture_[\w-]{20,100}"
)
USER_INFO: Final = re.compile(r"(://)[^\s/@:\"'<>]{0,200}:[^\s/@\"'<>]{1,200}@")
HEADER: Final = re.compile(r"(?i)\b((?:set-)?cookie2?\s{0,3}:\s{0,3})([^\r\n]{1,4000})")
COOKIE: Final = re.compile(r"=([^;\s]{1,4000})")
SCHEME: Final = re.compile(r"(?i)\b(bearer|basic|digest|negotiate|token|apikey)(\s{1,3})([\w+/.~=-]{8,4000})")
NAMED: Final = re.compile(
    r"(?i)((?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|credentials?"
    r"|authorization|session[_-]?id|sessid|\bsid|\bjwt|[?&](?:key|sig|signature|code))[\w-]{0,30}[\"']?\s{0,3})"
    r"(=>|:=|=|:)(\s{0,3})"
    r"(\"[^\"\r\n]{1,2000}\"|'[^'\r\n]{1,2000}'|[^\s\"'&;,<>(){}\[\]]{1,4000})"
)
HARMLESS: Final = frozenset({
    "true", "false", "null", "none", "nil", "required", "missing", "string", "undefined", "bearer", "basic", "digest",
    "negotiate", "yes", "empty", "changeme",
})  # fmt: skip
STANDS_FOR: Final = re.compile(r"[•*.xX…-]*|[<{$%\[(].*")
"""Values that stand for others: rows of dots, `<token>`, `${TOKEN}`."""
REMEMBERED: Final = 1000
"""A longer text is unlikely to come again, and too large to keep."""
SHORT_OF_A_SECRET: Final = 16
"""A word of fewer letters without a digit may be plain language."""


def masked(text: str) -> str:
    """Return the text with every secret in it replaced by `HIDDEN`. What is masked already comes back as it is."""
    return _remembered(text) if len(text) <= REMEMBERED else _masked(text)


@lru_cache(maxsize=2048)  # titles and remedies come again and again
def _remembered(text: str) -> str:
    return _masked(text)


def _masked(text: str) -> str:
    lower = text.lower()
    if not ("@" in lower and "://" in lower) and not any(word in lower for word in TRIGGERS):
        return text
    text = SHAPES.sub(HIDDEN, text)
    text = USER_INFO.sub(rf"\1{HIDDEN}@", text)
    text = HEADER.sub(lambda found: found[1] + COOKIE.sub(f"={HIDDEN}", found[2]), text)
    text = SCHEME.sub(_behind_a_scheme, text)
    return NAMED.sub(_behind_a_name, text)


def _behind_a_scheme(found: re.Match[str]) -> str:
    name, space, value = found.groups()
    return f"{name}{space}{HIDDEN}" if _looks_made(value) else found[0]


def _behind_a_name(found: re.Match[str]) -> str:
    name, sign, space, value = found.groups()
    quote = value[0] if value[0] in "\"'" else ""
    inner = value.strip("\"'") if quote else value
    if inner.lower() in HARMLESS or STANDS_FOR.fullmatch(inner):
        return found[0]
    # Behind a colon, unquoted, the sentence may simply go on.
    if not quote and sign == ":" and not _looks_made(inner):
        return found[0]
    return f"{name}{sign}{space}{quote}{HIDDEN}{quote}"


def _looks_made(value: str) -> bool:
    """Tell whether a word was rather made by a machine than written: it has a digit, or is long and mixed."""
    if any(sign.isdigit() for sign in value):
        return True
    return len(value) >= SHORT_OF_A_SECRET and not (value.islower() or value.istitle())


class MaskingFormatter(logging.Formatter):
    """Lines of the log, traceback included, without the secrets that a message or an error quotes."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return the line, masked."""
        return masked(super().format(record))
