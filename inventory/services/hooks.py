"""The secret of a webhook: made here, shown once, sealed in the vault."""

import base64
import secrets
from datetime import datetime
from typing import Final

from django.db import transaction

from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_change
from inventory.errors import ConnectionRefused
from inventory.jobs.services.vault import seal_secret
from inventory.models import Connection
from inventory.sources.webhook import RECEIVING, SIGNING

PREFIX: Final = "whsec_"
"""How secrets of Standard Webhooks begin; what follows is the key in base 64."""
BYTES: Final = 32


@transaction.atomic
def make_secret(*, connection: Connection, principal: Principal, now: datetime) -> str:
    """Make a new secret for a webhook and return it, for this once; the one before opens nothing any more.

    Raises AccessRefused, and ConnectionRefused for a connection that is no webhook.
    """
    require(principal, Verb.CONNECT, team_id=connection.team_id)
    if connection.kind != RECEIVING:
        msg = f"{connection.name} is no webhook: nothing is sent to it."
        raise ConnectionRefused(msg)
    secret = PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()
    seal_secret(owner=connection.owner, name=SIGNING, value=secret.encode(), now=now)
    record_change(
        principal=principal, kind="connection", code=connection.code, verb="secret made", old=None, new=SIGNING, now=now
    )
    return secret
