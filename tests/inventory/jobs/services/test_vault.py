"""Secrets: replaced, opened to be used, and of no use anywhere else."""

import pytest
from pytest_django import Settings

from inventory.jobs.models import Secret
from inventory.jobs.services.vault import SecretDamaged, SecretMissing, open_secret, seal_secret
from tests.inventory.jobs.world import NOW

pytestmark = pytest.mark.django_db


def seal(owner: str, name: str, value: bytes) -> Secret:
    seal_secret(owner=owner, name=name, value=value, now=NOW)
    return Secret.objects.get(owner=owner, name=name)


def test_a_secret_is_opened_for_its_owner_by_its_name() -> None:
    row = seal("connection:7", "token", b"s3cret")
    assert open_secret(owner="connection:7", name="token") == b"s3cret"
    assert b"s3cret" not in bytes(row.sealed)
    assert row.rotated_at == NOW


def test_setting_it_again_replaces_it() -> None:
    first = seal("connection:7", "token", b"old")
    second = seal("connection:7", "token", b"new")
    assert first.pk == second.pk
    assert open_secret(owner="connection:7", name="token") == b"new"


def test_a_secret_that_was_never_set_is_named() -> None:
    with pytest.raises(SecretMissing, match=r"token of connection:7 is not set"):
        open_secret(owner="connection:7", name="token")


@pytest.mark.parametrize(
    ("owner", "name"), [("connection:8", "token"), ("connection:7", "key"), ("connection:7t", "oken")]
)
def test_a_sealed_value_copied_to_another_row_does_not_open(owner: str, name: str) -> None:
    row = seal("connection:7", "token", b"s3cret")
    Secret.objects.create(owner=owner, name=name, key_id=row.key_id, nonce=row.nonce, sealed=row.sealed, rotated_at=NOW)
    with pytest.raises(SecretDamaged, match="Set it again"):
        open_secret(owner=owner, name=name)


def test_the_first_key_seals_and_all_open(settings: Settings) -> None:
    settings.SEAL_KEYS = (("k1", bytes(32)),)
    assert seal("connection:7", "token", b"s3cret").key_id == "k1"
    settings.SEAL_KEYS = (("k2", bytes(range(32))), ("k1", bytes(32)))
    assert open_secret(owner="connection:7", name="token") == b"s3cret"
    assert seal("connection:7", "token", b"s3cret").key_id == "k2"
    settings.SEAL_KEYS = (("k1", bytes(32)),)
    with pytest.raises(SecretDamaged, match="key k2 is not on the key list"):
        open_secret(owner="connection:7", name="token")
