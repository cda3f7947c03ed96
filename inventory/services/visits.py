"""What a connector is given when it walks through its source, and the walk that stores nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final

from django.conf import settings

from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.connectors.registry import detect
from inventory.errors import ConnectionRefused
from inventory.jobs.documents import Document, DocumentError
from inventory.jobs.services.vault import SecretDamaged, SecretMissing, open_secret
from inventory.jobs.services.wayout import Answer, Limits, Question, fetch
from inventory.jobs.targets import parse_allowed
from inventory.models import Connection
from inventory.sources.base import Item, Left, SourceFailed, SourceRefused, Surroundings, Unchanged, Visit, source_for

REDIRECTS: Final = 3
RUN_SECONDS, TRY_SECONDS = 300.0, 5.0
TRY_BYTES: Final = 32 << 20
TRY_DOCUMENTS: Final = 5

Ask = Callable[[Question], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a trial met in one place: a document and its format, or why there is none."""

    place: str
    size: int | None = None
    format: str = ""
    fault: str = ""


def way_out(connection: Connection, *, seconds: float = RUN_SECONDS, most: int | None = None) -> Ask:
    """Return the one way out with what this connection may reach."""
    limits = Limits(seconds=seconds, most=most or settings.UPLOAD_LIMIT, redirects=REDIRECTS)
    return partial(fetch, allowed=parse_allowed(connection.egress), limits=limits)


def surroundings(connection: Connection, *, now: datetime, ask: Ask | None = None) -> Surroundings:
    """Return what a connector may use for this connection."""
    return Surroundings(
        folders=settings.CONNECT_FOLDERS, most=settings.UPLOAD_LIMIT, now=now, ask=ask or way_out(connection)
    )


def visit(connection: Connection, *, anew: bool = False) -> Visit:
    """Return options, opened secrets and cursor of a connection. Raises SourceFailed for a secret that is damaged."""
    secrets: dict[str, str] = {}
    for option in source_for(connection.kind).secrets:
        try:
            secrets[option.name] = open_secret(owner=connection.owner, name=option.name).decode()
        except SecretMissing:
            continue
        except SecretDamaged as damaged:
            msg = f"The secret “{option.label}” cannot be opened; set it again."
            raise SourceFailed(msg) from damaged
    return Visit(options=connection.options, secrets=secrets, cursor={} if anew else connection.cursor)


def try_connection(*, connection: Connection, principal: Principal, now: datetime) -> tuple[Tried, ...]:
    """Ask the source as a run would, for its first few documents, tell what would be read, and store nothing.

    Raises AccessRefused and ConnectionRefused, the latter when the source as a whole cannot be read.
    """
    require(principal, Verb.UPLOAD, team_id=connection.team_id)
    around = surroundings(connection, now=now, ask=way_out(connection, seconds=TRY_SECONDS, most=TRY_BYTES))
    try:
        walk = source_for(connection.kind).walk(visit(connection, anew=True), around)
        return tuple(_tried(item) for item in islice(walk, TRY_DOCUMENTS))
    except (SourceFailed, SourceRefused) as failed:
        raise ConnectionRefused(str(failed)) from failed


def _tried(item: Item) -> Tried:
    if isinstance(item, Left):
        return Tried(place=item.key, fault=item.reason)
    if isinstance(item, Unchanged):
        return Tried(place=item.key)
    with item.file as file:
        try:
            reader = detect(Document(file, item.name).head(), item.name)
        except DocumentError as error:
            return Tried(place=item.key, size=item.size, fault=str(error))
    return Tried(place=item.key, size=item.size, format=reader.label)
