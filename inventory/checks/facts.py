"""What checks of the inventory judge: one API as its specification, its logs and its people describe it."""

import re
from dataclasses import dataclass
from typing import Final

from inventory.choices import Discovery, Reach, Sensitivity

FRESH_DAYS: Final = 30
"""Logs older than this say nothing of today."""

ADMINISTRATIVE: Final = frozenset(
    ("actuator", "admin", "administration", "administrator", "console", "debug", "heapdump", "internal", "management",
     "metrics", "phpmyadmin", "superuser")
)  # fmt: skip
WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A declared parameter: `where` is path, query, header or cookie, `kind` type and format or empty."""

    name: str
    where: str
    kind: str

    @property
    def words(self) -> tuple[str, ...]:
        """The words its name is made of."""
        return words_of(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedEndpoint:
    """One endpoint. `parameters`, `responses` and `members` are None where no specification tells.

    The calls are of logs young enough to count: `signed` with credentials, `unsigned` without, `open` without and
    answered with success. `state` and `reason` are those of `inventory.discovery`.
    """

    id: int
    method: str
    path: str
    authentication: str
    schemes: tuple[str, ...] = ()
    parameters: tuple[Declared, ...] | None = None
    responses: tuple[str, ...] | None = None
    members: tuple[str, ...] | None = None
    documented: bool = True
    deprecated: bool = False
    removed: bool = False
    state: Discovery = Discovery.DOCUMENTED
    reason: str = ""
    calls: int = 0
    signed: int = 0
    unsigned: int = 0
    open: int = 0

    @property
    def administrative(self) -> bool:
        """Whether a part of its path names a function for administrators."""
        parts = self.path.lower().split("/")
        return any(word in ADMINISTRATIVE for part in parts for word in (part, *re.split(r"[-_.]", part)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedApi:
    """One API. `specification` names the current one, empty without; `schemes` is None where its kinds are not known.

    `addresses` are base URLs as (scheme, host); `observed` tells whether a young log of its gateway was read, and
    `observed_days` on how many days in all. `proposed` is what files say of owners nobody has confirmed.
    """

    id: int
    reach: Reach = Reach.UNKNOWN
    sensitivity: Sensitivity = Sensitivity.UNKNOWN
    addresses: tuple[tuple[str, str], ...] = ()
    specification: str = ""
    schemes: dict[str, str] | None = None
    owner: str = ""
    team: str = ""
    proposed: tuple[str, ...] = ()
    observed: bool = False
    observed_days: int = 0
    endpoints: tuple[CheckedEndpoint, ...] = ()

    @property
    def described(self) -> tuple[CheckedEndpoint, ...]:
        """The endpoints of the current specification."""
        return tuple(endpoint for endpoint in self.endpoints if endpoint.documented)

    @property
    def present(self) -> tuple[CheckedEndpoint, ...]:
        """The endpoints that answer as far as anybody knows: not those that were dropped and fell silent."""
        return tuple(endpoint for endpoint in self.endpoints if not endpoint.removed or endpoint.calls)


def words_of(name: str) -> tuple[str, ...]:
    """Return the words a name is made of, in lower case: `cardNumber` is card and number."""
    return tuple(word.lower() for word in WORDS.findall(name))


def counted(number: int, word: str) -> str:
    """Return a number with its word: `1 call`, `1,200 calls`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def listed(names: list[str], most: int = 5) -> str:
    """Return names as a list for a sentence, the first few and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
