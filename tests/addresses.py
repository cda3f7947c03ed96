"""The addresses of all pages there are, for one object of each kind: for tests that walk over them and for benches."""

import re
from collections.abc import Iterator

from django.urls import get_resolver, reverse

from inventory.access.routes import Scope, routes_of
from tests.estate import Estate

ASKED = (
    "sort=-open&q=e", "reach=public", "severity=high&team=crew-2", "status=any", "status=any&q=number", "q=nowhere",
)  # fmt: skip
"""What lists are narrowed to as well."""
LISTS = ("/apis/", "/findings/", "/queue/", "/decisions/")
WORDS = ("estate", "number", "nowhere", "owner")
"""What the palette is asked for."""
ARGUMENTS = {
    "findings:upload-columns": ("table",),
    "posture:api": ("api",),
    "posture:finding": ("finding",),
    "posture:queue-panel": ("finding",),
    "access:team": ("team",),
    "access:member": ("team",),
    "access:person": ("person",),
    "inventory:connection": ("connection",),
    "inventory:run": ("connection", "run"),
    "jobs:job": ("job",),
    "incidents:alert": ("alert",),
    "incidents:case": ("case",),
    "incidents:incident-new": (),
    "incidents:incident": ("incident",),
}
"""What the arguments of a page name, by the start of the page's name: fields of the estate, in order."""
NOTHING = {"int": 1, "str": "x", "slug": "x", "uuid": "00000000-0000-0000-0000-000000000000"}
"""What stands for an argument that names nothing of the estate: acts need no more to say that they are no pages."""
ARGUMENT = re.compile(r"<(\w+):\w+>")
NO_PAGES = ("api:", "account_", "mfa_", "posture:components")
"""What is no page of ours, and the page that only developers see."""


def addresses(estate: Estate) -> Iterator[str]:
    """Yield the address of each route that may be a page, and those of lists narrowed.

    Not of files, of the REST interface and of what is open to everybody. Acts are among them: they answer a visit with
    405. An address of a page whose arguments `ARGUMENTS` does not know leads nowhere.
    """
    for pattern, name, declared in routes_of(get_resolver()):
        left_out = name.startswith(NO_PAGES) or "export" in name or "-csv" in name or pattern.endswith((".svg", ".txt"))
        if left_out or declared is None or declared.scope == Scope.PUBLIC:
            continue
        known = next((fields for start, fields in ARGUMENTS.items() if name.startswith(start)), ())
        kinds = ARGUMENT.findall(pattern)
        given = [getattr(estate, field) for field in known][: len(kinds)]
        yield reverse(name, args=[*given, *(NOTHING[kind] for kind in kinds[len(given) :])])
    yield from (f"{page}?{asked}" for page in LISTS for asked in ASKED)
    yield from (f"/apis/{estate.api}/findings/?{asked}" for asked in ASKED)
    yield from (f"/findings/{estate.finding}/?from=/findings/%3F{asked}" for asked in ("", "status%3Dany"))
    yield from (f"/search?q={word}" for word in WORDS)
