"""What a detection means, as sentences for somebody who was just woken: from its numbers, and nothing else. Pure."""

from collections.abc import Mapping
from typing import Final

from incidents.detections import enumeration, stuffing

MINUTE: Final = 60


def explained(kind: str, numbers: Mapping[str, int | float]) -> str:
    """Return why a client was raised; nothing for a kind or numbers that are not known."""
    try:
        if kind == enumeration.KIND:
            return _enumeration(numbers)
        if kind == stuffing.KIND:
            return _stuffing(numbers)
    except KeyError:
        return ""
    return ""


def _enumeration(numbers: Mapping[str, int | float]) -> str:
    others = numbers.get("others", 0)
    usual = f"Nine in ten of the others asked for {others:,} at most." if others else "Few others use this endpoint."
    return (
        f"Within {_minutes(numbers)} this client asked for {_many(numbers['distinct'], 'different object')} in "
        f"{_many(numbers['requests'], 'request')}; {numbers['succeeded']:,} were answered with success. {usual}"
    )


def _stuffing(numbers: Mapping[str, int | float]) -> str:
    others = int(numbers.get("clients", 1)) - 1
    beside = f" {_many(others, 'other client')} did the same around that time." if others else ""
    return (
        f"Within {_minutes(numbers)} this client tried {_many(numbers['requests'], 'log-in')}. "
        f"{numbers['spent']:,} were answered with success, but nothing was ever done with them, as when a failed "
        f"log-in is answered with 200.{beside}"
    )


def _minutes(numbers: Mapping[str, int | float]) -> str:
    return _many(numbers["window_seconds"] // MINUTE, "minute")


def _many(number: float, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
