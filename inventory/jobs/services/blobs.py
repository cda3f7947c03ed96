"""Keep the bytes of documents: sealed, whole or not at all, for a stated time."""

import hmac
import logging
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from inventory.access.away import why_away
from inventory.access.seals import BrokenSealError
from inventory.jobs.models import Blob
from inventory.jobs.services.sealing import Readable, open_stream, seal_stream, sealing_key

log = logging.getLogger(__name__)

# A file without a row is left by a crash between the two; a younger one may belong to a transaction still open.
ORPHAN_AGE = timedelta(days=1)


class BlobDamaged(Exception):  # noqa: N818 - named for what people are told
    """The stored bytes are missing, changed, cut, or sealed under a key that is not on the list."""


class BlobExpired(Exception):  # noqa: N818 - named for what people are told
    """The stored bytes were removed when their time was over."""


def store(stream: Readable, *, now: datetime) -> Blob:
    """Seal the stream into a file and return its row, written in the caller's transaction.

    The file is complete and on disk (fsync) under its final name before the row exists. It is kept BLOB_DAYS days.
    The digest is the HMAC-SHA-256 of the plain bytes, for equality only.
    """
    blob_id = uuid4()
    key_id, key = sealing_key()
    where = f"{blob_id.hex[:2]}/{blob_id}"
    digest, size = hmac.new(settings.DIGEST_KEY, digestmod="sha256"), 0

    def plain(sealed: BinaryIO) -> Iterator[bytes]:
        return seal_stream(stream, sealed, key=key, bound_to=blob_id.bytes)

    for chunk in _write(where, plain):
        digest.update(chunk)
        size += len(chunk)
    return Blob.objects.create(
        id=blob_id,
        digest=digest.hexdigest(),
        size=size,
        key_id=key_id,
        where=where,
        created_at=now,
        expires_at=now + timedelta(days=settings.BLOB_DAYS),
    )


def _write(where: str, seal: Callable[[BinaryIO], Iterator[bytes]]) -> Iterator[bytes]:
    """Write a sealed file whole or not at all, yielding its plain chunks; it is on disk when the iteration ends."""
    path = _root() / where
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sealed:
            yield from seal(sealed)
            sealed.flush()
            os.fsync(sealed.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    for directory in (path.parent, path.parent.parent):
        _sync(directory)


def reseal(blob: Blob) -> bool:
    """Seal a document under the first key, in a file of its own, then let the row name it; False when it is gone.

    Killed at any step, the row names a whole file under the key it says. The other file has no row and is removed
    with time. Raises BlobDamaged.
    """
    key_id, key = settings.SEAL_KEYS[0]
    where = f"{blob.id.hex[:2]}/{blob.id}.{uuid4().hex[:8]}"
    with open_plain(blob) as plain:
        for _ in _write(where, lambda sealed: seal_stream(plain, sealed, key=key, bound_to=blob.id.bytes)):
            pass
    held = Blob.objects.filter(pk=blob.pk, where=blob.where, dropped_at=None)
    changed = held.update(where=where, key_id=key_id) == 1
    _remove([blob.where if changed else where])
    return changed


def open_plain(blob: Blob) -> BinaryIO:
    """Return the plain bytes as a seekable file at its start: private, without a name, gone when closed.

    Every byte is checked before the file is returned. Raises BlobExpired or BlobDamaged, which name the blob.
    """
    if blob.dropped_at is not None:
        msg = f"Stored document {blob.id} was removed on {blob.dropped_at:%Y-%m-%d}, when its time was over."
        raise BlobExpired(msg)
    if not (_root() / blob.where).exists():
        # Its key was changed since the row was read: it lies elsewhere now.
        blob.refresh_from_db(fields=["where", "key_id"])
    key = dict(settings.SEAL_KEYS).get(blob.key_id)
    if key is None:
        msg = f"Stored document {blob.id} is sealed under key {blob.key_id}, which is not on the key list."
        raise BlobDamaged(msg)
    plain = cast("BinaryIO", tempfile.TemporaryFile(dir=_root()))  # noqa: SIM115 - the caller closes it
    try:
        with (_root() / blob.where).open("rb") as sealed:
            for chunk in open_stream(sealed, key=key, bound_to=blob.id.bytes):
                plain.write(chunk)
        plain.seek(0)
    except (OSError, BrokenSealError) as error:
        with suppress(OSError):
            plain.close()
        if why_away(error):
            raise  # the disk is full: the document itself is whole
        reason = error.strerror if isinstance(error, OSError) else error
        msg = f"Stored document {blob.id} cannot be opened: {reason}"
        raise BlobDamaged(msg) from error
    return plain


def expire(*, now: datetime) -> dict[str, int]:
    """Remove the files whose time is over, when the caller's transaction commits; rows stay and say so.

    Files that no row knows are removed too, once they are a day old.
    """
    over = Blob.objects.filter(expires_at__lt=now, dropped_at__isnull=True)
    wheres = list(over.values_list("where", flat=True))
    over.filter(where__in=wheres).update(dropped_at=now)
    orphans = sorted(set(without_a_row(now)) - set(wheres))
    transaction.on_commit(lambda: _remove([*wheres, *orphans]), robust=True)
    return {"documents": len(wheres), "files_without_a_row": len(orphans)}


def without_a_row(now: datetime) -> list[str]:
    """Return the files that no row knows and that are a day old: what a crash left between the two."""
    old = (now - ORPHAN_AGE).timestamp()
    found: list[str] = []
    for directory in sorted(_root().glob("??")):
        wheres = [f"{directory.name}/{path.name}" for path in directory.iterdir() if path.stat().st_mtime < old]
        ids = {pk for where in wheres if (pk := _id_of(where))}
        kept = set(Blob.objects.filter(pk__in=ids, dropped_at__isnull=True).values_list("where", flat=True))
        found += [where for where in wheres if where not in kept]
    return found


def _id_of(where: str) -> UUID | None:
    """Return the id in a file's name, None where there is none."""
    try:
        return UUID(where.rpartition("/")[2].partition(".")[0])
    except ValueError:
        return None


def _remove(wheres: Iterable[str]) -> None:
    for where in wheres:
        (_root() / where).unlink(missing_ok=True)


def _root() -> Path:
    root = Path(settings.POSTURE_HOME) / "blobs"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return root


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
