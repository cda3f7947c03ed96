"""What a list may be asked: a closed set of parameters, each with what it means and the values it takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.http import QueryDict

from inventory.access.api.errors import Refusal
from inventory.access.veils import unveil

LONGEST: Final = 300
MOST_ROWS: Final = 100
DEFAULT_ROWS: Final = 50
FLAGS: Final = {"true": True, "false": False}
SAYS: Final = r"^[^\0]*[^\s\0][^\0]*$"
"""What is not empty, as JSON Schema says it."""
SOME: Final = {"minLength": 1}
VEILED: Final = "^[A-Z2-7]{13}$"
"""What `inventory.access.veils` gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of an address.

    `read` returns what its text stands for, and raises ValueError with the end of a sentence ("is …; use …").
    `choices` is empty where any value goes; `bounds` are its other limits, in the words of JSON Schema.
    """

    name: str
    meaning: str
    read: Callable[[str], Any]
    choices: tuple[str, ...] = ()
    kind: str = "string"
    bounds: Mapping[str, Any] = field(default_factory=dict)


def choice(name: str, meaning: str, values: Sequence[str]) -> Parameter:
    """Return a parameter that is one of some words."""

    def read(value: str) -> str:
        if value not in values:
            msg = f"is “{value}”; it may be {', '.join(values)}"
            raise ValueError(msg)
        return value

    return Parameter(name=name, meaning=meaning, read=read, choices=tuple(values))


def text(name: str, meaning: str, *, longest: int = LONGEST) -> Parameter:
    """Return a parameter that is some text."""

    def read(value: str) -> str:
        if "\0" in value or not value.strip() or len(value) > longest:
            msg = f"is empty, holds a zero byte or is longer than {longest} letters; write a short text"
            raise ValueError(msg)
        return value.strip()

    return Parameter(name=name, meaning=meaning, read=read, bounds={"pattern": SAYS, "maxLength": longest})


def flag(name: str, meaning: str) -> Parameter:
    """Return a parameter that is true or false."""

    def read(value: str) -> bool:
        if value not in FLAGS:
            msg = f"is “{value}”; it may be true or false"
            raise ValueError(msg)
        return FLAGS[value]

    return Parameter(name=name, meaning=meaning, read=read, kind="boolean")


def number(name: str, meaning: str, *, least: int, most: int) -> Parameter:
    """Return a parameter that is a whole number within bounds."""

    def read(value: str) -> int:
        whole = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1  # noqa: PLR2004 -- digits
        if not least <= whole <= most:
            msg = f"is “{value}”; it is a whole number from {least} to {most}"
            raise ValueError(msg)
        return whole

    return Parameter(name=name, meaning=meaning, read=read, kind="integer", bounds={"minimum": least, "maximum": most})


def places(listing: str) -> tuple[Parameter, Parameter]:
    """Return the two parameters every list has; `listing` keeps the cursors of different lists apart."""

    def read(value: str) -> int:
        place = unveil(value, purpose=f"cursor {listing}", key=settings.DIGEST_KEY)
        if place is None:
            msg = "is not a place in this list; follow `next` as it was given"
            raise ValueError(msg)
        return place

    told = "Where to go on, as `next` of the page before says it."
    cursor = Parameter(name="cursor", meaning=told, read=read, bounds={"pattern": VEILED})
    size = number("page_size", f"Rows of one page; {DEFAULT_ROWS} without it.", least=1, most=MOST_ROWS)
    return cursor, size


def asked(given: QueryDict, known: Sequence[Parameter]) -> dict[str, Any]:
    """Return what was asked for, by name. Raises Refusal for what is unknown, given twice or not one of the values."""
    parameters = {parameter.name: parameter for parameter in known}
    found = {}
    for name, values in given.lists():
        if name not in parameters:
            there = f"known are {', '.join(parameters)}" if parameters else "there are none here"
            msg = f"There is no parameter “{name[:LONGEST]}”; {there}."
            raise Refusal(msg, code="unknown_parameter", field=name[:LONGEST])
        if len(values) > 1:
            msg = f"{name} is given {len(values)} times; give it once."
            raise Refusal(msg, code="invalid", field=name)
        try:
            found[name] = parameters[name].read(values[0])
        except ValueError as error:
            msg = f"{name} {str(error)[: LONGEST * 3]}."
            raise Refusal(msg, code="invalid", field=name) from error
    return found
