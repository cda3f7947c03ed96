"""Change the key that seals: a new one first, everything under it, and only then the old one away.

Every step may be the last before a death: all keys on the list open, and each row says which is its own.
"""

import fcntl
import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count

from inventory.access.models import StateChange
from inventory.access.records import Principal
from inventory.access.seals import BrokenSealError, open_text, seal_text
from inventory.access.services.trail import record_change
from inventory.jobs.models import Blob, Secret
from inventory.jobs.services import blobs, vault
from inventory.jobs.services.blobs import BlobDamaged, BlobExpired
from inventory.jobs.services.sealing import ALONE
from inventory.jobs.services.vault import SecretDamaged, SecretMissing

FACTOR = "second factor"
BATCH = 200
PATIENCE = "5s"


class KeysRefused(Exception):  # noqa: N818 - named for what people are told
    """The keys cannot be changed so: one sentence."""


@dataclass(slots=True, kw_only=True)
class Resealed:
    """What was sealed anew, by kind, and what could not be opened, by name."""

    done: dict[str, int] = field(default_factory=lambda: {"documents": 0, "secrets": 0, "second factors": 0})
    damaged: list[str] = field(default_factory=list)


def uses(key_id: str) -> dict[str, int]:
    """Return how many things are sealed under a key, by kind."""
    return {
        "documents": Blob.objects.filter(key_id=key_id, dropped_at=None).count(),
        "secrets": Secret.objects.filter(key_id=key_id).count(),
        "second factors": sum(key_id in _keys_of(factor.data) for factor in _factors()),
    }


def key_ids_in_use() -> Counter[str]:
    """Return how many things are sealed under each key, whether it is on the list or not."""
    used = Counter(Secret.objects.values_list("key_id", flat=True))
    held = Blob.objects.filter(dropped_at=None).values_list("key_id").annotate(count=Count("pk"))
    used.update(dict(held))
    for factor in _factors():
        used.update(_keys_of(factor.data))
    return used


def is_under_older_keys() -> bool:
    """Return True while something is sealed under another key than the first."""
    first = settings.SEAL_KEYS[0][0]
    return (
        Blob.objects.filter(dropped_at=None).exclude(key_id=first).exists()
        or Secret.objects.exclude(key_id=first).exists()
        or any(_keys_of(factor.data) - {first} for factor in _factors())
    )


def add_key(*, principal: Principal, now: datetime) -> str:
    """Put a new key first, which all processes seal with from their next look on, and return its id.

    Raises KeysRefused where the keys are not in a file that can be written.
    """
    with _file_held() as lines:
        names = {line.partition(":")[0] for line in lines}
        number = len(lines) + 1
        while f"k{number}" in names:
            number += 1
        lines.insert(0, f"k{number}:{secrets.token_hex(32)}")
    tell_first_key(principal=principal, now=now)
    return f"k{number}"


def tell_first_key(*, principal: Principal, now: datetime) -> None:
    """Leave on the trail which key seals, if it does not tell: a death, or an operator, may have come between."""
    names = [name for name, _ in settings.SEAL_KEYS]
    changes = StateChange.objects.filter(kind="keys", code="seal", verb="new key")
    told = changes.order_by("-happened_at", "-id").values_list("new", flat=True).first()
    if len(names) > 1 and told != names[0]:
        _record("new key", names[1], names[0], principal, now)


def reseal_all(*, each: Callable[[], None] = lambda: None) -> Resealed:
    """Seal everything under the first key, each row by itself; `each` is called after each.

    Beside people and workers at work: what they write meanwhile stays theirs. Again and again until nothing is left,
    but for what cannot be opened.
    """
    told = Resealed()
    for kind, rows in (("secrets", _secrets), ("second factors", _older_factors), ("documents", _documents)):
        for name, reseal in rows():
            try:
                told.done[kind] += reseal()
            except (BlobDamaged, SecretDamaged, BrokenSealError) as damage:
                told.damaged.append(f"{name}: {damage}")
            except (BlobExpired, SecretMissing):
                continue
            each()
    return told


@transaction.atomic
def remove_key(*, key_id: str, principal: Principal, now: datetime) -> None:
    """Take a key off the list. Raises KeysRefused for the first one, one that is used, and one that may yet be."""
    names = [name for name, _ in settings.SEAL_KEYS]
    if key_id not in names:
        msg = f"There is no key {key_id}; the list holds {', '.join(names)}."
        raise KeysRefused(msg)
    if key_id == names[0]:
        msg = f"The key {key_id} is the first: it seals. Put a new one before it with manage.py rotate_keys."
        raise KeysRefused(msg)
    _wait_for_who_seals()
    used = {kind: count for kind, count in uses(key_id).items() if count}
    if used:
        told = ", ".join(f"{count:,} {kind}" for kind, count in used.items())
        msg = f"The key {key_id} still opens {told}. Run manage.py rotate_keys first; nothing was changed."
        raise KeysRefused(msg)
    _record("key removed", key_id, None, principal, now)
    with _file_held() as lines:
        lines[:] = [line for line in lines if line.partition(":")[0] != key_id]


def _wait_for_who_seals() -> None:
    """Wait until no transaction is open that sealed something, and let none begin until ours ends."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute(ALONE)
    except DatabaseError as error:
        msg = "Somebody is storing documents or secrets just now; try again in a moment. Nothing was changed."
        raise KeysRefused(msg) from error


Row = tuple[str, Callable[[], bool]]


def _secrets() -> Iterator[Row]:
    for row in Secret.objects.exclude(key_id=settings.SEAL_KEYS[0][0]).order_by("pk").iterator(BATCH):
        yield f"secret {row}", lambda row=row: vault.reseal(row)  # type: ignore[misc]  # a default is no argument


def _documents() -> Iterator[Row]:
    older = Blob.objects.filter(dropped_at=None).exclude(key_id=settings.SEAL_KEYS[0][0])
    for row in older.order_by("pk").iterator(BATCH):
        yield f"document {row}", lambda row=row: blobs.reseal(row)  # type: ignore[misc]  # as above


def _older_factors() -> Iterator[Row]:
    first = settings.SEAL_KEYS[0][0]
    for row in list(_factors()):
        if _keys_of(row.data) - {first}:
            yield f"second factor {row.pk}", lambda row=row: _reseal_factor(row.pk)  # type: ignore[misc]  # as above


@transaction.atomic
def _reseal_factor(pk: int) -> bool:
    row = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return False
    Authenticator.objects.filter(pk=pk).update(data=_anew(row.data))
    return True


def _factors() -> Iterator[Any]:
    yield from Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk").iterator(BATCH)


def _sealed(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the sealed texts of a second factor: the app's secret, the seed or the list of recovery codes."""
    for name in ("secret", "seed"):
        if data.get(name):
            yield data[name]
    yield from data.get("migrated_codes") or ()


def _keys_of(data: Mapping[str, Any]) -> set[str]:
    return {text.partition(":")[0] for text in _sealed(data)}


def _anew(data: Mapping[str, Any]) -> dict[str, Any]:
    def again(text: str) -> str:
        plain = open_text(text, keys=settings.SEAL_KEYS, bound_to=FACTOR)
        return seal_text(plain, keys=settings.SEAL_KEYS, bound_to=FACTOR)

    renewed: dict[str, Any] = {name: again(data[name]) for name in ("secret", "seed") if data.get(name)}
    if data.get("migrated_codes"):
        renewed["migrated_codes"] = [again(text) for text in data["migrated_codes"]]
    return {**data, **renewed}


def _record(verb: str, old: str | None, new: str | None, principal: Principal, now: datetime) -> None:
    record_change(principal=principal, kind="keys", code="seal", verb=verb, old=old, new=new, now=now)


@contextmanager
def _file_held() -> Iterator[list[str]]:
    """Give the lines of the key file to be changed; what they are at the end is written whole, or not at all."""
    file: Path | None = getattr(settings.SEAL_KEYS, "file", None)
    if file is None:
        msg = "The keys come from the variable SEAL_KEYS: change them there and start again."
        raise KeysRefused(msg)
    draft = file.with_name(f".{file.name}.new")
    try:
        with file.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lines = file.read_text().split()
            yield lines
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as writing:
                writing.write("\n".join(lines) + "\n")
                writing.flush()
                os.fsync(writing.fileno())
            draft.rename(file)
            directory = os.open(file.parent, os.O_RDONLY)
            os.fsync(directory)
            os.close(directory)
    except OSError as error:
        msg = f"The keys in {file} cannot be changed now ({error.strerror}). Nothing was changed."
        raise KeysRefused(msg) from error
