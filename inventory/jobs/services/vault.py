"""Secrets of connections: sealed when written, opened only to be used, never shown."""

from datetime import datetime

from django.conf import settings

from inventory.access.seals import BrokenSealError, open_value, seal_value
from inventory.jobs.models import Secret
from inventory.jobs.services.sealing import sealing_key


class SecretMissing(Exception):  # noqa: N818 - named for what people are told
    """No secret of this name was ever set for this owner."""


class SecretDamaged(Exception):  # noqa: N818 - named for what people are told
    """The secret was changed, or is sealed under a key that is not on the list: it must be set again."""


def seal_secret(*, owner: str, name: str, value: bytes, now: datetime) -> None:
    """Set the secret, replacing an older value. `owner` is such as `connection:7`; both are bound into the seal."""
    key_id, key = sealing_key()
    nonce, sealed = seal_value(value, key=key, bound_to=_binding(owner, name))
    Secret.objects.update_or_create(
        owner=owner, name=name, defaults={"key_id": key_id, "nonce": nonce, "sealed": sealed, "rotated_at": now}
    )


def open_secret(*, owner: str, name: str) -> bytes:
    """Return the plain value, to be used at once and kept nowhere. Raises SecretMissing or SecretDamaged."""
    row = Secret.objects.filter(owner=owner, name=name).first()
    if row is None:
        msg = f"The secret {name} of {owner} is not set."
        raise SecretMissing(msg)
    key = dict(settings.SEAL_KEYS).get(row.key_id)
    try:
        if key is None:
            msg = f"Its key {row.key_id} is not on the key list."
            raise BrokenSealError(msg)  # noqa: TRY301 - one message for both ways to be unreadable
        return open_value(bytes(row.nonce), bytes(row.sealed), key=key, bound_to=_binding(owner, name))
    except BrokenSealError as error:
        msg = f"The secret {name} of {owner} cannot be opened. {error} Set it again."
        raise SecretDamaged(msg) from error


def reseal(secret: Secret) -> bool:
    """Seal a secret under the first key; False when somebody else set it meanwhile. Raises SecretDamaged."""
    key_id, key = settings.SEAL_KEYS[0]
    value = open_secret(owner=secret.owner, name=secret.name)
    nonce, sealed = seal_value(value, key=key, bound_to=_binding(secret.owner, secret.name))
    held = Secret.objects.filter(pk=secret.pk, key_id=secret.key_id, nonce=secret.nonce)
    return held.update(key_id=key_id, nonce=nonce, sealed=sealed) == 1


def _binding(owner: str, name: str) -> bytes:
    """Return bytes that no other pair of owner and name has."""
    return len(owner.encode()).to_bytes(4, "big") + owner.encode() + name.encode()
