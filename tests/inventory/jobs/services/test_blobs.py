"""Documents on disk: sealed, whole or not at all, gone in time."""

import hashlib
import hmac
import os
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from typing_extensions import override

from inventory.jobs.models import Blob
from inventory.jobs.services import blobs
from tests.inventory.jobs.world import NOW

pytestmark = pytest.mark.django_db
CONTENT = b'{"openapi": "3.1.0"}' * 10_000


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Path:
    settings.POSTURE_HOME = tmp_path
    settings.BLOB_DAYS = 90
    return tmp_path


def store(content: bytes = CONTENT) -> Blob:
    return blobs.store(BytesIO(content), now=NOW)


def content_of(blob: Blob) -> bytes:
    with blobs.open_plain(blob) as plain:
        return plain.read()


def files(home: Path) -> list[Path]:
    return sorted(path for path in (home / "blobs").rglob("*") if path.is_file())


def test_a_document_is_sealed_in_one_private_file_and_comes_back(home: Path, settings: Settings) -> None:
    blob = store()
    (path,) = files(home)
    assert path == home / "blobs" / blob.id.hex[:2] / str(blob.id)
    assert path.stat().st_mode & 0o777 == 0o600
    assert (home / "blobs").stat().st_mode & 0o777 == 0o700
    assert b"openapi" not in path.read_bytes()
    assert blob.size == len(CONTENT)
    assert blob.digest == hmac.new(settings.DIGEST_KEY, CONTENT, hashlib.sha256).hexdigest()
    assert blob.expires_at == NOW + timedelta(days=90)
    assert content_of(Blob.objects.get()) == CONTENT


def test_an_opened_document_is_seekable_private_and_has_no_name(home: Path) -> None:
    with blobs.open_plain(store()) as plain:
        assert plain.read(10) == CONTENT[:10]
        plain.seek(-5, os.SEEK_END)
        assert plain.read() == CONTENT[-5:]
        state = os.fstat(plain.fileno())
        assert (state.st_nlink, state.st_mode & 0o777) == (0, 0o600)
        assert len(files(home)) == 1


def test_equal_bytes_have_equal_digests_and_rows_of_their_own() -> None:
    first, second, third = store(b"same"), store(b"same"), store(b"Same")
    assert first.digest == second.digest
    assert first.digest != third.digest
    assert first.pk != second.pk


class Breaking(BytesIO):
    """Fails in the middle, as an upload does whose sender is gone."""

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        """Return bytes until 100,000 are read."""
        if self.tell() > 100_000:
            raise ConnectionResetError
        return super().read(size)


def test_a_stream_that_breaks_off_leaves_neither_file_nor_row(home: Path) -> None:
    with pytest.raises(ConnectionResetError):
        blobs.store(Breaking(CONTENT), now=NOW)
    assert files(home) == []
    assert Blob.objects.count() == 0


def test_a_damaged_document_is_named(home: Path) -> None:
    blob = store()
    (path,) = files(home)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(blobs.BlobDamaged, match=str(blob.id)):
        blobs.open_plain(blob)
    path.unlink()
    with pytest.raises(blobs.BlobDamaged, match="No such file"):
        blobs.open_plain(blob)


def test_a_document_in_the_place_of_another_is_refused(home: Path) -> None:
    first, second = store(b"first"), store(b"second")
    (home / "blobs" / first.where).replace(home / "blobs" / second.where)
    with pytest.raises(blobs.BlobDamaged, match=str(second.id)):
        blobs.open_plain(second)


def test_the_first_key_seals_and_all_open(settings: Settings) -> None:
    settings.SEAL_KEYS = (("k1", bytes(32)),)
    old = store(b"old")
    settings.SEAL_KEYS = (("k2", bytes(range(32))), ("k1", bytes(32)))
    new = store(b"new")
    assert (old.key_id, new.key_id) == ("k1", "k2")
    assert [content_of(blob) for blob in (old, new)] == [b"old", b"new"]
    settings.SEAL_KEYS = (("k2", bytes(range(32))),)
    with pytest.raises(blobs.BlobDamaged, match="key k1, which is not on the key list"):
        blobs.open_plain(old)
    settings.SEAL_KEYS = (("k1", bytes(range(32))),)
    with pytest.raises(blobs.BlobDamaged, match="does not match its seal"):
        blobs.open_plain(old)


def expire(days: int, capture: DjangoCaptureOnCommitCallbacks) -> dict[str, int]:
    with capture(execute=True):
        return blobs.expire(now=NOW + timedelta(days=days))


def test_after_its_time_the_file_goes_and_the_row_says_so(
    home: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    blob = store()
    assert expire(90, django_capture_on_commit_callbacks) == {"documents": 0, "files_without_a_row": 0}
    assert len(files(home)) == 1
    assert expire(91, django_capture_on_commit_callbacks)["documents"] == 1
    assert files(home) == []
    blob.refresh_from_db()
    with pytest.raises(blobs.BlobExpired, match="2027-02-18"):
        blobs.open_plain(blob)
    assert expire(92, django_capture_on_commit_callbacks)["documents"] == 0


def test_a_removal_that_is_rolled_back_removes_nothing(home: Path) -> None:
    blob = store()
    with transaction.atomic():
        blobs.expire(now=NOW + timedelta(days=91))
        transaction.set_rollback(True)
    assert len(files(home)) == 1
    blob.refresh_from_db()
    assert content_of(blob) == CONTENT


def test_a_file_that_no_row_knows_goes_after_a_day(
    home: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    kept, lost = store(), store()
    Blob.objects.filter(pk=lost.pk).delete()
    part = home / "blobs" / kept.id.hex[:2] / "upload.part"
    part.touch()
    for path in files(home):
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert expire(0, django_capture_on_commit_callbacks)["files_without_a_row"] == 0
    assert expire(2, django_capture_on_commit_callbacks)["files_without_a_row"] == 2
    assert files(home) == [home / "blobs" / kept.where]
