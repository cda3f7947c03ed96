"""A key is changed while people and workers go on, and the change may die at any row."""

from io import BytesIO, StringIO
from pathlib import Path

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import decrypt
from django.conf import settings as product
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django.fixtures import Settings

from inventory.access.models import StateChange
from inventory.access.records import SYSTEM
from inventory.jobs.models import Blob, Secret
from inventory.jobs.services import blobs, keys, vault
from inventory.jobs.services.keys import KeysRefused, add_key, is_under_older_keys, remove_key, reseal_all, uses
from inventory.jobs.services.sealing import sealing_key
from inventory.jobs.services.vault import open_secret, seal_secret
from posture.keys import KeyRing
from tests.inventory.access.people import person
from tests.inventory.jobs.world import NOW, outside

FACTOR = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def ring(fresh_database: str, tmp_path: Path, settings: Settings) -> Path:
    """Keep the keys in a file of the test's own."""
    settings.POSTURE_HOME = tmp_path
    file = tmp_path / "seal"
    file.write_text("k1:" + "01" * 32 + "\n")
    settings.SEAL_KEYS = KeyRing(file)
    return file


def names() -> list[str]:
    return [name for name, _ in product.SEAL_KEYS]


def fill() -> None:
    """Leave five documents, four secrets, an authenticator app and recovery codes."""
    for number in range(5):
        blobs.store(BytesIO(b"document %d" % number * 20_000), now=NOW)
    for number in range(4):
        seal_secret(owner=f"connection:{number}", name="header", value=b"secret %d" % number, now=NOW)
    user = person()
    TOTP.activate(user, FACTOR)
    RecoveryCodes.activate(user)


def everything_opens() -> None:
    """Open all that is sealed and see that it is what it was."""
    for number, blob in enumerate(Blob.objects.order_by("created_at", "size")):
        with blobs.open_plain(blob) as plain:
            text = plain.read()
        assert text.startswith(b"document "), number
        assert text == text[:10] * 20_000
    assert Blob.objects.count() == 5
    for number in range(4):
        assert open_secret(owner=f"connection:{number}", name="header") == b"secret %d" % number
    assert decrypt(Authenticator.objects.get(type="totp").data["secret"]) == FACTOR
    assert len(RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()) == 10


def rotate(*options: str) -> str:
    said = StringIO()
    call_command("rotate_keys", *options, stdout=said, stderr=said)
    return said.getvalue()


def test_everything_goes_under_the_new_key_and_the_old_one_can_go(ring: Path) -> None:
    fill()
    assert "5 documents, 4 secrets, 2 second factors" in rotate()
    assert names() == ["k2", "k1"]
    assert uses("k1") == {"documents": 0, "secrets": 0, "second factors": 0}
    assert uses("k2") == {"documents": 5, "secrets": 4, "second factors": 2}
    everything_opens()
    rotate("--remove", "k1")
    assert names() == ["k2"]
    assert ring.stat().st_mode & 0o777 == 0o600
    everything_opens()
    trail = StateChange.objects.filter(kind="keys").order_by("id").values_list("verb", "old", "new")
    assert list(trail) == [("new key", "k1", "k2"), ("key removed", "k1", None)]
    assert len([path for path in (ring.parent / "blobs").rglob("*") if path.is_file()]) == 5


class Died(Exception):  # noqa: N818 - what it stands for
    """Stands for a death after a row."""


def test_a_change_that_dies_after_any_row_leaves_all_open_and_is_finished_by_the_next(ring: Path) -> None:
    fill()
    for deaths in range(1, 11):
        left = [deaths]

        def die(left: list[int] = left) -> None:
            left[0] -= 1
            if not left[0]:
                raise Died

        add_key(principal=SYSTEM, now=NOW)
        with pytest.raises(Died):
            reseal_all(each=die)
        everything_opens()
        assert is_under_older_keys()
        old = names()[1]
        with pytest.raises(KeysRefused, match="still opens"):
            remove_key(key_id=old, principal=SYSTEM, now=NOW)
        rotate()
        assert not is_under_older_keys()
        everything_opens()
        remove_key(key_id=old, principal=SYSTEM, now=NOW)
    everything_opens()


def test_a_key_that_is_used_or_first_or_unknown_stays(ring: Path) -> None:
    fill()
    before = ring.read_text()
    for key, words in (("k1", "it seals"), ("k9", "There is no key k9")):
        with pytest.raises(CommandError, match=words):
            rotate("--remove", key)
    add_key(principal=SYSTEM, now=NOW)
    for kept in ("5 documents, 4 secrets, 2 second factors", "4 secrets, 2 second factors", "2 second factors"):
        with pytest.raises(CommandError, match=kept):
            rotate("--remove", "k1")
        (Blob if "documents" in kept else Secret).objects.all().delete()
    Authenticator.objects.all().delete()
    rotate("--remove", "k1")
    assert before not in ring.read_text()


def test_no_key_goes_while_somebody_may_still_seal_with_it(ring: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that took the key before the change commits after it."""
    monkeypatch.setattr(keys, "PATIENCE", "200ms")
    with outside() as other:
        other.autocommit = False
        with transaction.atomic():
            sealing_key()
        other.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended('seal keys', 0))")
        add_key(principal=SYSTEM, now=NOW)
        with pytest.raises(KeysRefused, match="try again in a moment"):
            remove_key(key_id="k1", principal=SYSTEM, now=NOW)
        other.rollback()
    remove_key(key_id="k1", principal=SYSTEM, now=NOW)
    assert names() == ["k2"]


def test_what_others_write_meanwhile_stays_theirs(ring: Path) -> None:
    fill()
    add_key(principal=SYSTEM, now=NOW)
    row = Secret.objects.get(owner="connection:1")
    seal_secret(owner="connection:1", name="header", value=b"newer", now=NOW)
    assert not vault.reseal(row)
    assert open_secret(owner="connection:1", name="header") == b"newer"
    blob = Blob.objects.first()
    assert blob
    Blob.objects.filter(pk=blob.pk).update(dropped_at=NOW)
    assert not blobs.reseal(blob)
    reseal_all()
    assert Blob.objects.filter(dropped_at=None).exclude(key_id="k2").count() == 0


def test_who_read_the_row_before_the_change_still_opens_the_document(ring: Path) -> None:
    fill()
    stale = Blob.objects.first()
    assert stale
    rotate()
    with blobs.open_plain(stale) as plain:
        assert plain.read().startswith(b"document ")


def test_what_cannot_be_opened_is_named_and_stops_nothing_else(ring: Path) -> None:
    fill()
    blob = Blob.objects.first()
    assert blob
    (ring.parent / "blobs" / blob.where).write_bytes(b"damaged")
    with pytest.raises(CommandError, match="1 could not be opened"):
        rotate()
    assert uses("k1") == {"documents": 1, "secrets": 0, "second factors": 0}
    with pytest.raises(CommandError, match="1 could not be opened"):
        rotate("--new")
    assert names() == ["k3", "k2", "k1"]


def test_keys_of_a_variable_are_changed_where_they_are(ring: Path, settings: Settings) -> None:
    fill()
    settings.SEAL_KEYS = tuple(product.SEAL_KEYS)
    with pytest.raises(CommandError, match="come from the variable"):
        rotate()
    settings.SEAL_KEYS = (("k7", bytes(32)), *product.SEAL_KEYS)
    rotate("--finish")
    assert uses("k7")["secrets"] == 4
    assert StateChange.objects.filter(kind="keys", new="k7").count() == 1


def test_a_file_that_cannot_be_written_says_so_and_no_key_is_lost(ring: Path) -> None:
    draft = ring.with_name(".seal.new")
    draft.mkdir()
    with pytest.raises(CommandError, match="cannot be changed now"):
        rotate()
    assert names() == ["k1"]


def test_the_lock_is_the_databases_own(ring: Path) -> None:
    with outside() as other, transaction.atomic():
        other.execute("SET lock_timeout = '100ms'")
        sealing_key()
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("SELECT pg_advisory_xact_lock(hashtextextended('seal keys', 0))")
