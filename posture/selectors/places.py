"""Where one can go: the places of the side bar and of the palette, each shown to those whom its route lets in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from inventory.access.records import Principal
from inventory.access.routes import address_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place: the name of its route, the letter that goes there after `g`, and the routes that belong to it.

    `family` holds beginnings of route names; the page that is open belongs to the place with one of them.
    """

    label: str
    name: str
    key: str
    icon: str
    family: tuple[str, ...] = ()

    def holds(self, route: str) -> bool:
        """Return True when a route is the place itself or one of its pages."""
        return route == self.name or route.startswith(self.family or (f"{self.name}-",))


GROUPS: Final = (
    (
        "",
        (
            Place(
                label="Overview", name="posture:home", key="o", icon="layout-dashboard", family=("posture:overview",)
            ),
            Place(label="Queue", name="posture:queue", key="q", icon="checks"),
            Place(
                label="APIs", name="posture:apis", key="a", icon="api", family=("posture:api",)
            ),
            Place(
                label="Findings", name="posture:findings", key="f", icon="list-check", family=("posture:finding",)
            ),
            Place(label="Alerts", name="incidents:alerts", key="l", icon="bell", family=("incidents:alert",)),
            Place(label="Cases", name="incidents:cases", key="w", icon="affiliate", family=("incidents:case",)),
            Place(label="Incidents", name="incidents:incidents", key="i", icon="flame", family=("incidents:incident",)),
        ),
    ),
    (
        "Assurance",
        (
            Place(label="Compliance", name="posture:compliance", key="c", icon="certificate"),
            Place(label="Decisions", name="posture:register", key="d", icon="clipboard-check"),
            Place(label="Audit trail", name="access:trail", key="h", icon="history", family=("access:trail",)),
        ),
    ),
    (
        "Set-up",
        (
            Place(
                label="Connections", name="inventory:connections", key="n", icon="plug-connected",
                family=("inventory:connection", "inventory:run"),
            ),
            Place(label="Mapping", name="findings:mapping", key="m", icon="link"),
            Place(label="Traffic", name="inventory:traffic", key="r", icon="world", family=("inventory:traffic",)),
            Place(label="Jobs", name="jobs:jobs", key="j", icon="progress", family=("jobs:",)),
            Place(label="Teams", name="access:teams", key="t", icon="users", family=("access:team",)),
            Place(
                label="People", name="access:people", key="e", icon="user-question",
                family=("access:people", "access:person"),
            ),
            Place(label="Deadlines", name="findings:deadlines", key="p", icon="clock"),
            Place(label="Tokens", name="access:tokens", key="k", icon="key", family=("access:token",)),
        ),
    ),
)  # fmt: skip
"""The side bar: headings and places, in its order."""

PERSONAL: Final = (
    Place(label="Notices", name="posture:notices", key="b", icon="bell", family=("posture:notice",)),
    Place(label="Profile", name="access:profile", key="s", icon="settings"),
    Place(label="Sign-in and security", name="access:security", key="", icon="shield-check"),
    Place(label="Change password", name="account_change_password", key="", icon="lock"),
)
"""What is one's own."""

ACTS: Final = (
    Place(label="Upload a file", name="findings:upload", key="u", icon="upload"),
    Place(label="Declare an incident", name="incidents:incident-new", key="", icon="flame"),
    Place(label="Connect a source", name="inventory:connection-new", key="", icon="plus"),
    Place(label="Export all APIs as CSV", name="posture:export-apis", key="", icon="table-export"),
    Place(label="Export all findings as CSV", name="posture:export-all-findings", key="", icon="table-export"),
)
"""What one can begin from anywhere."""


def open_to(principal: Principal, places: tuple[Place, ...]) -> Iterator[tuple[Place, str]]:
    """Yield the places whose routes let the principal in, with their addresses."""
    for place in places:
        if url := address_for(principal, place.name):
            yield place, url
