"""When two findings are the same one. Changing anything here is a new identity version.

Never part of an identity: host, base path, environment, line number, severity, text.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256

from inventory.paths import path_key

VERSION = "1"

OWN_CHECKS = "posture checks"
"""The source of findings that our own checks make; their class is the check."""


def _digest(kind: str, *parts: str) -> str:
    """Return SHA-256 over the parts, each behind its length, so that no two lists of parts read alike."""
    return sha256(_joined(VERSION, kind, *parts)).hexdigest()


def _joined(*parts: str) -> bytes:
    text = "".join([f"{len(part)}:{part}," for part in parts])
    if text.isascii():
        return text.encode()
    # The length is that of the bytes.
    raw = [part.encode("utf-8", "replace") for part in parts]
    return b"".join([b"%d:%b," % (len(part), part) for part in raw])


@lru_cache(maxsize=64)  # a finding's place is asked for once for each of its two keys
def _where(method: str, path: str, parameter: str, location: str) -> bytes:
    return _joined(method.upper(), path_key(path) if path else "", parameter, location)


def fingerprint(  # noqa: PLR0913 - the parts of an identity, by name
    *, api: str, source_kind: str, rule: str, method: str, path: str, parameter: str, location: str
) -> str:
    """Return the identity of a finding, 64 hex digits.

    `api` is the stable id of the API, or what stands for it. `path` is below the API's base path and as seen: the path
    rule is applied here. What a finding does not have is empty.
    """
    head = _joined(VERSION, "finding", api, source_kind.lower(), rule)
    return sha256(head + _where(method, path, parameter, location)).hexdigest()


def weakness_key(  # noqa: PLR0913 - the parts of an identity, by name
    *, source_kind: str, rule: str, method: str, path: str, parameter: str, location: str, cwe: Iterable[int] = ()
) -> str:
    """Return the key that relates the same weakness across APIs, environments and, where it has a CWE, tools."""
    head = _joined(VERSION, "weakness", weakness_class(source_kind, rule, cwe))
    return sha256(head + _where(method, path, parameter, location)).hexdigest()


def weakness_class(source_kind: str, rule: str, cwe: Iterable[int] = ()) -> str:
    """Return the class of a finding: its lowest CWE, such as `CWE-89`, else the tool's rule, `tool:rule`.

    The class of a failed check of ours is the check, whatever CWE it has.
    """
    lowest = min(cwe, default=None) if source_kind.lower() != OWN_CHECKS else None
    return f"{source_kind.lower()}:{rule}" if lowest is None else f"CWE-{lowest}"


def code_location(file: str, marks: Mapping[str, str], snippet: str) -> str:
    """Return where in code a finding is, without a line number: the file and what tells it from its neighbours.

    `marks` are the tool's own fingerprints by name; without any the hash of the snippet stands in, with runs of space
    as one space; without that the file alone, or nothing.
    """
    if marks:
        return f"{file}#{_digest('marks', *(part for mark in sorted(marks.items()) for part in mark))[:16]}"
    text = " ".join(snippet.split())
    return f"{file}#{_digest('snippet', text)[:16]}" if text else file
