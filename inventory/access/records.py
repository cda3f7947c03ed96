"""Who acts, as a frozen record that every service and selector takes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole

AGAIN: Final = timedelta(minutes=1)
"""Within it the same words of the same person are one thing that was sent twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who acts, and on whose behalf: a person, a token of a person, a connection, or Posture itself.

    A token carries the `user_id` it acts for. `scopes` narrow tokens and connections to the named verbs;
    None narrows nothing. A `bound` token sees its one team's rows only, not those its person sees otherwise.
    """

    kind: PrincipalKind
    name: str
    user_id: int | None = None
    token_id: int | None = None
    connection_id: int | None = None
    organisation_roles: frozenset[OrganisationRole] = frozenset()
    team_roles: tuple[tuple[int, TeamRole], ...] = ()
    scopes: frozenset[str] | None = None
    bound: bool = False

    @property
    def team_ids(self) -> frozenset[int]:
        """The teams whose APIs are the principal's own."""
        return frozenset(team_id for team_id, _ in self.team_roles)

    @property
    def sees_all(self) -> bool:
        """Whether rows of every team, and of none, are in sight: so for each organisation role, and for Posture."""
        return self.kind == PrincipalKind.SYSTEM or bool(self.organisation_roles)

    @property
    def uploader_id(self) -> int:
        """The person whose uploads are in sight as one's own; 0, which is nobody, without one and for bound tokens."""
        return 0 if self.bound else self.user_id or 0

    @property
    def reference(self) -> str:
        """The stable name used in the trail: `user:12`, `token:3`, `connection:7` or `system`."""
        match self.kind:
            case PrincipalKind.USER:
                return f"user:{self.user_id}"
            case PrincipalKind.TOKEN:
                return f"token:{self.token_id}"
            case PrincipalKind.CONNECTION:
                return f"connection:{self.connection_id}"
            case _:
                return "system"

    @property
    def on_behalf_of(self) -> str:
        """The person a token acts for, as a reference; empty for everybody who acts for themselves."""
        return f"user:{self.user_id}" if self.kind == PrincipalKind.TOKEN else ""

    def stored(self) -> dict[str, Any]:
        """Return what a job keeps (JSON); `selectors.resolve_principal` reads it back with the roles of that day.

        The rights of a connection are facts of the connection, so they are kept with it.
        """
        kept: dict[str, Any] = {"kind": self.kind.value, "name": self.name}
        for key in ("user_id", "token_id", "connection_id"):
            if (value := getattr(self, key)) is not None:
                kept[key] = value
        if self.kind == PrincipalKind.CONNECTION:
            kept["organisation_roles"] = sorted(self.organisation_roles)
            kept["team_roles"] = [[team_id, role.value] for team_id, role in self.team_roles]
            kept["scopes"] = None if self.scopes is None else sorted(self.scopes)
        return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One state change for the trail: what was done to which thing, and what it was before and after.

    `kind` and `code` name the thing as people do; `old` and `new` are JSON, None where there was or is nothing.
    `source` says what it came from (a report, a connection); `api_id` ties it to an API, for its team to read.
    """

    kind: str
    code: str
    verb: str
    old: Any = None
    new: Any = None
    reason: str = ""
    source: str = ""
    api_id: int | None = None


SYSTEM = Principal(kind=PrincipalKind.SYSTEM, name="Posture")
