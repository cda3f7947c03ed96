"""A failed check of Schemathesis as a finding, whichever of its reports tells of it."""

import re
from typing import Any
from urllib.parse import urlsplit

from findings.choices import Severity
from findings.connectors.tally import MOST_MESSAGE, Tally, method_of, name_of, web_place
from findings.records import FindingRecord
from inventory.connectors.base import as_text, clip, one_line

SEVERITIES = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
}

CRITICAL = ("ST101", "ST102", "ST113", "ST301", "ST401", "ST402")
HIGH = ("ST108", "ST114")
LOW = ("ST112",)
BY_CODE = {
    **dict.fromkeys(CRITICAL, "critical"),
    **dict.fromkeys(HIGH, "high"),
    **dict.fromkeys(LOW, "low"),
}
"""What Schemathesis 4.32 gives its checks; all others are medium. For the report that states no severity."""

MOST_PATH = 2000

_CODE = re.compile(r"ST\d{3}")
_OPERATION = re.compile(r"([A-Z]{3,10}) (/\S*)")
_BASE = re.compile(r"(?:\s)(?:--url|--base-url|-u)[ =]['\"]?(https?://[^\s'\"]+)")


def base_of(command: str) -> str:
    """Return the base address that a run was pointed at by its command, without credentials, or an empty text."""
    found = _BASE.search(command[:10_000])
    return web_place(found[1])[0].split("?")[0].rstrip("/") if found else ""


def severity_word(code: str) -> str:
    """Return the severity of a check by its code, for a report without; an empty text for what is no code."""
    return BY_CODE.get(code, "medium") if _CODE.fullmatch(code) else ""


def operation_of(label: str) -> tuple[str, str]:
    """Return method and path of a label such as `GET /orders/{id}`; empty texts for others, as `Stateful tests`."""
    found = _OPERATION.fullmatch(label.strip())
    return (method_of(found[1]), clip(found[2], MOST_PATH)) if found else ("", "")


def base_from(url: str, path: str) -> str:
    """Return the base address of a URL that a request to a templated path was sent to.

    What stands before as many segments as the path has is the base; a URL of fewer says nothing of it.
    """
    address = web_place(url)[0]
    if not address:
        return ""
    parts = urlsplit(address.split("?")[0].split("#")[0])
    seen, told = parts.path.split("/")[1:], path.split("/")[1:]
    if len(seen) < len(told):
        return f"{parts.scheme}://{parts.netloc}"
    return "/".join((f"{parts.scheme}://{parts.netloc}", *seen[: len(seen) - len(told)]))


def finding_of(  # noqa: PLR0913 - what the reports tell, by name
    *, code: Any, title: Any, word: Any, method: str, path: str, base: str, tally: Tally, message: str = "",
    instances: int = 1,
) -> FindingRecord:  # fmt: skip
    """Return the finding, counted. `base` is the base address, and `path` as the specification has it."""
    rule = name_of(code) or name_of(title) or "unnamed"
    told = one_line(as_text(title)) or rule
    severity, raw = tally.severity(word, SEVERITIES)
    url = f"{base}{path}" if base and path else base
    # As seen: the base address may bring a path of its own.
    seen = (urlsplit(base).path + path if base else path) if path else ""
    return tally.add(
        FindingRecord(
            source_kind="schemathesis",
            rule=rule,
            title=told,
            message=clip(message.strip(), MOST_MESSAGE) or told,
            severity=severity,
            raw_severity=raw,
            method=method,
            url=clip(url, 2000),
            path=clip(seen, 2000),
            instances=instances,
        )
    )
