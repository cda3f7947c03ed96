"""What a specification says of sign-in: its schemes, and for one operation declared, none or nothing."""

from typing import Any

from inventory.connectors.base import DocumentError, as_map, clip, pointer
from inventory.connectors.openapi.notes import Notes, kind_of, short
from inventory.connectors.openapi.references import References
from inventory.records import Authentication, Scheme

SignIn = tuple[Authentication, tuple[str, ...]]
"""The state of sign-in of one endpoint, and the names of its schemes."""

MOST_NAMES = 200


def declared_schemes(root: dict[str, Any], references: References, notes: Notes) -> tuple[Scheme, ...]:
    """Return the schemes under `securityDefinitions` (2.0) or `components/securitySchemes` (3.x)."""
    if "swagger" in root:
        place, holder = "/securityDefinitions", root.get("securityDefinitions")
    else:
        place, holder = "/components/securitySchemes", as_map(root.get("components")).get("securitySchemes")
    schemes = []
    for name, node in notes.wanted_map(holder, place).items():
        scheme = references.follow(node, {})
        if not isinstance(scheme, dict):
            notes.add(place + pointer(name), "This scheme cannot be read; only its name was kept.")
        schemes.append(Scheme(name=short(name, 100), kind=_kind(as_map(scheme))))
    return tuple(schemes)


def _kind(scheme: dict[str, Any]) -> str:
    parts = [short(scheme.get("type"), 100), short(scheme.get("scheme"), 100).lower(), short(scheme.get("in"), 100)]
    if scheme.get("type") == "apiKey":
        parts.append(short(scheme.get("name"), 100))
    return clip(" ".join(part for part in parts if part), 100)


def required(security: Any, place: str, notes: Notes) -> SignIn:
    """Return the state of sign-in and the scheme names of one `security` value; None is a silent specification.

    `[]` and an empty requirement mean that a call without sign-in is allowed: "none", even beside schemes. An object
    instead of an array is taken as its one requirement.
    """
    if security is None:
        return "not declared", ()
    if isinstance(security, dict):
        notes.add(place, "This should be an array; the object was taken as its one requirement.")
        security = [security]
    if not isinstance(security, list):
        raise DocumentError(place=place, reason=f"“security” must be an array, but is {kind_of(security)}.")
    names: dict[str, None] = {}
    optional = not security
    for number, requirement in enumerate(security):
        if not isinstance(requirement, dict):
            reason = f"A security requirement must be an object, but is {kind_of(requirement)}."
            raise DocumentError(place=f"{place}/{number}", reason=reason)
        optional = optional or not requirement
        names |= {short(name, 100): None for name in requirement}
    return ("none" if optional else "declared"), tuple(names)[:MOST_NAMES]
