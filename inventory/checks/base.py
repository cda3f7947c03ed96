"""What every check is, and the one list of them. Pure: a check judges facts it is given.

A check is one function in one module, decorated with `check`; discovery finds it. A check whose facts belong to a
higher floor lives there and registers here all the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

Severity = Literal["critical", "high", "medium", "low"]


class Result(StrEnum):
    """What a check found; where it does not apply it says nothing."""

    PASS = "pass"  # noqa: S105 - a word, no password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a check says of an API, or of one endpoint of it, and the evidence that made it so, as a sentence.

    `severity` is given where it is not the check's own.
    """

    result: Result
    evidence: str
    endpoint_id: int | None = None
    severity: Severity | None = None


Judge = Callable[[Any], Iterator[Judgement]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check. `facts` is the type its function takes, `title` what a failure is called, `demand` what it asks for.

    `category` is that of the OWASP API Security Top 10 (2023), empty for what belongs to none.
    """

    slug: str
    title: str
    demand: str
    remedy: str
    severity: Severity
    category: str
    cwe: tuple[int, ...]
    facts: type
    judge: Judge


_CHECKS: Final[dict[str, Check]] = {}


def check(  # noqa: PLR0913 - what a check is, by name
    *,
    slug: str,
    title: str,
    demand: str,
    remedy: str,
    severity: Severity,
    category: str,
    cwe: tuple[int, ...],
    facts: type,
) -> Callable[[Judge], Judge]:
    """Register the decorated function as a check. A second one with the slug raises ValueError."""

    def register(judge: Judge) -> Judge:
        if slug in _CHECKS:
            msg = f"Two checks are called {slug}."
            raise ValueError(msg)
        _CHECKS[slug] = Check(
            slug=slug, title=title, demand=demand, remedy=remedy, severity=severity, category=category, cwe=cwe,
            facts=facts, judge=judge,
        )  # fmt: skip
        return judge

    return register


def checks() -> tuple[Check, ...]:
    """Return the registered checks in the order of their slugs."""
    return tuple(entry for _, entry in sorted(_CHECKS.items()))


def check_for(slug: str) -> Check | None:
    """Return the check of that name, None for one that this version does not have."""
    return _CHECKS.get(slug)


def passed(evidence: str, endpoint_id: int | None = None) -> Judgement:
    """Say that what a check demands is so."""
    return Judgement(result=Result.PASS, evidence=evidence, endpoint_id=endpoint_id)


def failed(evidence: str, endpoint_id: int | None = None, severity: Severity | None = None) -> Judgement:
    """Say that it is not so."""
    return Judgement(result=Result.FAIL, evidence=evidence, endpoint_id=endpoint_id, severity=severity)


def unknown(evidence: str, endpoint_id: int | None = None) -> Judgement:
    """Say that nothing held tells; the evidence says what is missing."""
    return Judgement(result=Result.UNKNOWN, evidence=evidence, endpoint_id=endpoint_id)
