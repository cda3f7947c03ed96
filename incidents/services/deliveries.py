"""Deliveries of webhooks: from who they claim, not too old, had once; then they go the road of an upload."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Final

from django.db import IntegrityError, transaction

from findings.services.upload import receive_upload
from incidents.errors import DeliveryRefused
from incidents.models import SeenDelivery
from incidents.signatures import verify
from inventory.choices import RunState
from inventory.codes import chance_code
from inventory.jobs.models import Job
from inventory.jobs.services.vault import SecretDamaged, SecretMissing, open_secret
from inventory.models import Connection, Run
from inventory.services.connections import UPLOAD_OPTIONS
from inventory.sources.webhook import RECEIVING, SIGNING

NOBODYS: Final = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
"""What is compared with where there is no secret, so that it takes as long."""


@transaction.atomic
def receive_delivery(*, code: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Job:
    """Take in what was sent to a webhook and return the job that reads it.

    `headers` have names in lower case. Raises DeliveryRefused for an unknown or paused connection and for a signature
    that is missing, wrong, too old, dated ahead or had before. After that, as an upload: FindingsRefused,
    InventoryRefused, AccessRefused, DocumentError; then nothing is kept, and the same delivery may come again.
    """
    connection = Connection.objects.select_related("team").filter(
        code=code, kind=RECEIVING, paused_at=None
    ).first()  # fmt: skip
    scheme = connection.options.get("signature", "standard") if connection else "standard"
    delivery = verify(scheme, secret=_secret(connection), headers=headers, body=body, now=now)
    if connection is None:
        raise DeliveryRefused
    try:
        with transaction.atomic():
            SeenDelivery.objects.create(source=connection, delivery=delivery.digest, at=now, until=delivery.until)
    except IntegrityError as error:
        raise DeliveryRefused from error
    options = {name: connection.options[name] for name in UPLOAD_OPTIONS if connection.options.get(name)}
    name = f"delivery {delivery.digest[:12]}.json"
    job = receive_upload(
        file=BytesIO(body), name=name, options={**options, "series": connection.name}, principal=connection.principal,
        now=now,
    )  # fmt: skip
    Run.objects.create(
        code=chance_code("RUN"), connection=connection, job=job, asked_by="Its sender", started_at=now,
        state=RunState.DONE, counts={"taken": 1, "unchanged": 0, "left": 0, "faults": 0}, faults=[],
        documents=[{"name": name, "size": len(body), "job": str(job.pk)}],
    )  # fmt: skip
    Connection.objects.filter(pk=connection.pk).update(last_run_at=now, last_good_at=now, failures=0, fault="")
    return job


def _secret(connection: Connection | None) -> str:
    if connection is None:
        return NOBODYS
    try:
        return open_secret(owner=connection.owner, name=SIGNING).decode()
    except (SecretMissing, SecretDamaged) as error:
        raise DeliveryRefused from error


def forget_deliveries(*, now: datetime) -> int:
    """Forget deliveries whose signature would not hold any more; return how many."""
    return SeenDelivery.objects.filter(until__lt=now).delete()[0]
