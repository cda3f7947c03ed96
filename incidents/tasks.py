"""The jobs of the incidents."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime

from findings.errors import FindingsRefused
from findings.models import Report
from findings.services.ingest import UploadOptions
from incidents.services.deliveries import forget_deliveries
from incidents.services.ingest import AlertCounts, AlertDocument, ingest_alerts
from incidents.services.looking import Asked, look_into_log
from incidents.services.triage import WEIGH, end_snoozes
from incidents.services.tying import tie_episodes
from incidents.services.weighing import weigh_anew
from inventory.connectors.registry import reader_for
from inventory.jobs.choices import Queue
from inventory.jobs.documents import DocumentError
from inventory.jobs.models import Blob
from inventory.jobs.records import JobFailed, Run
from inventory.jobs.registry import handler, scheduled
from inventory.jobs.services.blobs import BlobExpired, open_plain
from inventory.jobs.services.reading import read_document
from inventory.models import Api


@handler(kind="incidents.alerts", queue=Queue.BULK, label="Read alerts", stages=("Read the document",))
def read_alerts(run: Run) -> dict[str, Any]:
    """Read a document of alerts and fold it into the episodes."""
    report = Report.objects.select_related("blob").get(pk=run.arguments["report"])
    if report.blob is None:
        msg = f"The document of report {report.code} is gone; upload it again."
        raise JobFailed(msg)
    reader = reader_for(report.format)
    try:
        with open_plain(report.blob) as file:
            reading = read_document(
                reader=reader.__module__,
                file=file,
                name=report.name,
                checkpoint=run.checkpoint,
                records=reader.records,
                summary=reader.summary,
            )
            document = AlertDocument(
                records=reading,
                summary=lambda: reading.summary,
                each=lambda count: run.progress(count, reading.total, "Read the document"),
            )
            counts = ingest_alerts(
                report=report, document=document, options=_options(report), principal=run.principal, now=run.now
            )
    except (DocumentError, FindingsRefused, BlobExpired) as error:
        raise JobFailed(str(error)) from error
    return _told(counts, run)


def _options(report: Report) -> UploadOptions:
    said = report.options
    scanned_at = said.get("scanned_at")
    return UploadOptions(
        api_id=said.get("api"),
        series=said.get("series") or "",
        scanned_at=parse_datetime(scanned_at) if scanned_at else None,
    )


def _told(counts: AlertCounts, run: Run) -> dict[str, Any]:
    """Return what the job page shows."""
    told = asdict(counts)
    del told["api_ids"]
    apis = Api.objects.visible_to(run.principal).filter(pk__in=counts.api_ids).order_by("name", "pk")
    listed = [
        {"label": f"Alerts of {api.name}", "url": f"{reverse('incidents:alerts')}?api={api.code}"} for api in apis
    ]
    if counts.unmapped:
        listed.append({"label": "Alerts without an API", "url": f"{reverse('incidents:alerts')}?mapped=no"})
    note = {} if counts.created or not counts.alerts else {"note": "All of these alerts were known; nothing changed."}
    return note | told | {"links": listed[:50]}


@handler(kind="incidents.look", queue=Queue.BULK, label="Look for attacks in a log", stages=("Read the document",))
def look(run: Run) -> dict[str, Any]:
    """Let the detections look through a log that was counted, and keep what they raise as alerts."""
    blob = Blob.objects.get(pk=run.arguments["blob"])
    asked = Asked(name=run.arguments["name"], digest=blob.digest, api_id=run.arguments["api"])

    def each(count: int) -> None:
        run.checkpoint()
        run.progress(count, None, "Read the document")

    try:
        with open_plain(blob) as file:
            found = look_into_log(file=file, asked=asked, principal=run.principal, now=run.now, each=each)
    except (DocumentError, FindingsRefused, BlobExpired) as error:
        raise JobFailed(str(error)) from error
    told = _told(found.counts, run) if found.counts else {}
    return {**told, "requests": found.requests, "raised": found.raised} | ({"note": found.note} if found.note else {})


@handler(kind="incidents.tie", queue=Queue.SHORT, label="Tie alerts to APIs and endpoints", upkeep=True)
def tie(run: Run) -> dict[str, Any]:
    """Tie alerts to what became known after them."""
    return {"moved": tie_episodes(api_ids=run.arguments["apis"]).moved}


@scheduled(name="alerts without an API", every=timedelta(minutes=15))
@handler(kind="incidents.tie_all", queue=Queue.SHORT, label="Tie alerts that no API had")
def tie_all(_run: Run) -> dict[str, Any]:
    """Tie alerts to APIs that mapping rules of late name."""
    return {"moved": tie_episodes(api_ids=()).moved}


@handler(kind=WEIGH, queue=Queue.SHORT, label="Count what alerts weigh", upkeep=True)
def weigh(run: Run) -> dict[str, Any]:
    """Count anew what weighs on some APIs, after people said what their alerts are."""
    weigh_anew(api_ids=run.arguments["apis"], cause=run.arguments["cause"])
    return {"apis": len(run.arguments["apis"])}


@scheduled(name="snoozes that end", every=timedelta(minutes=1))
@handler(kind="incidents.end_snoozes", queue=Queue.SHORT, label="Let snoozed alerts ask again")
def end(run: Run) -> dict[str, Any]:
    """Let snoozes end."""
    return {"ended": end_snoozes(now=run.now)}


@scheduled(name="deliveries that were had", every=timedelta(minutes=15))
@handler(kind="incidents.forget", queue=Queue.SHORT, label="Forget old deliveries of webhooks")
def forget(run: Run) -> dict[str, Any]:
    """Forget deliveries that are refused for their age by now."""
    return {"forgotten": forget_deliveries(now=run.now)}
