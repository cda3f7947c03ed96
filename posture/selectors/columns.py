"""Which columns of a list somebody wants to see: part of its address, so that a link and a file show the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

NO_COLUMN: Final = "none"
APIS: Final[Mapping[str, str]] = {
    "coverage": "Coverage",
    "reach": "Reach",
    "data": "Data",
    "authentication": "Authentication",
    "open": "Open findings",
    "team": "Team",
    "weeks": "12 weeks",
    "seen": "Seen",
}
FINDINGS: Final[Mapping[str, str]] = {"api": "API", "source": "Source", "status": "Status", "seen": "First seen"}
"""The columns one may leave out, in their order: word in the address and heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One column of the menu: whether it is shown, and what `cols` has to be to turn it round (nothing: all)."""

    label: str
    shown: bool
    cols: str


def shown_columns(offered: Mapping[str, str], asked: str) -> frozenset[str]:
    """Return the columns that are asked for, "reach,team"; without a known word among them all of them."""
    if asked == NO_COLUMN:
        return frozenset()
    return frozenset(asked.split(",")) & offered.keys() or frozenset(offered)


def switches(offered: Mapping[str, str], shown: frozenset[str]) -> tuple[Switch, ...]:
    """Return the menu of columns."""
    return tuple(
        Switch(label=label, shown=name in shown, cols=_asked(offered, shown ^ {name}))
        for name, label in offered.items()
    )


def _asked(offered: Mapping[str, str], shown: frozenset[str]) -> str:
    if shown == offered.keys():
        return ""
    return ",".join(name for name in offered if name in shown) or NO_COLUMN
