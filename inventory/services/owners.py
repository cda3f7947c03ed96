"""What files say of owners: kept as facts with where they come from, beside what people decided and never over it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.text import slugify

from inventory.access.records import Principal
from inventory.access.rights import Verb
from inventory.access.services.trail import record_change
from inventory.choices import FactSource
from inventory.errors import InventoryRefused
from inventory.models import Api, Fact
from inventory.records import OwnerRecord
from inventory.selectors.apis import apis_for
from inventory.signals import ApisChanged, facts_recorded

EVERYTHING: Final = frozenset(("*", "**", "/", "/*", "/**"))
MOST: Final = 20
"""How many owners of one API one file may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersRead:
    """What came of a file: APIs it names that are known, how many of them say something new, and names nobody knows."""

    apis: tuple[int, ...]
    changed: int
    unknown: tuple[str, ...]


def attribute_of(owner: str) -> str:
    """Return whether an owner as written is a person (`owner`) or a team (`team`).

    A user reference, an e-mail address and `@name` are people; a group, `@organisation/team` and a bare name, which is
    a group for Backstage, are teams.
    """
    if owner.startswith("@"):
        return "team" if "/" in owner else "owner"
    return "owner" if owner.startswith("user:") or "@" in owner else "team"


def bare(owner: str) -> str:
    """Return the name in an owner as written: without kind, namespace and organisation."""
    name = re.sub(r"^(user|group):", "", owner)
    return name.removeprefix("@").rpartition("/")[2] if "@" not in name.lstrip("@") else name


@transaction.atomic
def propose_owners(
    *, records: Iterable[OwnerRecord], source: str, api: Api | None, principal: Principal, now: datetime
) -> OwnersRead:
    """Keep what a file says of owners; `source` is the file, whose earlier words on these APIs it replaces.

    A catalogue names its APIs, of those the principal may upload for; the others are told back. A file of patterns is
    about the one API it was uploaded for: the last rule for everything counts. Raises InventoryRefused when it was
    uploaded for none, or has no such rule.
    """
    named, unknown = _named(records, api, principal)
    changed = []
    for api_id, owners in sorted(named.items()):
        if _keep(api_id, owners, source, now):
            changed.append(api_id)
    for row in Api.objects.filter(pk__in=changed).order_by("pk"):
        record_change(
            principal=principal, kind="api", code=row.code, verb="proposed owners", old=None,
            new=", ".join(named[row.pk]) or None, now=now, source=source, api_id=row.pk,
        )  # fmt: skip
    if changed:
        facts_recorded.send(Api, result=ApisChanged(api_ids=tuple(changed), cause=f"owners read from {source}"))
    return OwnersRead(apis=tuple(sorted(named)), changed=len(changed), unknown=tuple(unknown))


def _named(
    records: Iterable[OwnerRecord], api: Api | None, principal: Principal
) -> tuple[dict[int, tuple[str, ...]], list[str]]:
    entries = list(records)
    if patterns := [entry for entry in entries if entry.pattern]:
        return {_needed(api).pk: _owners_of_all(patterns)}, []
    known: dict[str, list[int]] = defaultdict(list)
    for pk, name in apis_for(principal, Verb.UPLOAD).order_by("pk").values_list("pk", "name"):
        known[slugify(name)].append(pk)
    named: dict[int, tuple[str, ...]] = {}
    unknown = []
    for entry in entries:
        keys = filter(None, map(slugify, (entry.api, *entry.aliases)))
        ids = [api.pk] if api is not None and len(entries) == 1 else [pk for key in keys for pk in known.get(key, ())]
        named |= dict.fromkeys(ids, entry.owners[:MOST])
        if not ids:
            unknown.append(entry.api)
    return named, unknown


def _needed(api: Api | None) -> Api:
    if api is None:
        msg = "The file names owners of files, not of APIs: upload it again and say which API it is about."
        raise InventoryRefused(msg)
    return api


def _owners_of_all(patterns: Sequence[OwnerRecord]) -> tuple[str, ...]:
    for entry in reversed(patterns):
        if entry.pattern in EVERYTHING:
            return entry.owners[:MOST]
    if len({entry.owners for entry in patterns}) == 1:
        return patterns[0].owners[:MOST]
    msg = "The file has no rule for everything (*), and its other rules name different owners."
    raise InventoryRefused(msg)


def _keep(api_id: int, owners: tuple[str, ...], source: str, now: datetime) -> bool:
    """Make the facts of one file on one API these owners; return whether that says something else than before."""
    mine = Fact.objects.filter(api_id=api_id, endpoint=None, source_kind=FactSource.FILE)
    mine = mine.filter(source_id__startswith=f"{source[:80]}#")
    held = set(mine.values_list("attribute", "value"))
    wanted = {(attribute_of(owner), owner) for owner in owners}
    if held == wanted:
        mine.update(last_seen=now)
        return False
    mine.delete()
    Fact.objects.bulk_create(
        Fact(
            api_id=api_id, attribute=attribute, source_kind=FactSource.FILE, source_id=f"{source[:80]}#{number}",
            value=owner, first_seen=now, last_seen=now,
        )
        for number, (attribute, owner) in enumerate(sorted(wanted), 1)
    )  # fmt: skip
    return True
