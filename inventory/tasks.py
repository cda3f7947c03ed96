"""The jobs of the inventory."""

from datetime import time
from typing import Any

from django.urls import reverse

from inventory.access.errors import AccessRefused
from inventory.access.records import SYSTEM
from inventory.access.rights import Verb
from inventory.access.services.partitions import make_partitions
from inventory.connectors.registry import reader_for
from inventory.errors import InventoryRefused
from inventory.jobs.choices import Queue
from inventory.jobs.documents import DocumentError
from inventory.jobs.models import Blob
from inventory.jobs.records import JobFailed, Run
from inventory.jobs.registry import handler, scheduled
from inventory.jobs.services.blobs import BlobExpired, open_plain
from inventory.jobs.services.jobs import enqueue
from inventory.jobs.services.reading import read_document
from inventory.models import Api, BaseUrl
from inventory.records import EndpointRecord, SpecificationRecord
from inventory.selectors.apis import apis_for
from inventory.services.owners import OwnersRead, propose_owners
from inventory.services.specifications import (
    SpecificationOptions,
    SpecificationResult,
    record_specification,
    repeated_specification,
)
from inventory.services.traffic.forgetting import forget_calls, forget_unmapped
from inventory.services.traffic.placing import place_traffic
from inventory.signals import ApisChanged, endpoints_recorded

MOST_NAMED = 10
FORGET = "inventory.forget_calls"
FORGOTTEN_TOGETHER = 50


@handler(
    kind="inventory.specification",
    queue=Queue.BULK,
    label="Read a specification",
    stages=("Read the document", "Compare with what is known"),
)
def read_specification(run: Run) -> dict[str, Any]:
    """Read a specification and make it the current one of its API."""
    blob = Blob.objects.get(pk=run.arguments["blob"])
    options = SpecificationOptions(**{name: run.arguments[name] for name in ("api", "environment", "team")})
    try:
        result = repeated_specification(digest=blob.digest, options=options, principal=run.principal)
        if result is None:
            result = _read(run, blob, options)
    except (DocumentError, InventoryRefused, AccessRefused, BlobExpired) as error:
        raise JobFailed(str(error)) from error
    return _told(result)


def _read(run: Run, blob: Blob, options: SpecificationOptions) -> SpecificationResult:
    reader = reader_for(run.arguments["format"])
    with open_plain(blob) as file:
        reading = read_document(
            reader=reader.__module__,
            file=file,
            name=run.arguments["name"],
            checkpoint=run.checkpoint,
            records=reader.records,
            summary=reader.summary,
        )
        run.progress(0, None, "Read the document")
        records = list(reading)
    specification, endpoints = _split(records, run.arguments["name"])
    run.progress(len(endpoints), len(endpoints), "Compare with what is known")
    return record_specification(
        specification=specification,
        endpoints=endpoints,
        blob=blob,
        options=options,
        principal=run.principal,
        now=run.now,
    )


def _split(records: list[Any], name: str) -> tuple[SpecificationRecord, list[EndpointRecord]]:
    if not records or not isinstance(records[0], SpecificationRecord):
        raise DocumentError(reason="The document describes no API.", file=name)
    return records[0], [record for record in records[1:] if isinstance(record, EndpointRecord)]


@handler(kind="inventory.owners", queue=Queue.BULK, label="Read a file of owners")
def read_owners(run: Run) -> dict[str, Any]:
    """Read who owns what as a file says it, and keep that as proposals."""
    blob, said = Blob.objects.get(pk=run.arguments["blob"]), run.arguments
    reader = reader_for(said["format"])
    api = apis_for(run.principal, Verb.UPLOAD).filter(pk=said["api"]).first() if said["api"] else None
    try:
        with open_plain(blob) as file:
            reading = read_document(
                reader=reader.__module__, file=file, name=said["name"], checkpoint=run.checkpoint,
                records=reader.records, summary=reader.summary,
            )  # fmt: skip
            records = list(reading)
        read = propose_owners(
            records=records, source=said["series"] or said["name"], api=api, principal=run.principal, now=run.now
        )
    except (DocumentError, InventoryRefused, BlobExpired) as error:
        raise JobFailed(str(error)) from error
    return _owners_told(read, reading.summary.skipped_count, run)


def _owners_told(read: OwnersRead, skipped: int, run: Run) -> dict[str, Any]:
    """Return what the job page shows."""
    note = {}
    if read.unknown:
        more = f" and {len(read.unknown) - MOST_NAMED} more" if len(read.unknown) > MOST_NAMED else ""
        note["note"] = f"No API in sight is called {', '.join(read.unknown[:MOST_NAMED])}{more}."
    told = Api.objects.visible_to(run.principal).filter(pk__in=read.apis).order_by("name", "pk")[:50]
    links = [{"label": api.name, "url": reverse("posture:api-people", args=[api.code])} for api in told]
    return note | {"apis": len(read.apis), "changed": read.changed, "skipped": skipped, "links": links}


@handler(kind="inventory.place", queue=Queue.SHORT, label="Tie calls in logs to APIs", upkeep=True)
def place(run: Run) -> dict[str, Any]:
    """Tie calls to APIs that are new or came to another team."""
    ids = run.arguments["apis"]
    hosts = set(BaseUrl.objects.filter(api__in=ids).exclude(host="").values_list("host", flat=True))
    touched = place_traffic(hosts=hosts, api_ids=ids, now=run.now)
    links = []
    if touched:
        cause = run.arguments.get("cause", "calls tied to APIs")
        endpoints_recorded.send(Api, result=ApisChanged(api_ids=touched, cause=cause))
        told = Api.objects.visible_to(run.principal).filter(pk__in=ids).order_by("name", "pk")
        links = [{"label": api.name, "url": reverse("posture:api-endpoints", args=[api.code])} for api in told]
    return {"apis": len(touched), "links": links}


@scheduled(name="counts of calls that grew old", daily=time(3, 30))
@handler(kind=FORGET, queue=Queue.BULK, label="Forget calls of long ago")
def forget(run: Run) -> dict[str, Any]:
    """Let go of old counts: without APIs in the arguments, write one job for each batch of those that have some."""
    if "apis" in run.arguments:
        return {"forgotten": forget_calls(api_ids=run.arguments["apis"], now=run.now)}
    forgotten, concerned = forget_unmapped(now=run.now)
    for start in range(0, len(concerned), FORGOTTEN_TOGETHER):
        batch = concerned[start : start + FORGOTTEN_TOGETHER]
        enqueue(
            kind=FORGET,
            arguments={"apis": batch},
            principal=SYSTEM,
            now=run.now,
            key=f"{FORGET} {batch[0]} {batch[-1]}",
        )
    return {"forgotten": forgotten, "apis": len(concerned)}


@scheduled(name="months of the trail", daily=time(1, 20))
@handler(kind="inventory.make_months", queue=Queue.SHORT, label="Make the coming months of the trail")
def make_months(_: Run) -> dict[str, Any]:
    """Make the partitions that rows of the coming months go to."""
    return {"months": make_partitions()}


def _told(result: SpecificationResult) -> dict[str, Any]:
    """Return what the job page shows."""
    note = {}
    if result.repeated:
        note["note"] = f"These bytes are the current specification of {result.api_name} already; nothing changed."
    return note | {
        "created": result.endpoints.created,
        "updated": result.endpoints.updated,
        "unchanged": result.endpoints.unchanged,
        "removed": result.endpoints.removed,
        "links": [{"label": result.api_name, "url": reverse("posture:api", args=[result.api_code])}],
    }
