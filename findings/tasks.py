"""The jobs of the findings."""

from dataclasses import asdict, replace
from datetime import time, timedelta
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime

from findings.errors import FindingsRefused
from findings.models import MappingRule, Report
from findings.services.asking import CHECK, ask_for_checks
from findings.services.checking import apis_to_check, check_apis
from findings.services.connections import AnotherRun, Asked, run_connection
from findings.services.due import FOLLOW, stamp_due
from findings.services.expiry import end_decisions
from findings.services.ingest import Document, IngestCounts, UploadOptions, ingest_report
from findings.services.linking import link_endpoints
from findings.services.mapping import move_findings, reports_of_rule
from findings.services.repeats import repeated_report
from findings.services.retests import answer_retests
from findings.services.retirement import retire_series
from findings.services.tallies import fold_tallies
from findings.services.traffic import place_by_rule, ruled
from inventory.access.choices import PrincipalKind
from inventory.access.errors import AccessRefused
from inventory.access.records import Principal
from inventory.choices import RUN_JOB, RunState
from inventory.connectors.registry import reader_for
from inventory.jobs.choices import Queue
from inventory.jobs.documents import DocumentError
from inventory.jobs.models import Blob
from inventory.jobs.records import JobFailed, Run
from inventory.jobs.registry import handler, scheduled
from inventory.jobs.services.blobs import BlobExpired, open_plain
from inventory.jobs.services.jobs import enqueue
from inventory.jobs.services.reading import read_document
from inventory.models import Api, Connection, TrafficLog
from inventory.services.traffic.logs import LogOptions, LogRead, LogResult, held_log, record_log, start_of
from inventory.signals import LogTaken, log_recorded


@handler(
    kind="findings.report",
    queue=Queue.BULK,
    label="Read a report",
    stages=("Read the document", "Compare with what is known"),
)
def read_report(run: Run) -> dict[str, Any]:
    """Read a report and fold it into the findings."""
    report = Report.objects.select_related("blob").get(pk=run.arguments["report"])
    options = _options(report)
    earlier = repeated_report(report)
    if earlier is not None:
        return _told(earlier, run, note="These bytes were the latest report of their series already; nothing changed.")
    try:
        return _told(_fold(run, report, options), run)
    except (DocumentError, FindingsRefused, BlobExpired) as error:
        raise JobFailed(str(error)) from error


def _options(report: Report) -> UploadOptions:
    said = report.options
    scanned_at = said.get("scanned_at")
    return UploadOptions(
        api_id=said.get("api"),
        series=said.get("series") or "",
        scan_id=said.get("scan_id") or "",
        parts=said.get("parts"),
        complete=said.get("complete", True),
        scanned_at=parse_datetime(scanned_at) if scanned_at else None,
    )


def _fold(run: Run, report: Report, options: UploadOptions, *, anew: bool = False) -> IngestCounts:
    if report.blob is None:
        msg = f"The document of report {report.code} is gone; upload it again."
        raise JobFailed(msg)
    reader = reader_for(report.format)
    with open_plain(report.blob) as file:
        reading = read_document(
            reader=reader.__module__,
            file=file,
            name=report.name,
            options=report.options.get("columns") or {},
            checkpoint=run.checkpoint,
            records=reader.records,
            summary=reader.summary,
        )

        def each(count: int) -> None:
            run.progress(count, reading.total, "Read the document")

        def summary() -> Any:
            run.progress(reading.total or 0, reading.total, "Compare with what is known")
            return reading.summary

        document = Document(records=reading, summary=summary, each=each)
        counts = ingest_report(
            report=report, document=document, options=options, principal=run.principal, now=run.now, anew=anew
        )
        run.progress(reading.total or counts.entries, reading.total or counts.entries, "Compare with what is known")
        return counts


def _told(counts: IngestCounts, run: Run, note: str = "") -> dict[str, Any]:
    """Return what the job page shows."""
    apis = Api.objects.visible_to(run.principal).filter(pk__in=counts.api_ids).order_by("name", "pk")
    told = asdict(counts)
    del told["api_ids"]
    links = [{"label": api.name, "url": reverse("posture:api-findings", args=[api.code])} for api in apis[:50]]
    if counts.unmapped:
        links.append({"label": "Tie the unmapped ones", "url": reverse("findings:mapping")})
    return ({"note": note} if note else {}) | told | {"links": links}


@handler(
    kind="findings.log",
    queue=Queue.BULK,
    label="Read a log",
    stages=("Read the document", "Tie the calls to endpoints"),
)
def read_log(run: Run) -> dict[str, Any]:
    """Read an access log, tie its calls to APIs and endpoints, and let go of its bytes."""
    blob = Blob.objects.get(pk=run.arguments["blob"])
    said = run.arguments
    options = LogOptions(name=said["name"], format=said["format"], series=said["series"], api_id=said["api"])
    if held_log(blob=blob, options=options, principal=run.principal):
        return {"note": "These bytes were read as a log of this series already; nothing changed."}
    reader = reader_for(options.format)
    try:
        with open_plain(blob) as file:
            start, size = start_of(file, options.name)
            run.progress(0, None, "Read the document")
            reading = read_document(
                reader=reader.__module__, file=file, name=options.name, checkpoint=run.checkpoint,
                records=reader.records, summary=reader.summary,
            )  # fmt: skip

            def summary() -> Any:
                run.progress(reading.summary.lines, reading.summary.lines, "Tie the calls to endpoints")
                return reading.summary

            read = LogRead(records=reading, summary=summary)
            result = record_log(
                blob=blob, start=start, size=size, read=read, options=options, principal=run.principal, now=run.now,
                beyond=ruled(run.principal),
            )  # fmt: skip
    except (DocumentError, BlobExpired) as error:
        raise JobFailed(str(error)) from error
    taken = LogTaken(blob_id=str(blob.pk), name=options.name, api_id=options.api_id, principal=run.principal)
    log_recorded.send(TrafficLog, result=taken)
    # A log holds addresses of people and is of no use once it is counted: the next cleaning drops it.
    Blob.objects.filter(pk=blob.pk).update(expires_at=run.now)
    return log_told(result, run.principal)


def log_told(result: LogResult, principal: Principal) -> dict[str, Any]:
    """Return what the job page shows of a log."""
    apis = Api.objects.visible_to(principal).filter(pk__in=result.api_ids).order_by("name", "pk")
    notes = []
    if result.repeated:
        notes.append("A longer state of this log was read before; nothing changed.")
    if result.anew_since is not None:
        notes.append(
            "The log starts anew, as after a rotation: it has nothing of what was written to the former file after "
            f"{result.anew_since:%d %b %Y, %H:%M} UTC. That counts once the former file is read too."
        )
    if result.skipped:
        notes.append(f"Lines that tell of no request were skipped; the first: {result.first_skipped}")
    links = [{"label": api.name, "url": reverse("posture:api-endpoints", args=[api.code])} for api in apis[:50]]
    if result.unmapped and principal.sees_all:
        links.append({"label": "Unmapped traffic", "url": reverse("inventory:traffic")})
    return ({"note": " ".join(notes)} if notes else {}) | {
        "lines": result.lines,
        "calls": result.calls,
        "skipped": result.skipped,
        "calls_not_told_apart": result.untold,
        "unmapped_calls": result.unmapped,
        "endpoints_learned": result.learned,
        "links": links,
    }


@handler(kind="findings.map", queue=Queue.BULK, label="Map findings to an API")
def apply_rule(run: Run) -> dict[str, Any]:
    """Read anew, each as a job of its own, the reports that a new mapping rule ties to an API."""
    rule = MappingRule.objects.get(pk=run.arguments["rule"])
    reports = reports_of_rule(rule=rule, principal=run.principal)
    for report in reports:
        enqueue(
            kind="findings.report_anew",
            arguments={"report": report.pk},
            principal=run.principal,
            now=run.now,
            key=f"findings.report_anew {report.pk}",
            title=f"Map {report.name}",
        )
    return {"reports": len(reports), "apis_of_calls": place_by_rule(rule=rule, now=run.now)}


@handler(kind="findings.report_anew", queue=Queue.BULK, label="Map a report")
def read_report_anew(run: Run) -> dict[str, Any]:
    """Fold what had no API when a report was read, and has one now, under that API."""
    report = Report.objects.select_related("blob").get(pk=run.arguments["report"])
    try:
        options = replace(_options(report), otherwise_id=run.arguments.get("api"))
        counts = _fold(run, report, options, anew=True)
    except (DocumentError, FindingsRefused, BlobExpired) as error:
        raise JobFailed(str(error)) from error
    return _told(counts, run) | {"mapped": move_findings(now=run.now)}


@handler(kind="findings.link", queue=Queue.SHORT, label="Tie findings to endpoints", upkeep=True)
def link(run: Run) -> dict[str, Any]:
    """Tie the findings of some APIs to endpoints that became known."""
    return {"tied": link_endpoints(api_ids=run.arguments["apis"])}


@handler(kind=CHECK, queue=Queue.SHORT, label="Run the checks", upkeep=True)
def check(run: Run) -> dict[str, Any]:
    """Run our own checks on the APIs of the arguments."""
    return asdict(check_apis(api_ids=run.arguments["apis"], now=run.now))


@scheduled(name="checks", daily=time(2, 10))
@handler(kind="findings.check_all", queue=Queue.BULK, label="Run the checks of all APIs")
def check_all(run: Run) -> dict[str, Any]:
    """Write a job for each batch of APIs: with time logs and scans grow old."""
    return {"batches": ask_for_checks(api_ids=apis_to_check(), now=run.now)}


@scheduled(name="decisions that end", every=timedelta(minutes=1))
@handler(kind="findings.end_decisions", queue=Queue.SHORT, label="End decisions whose time is over")
def end(run: Run) -> dict[str, Any]:
    """Let acceptances end."""
    return {"ended": end_decisions(now=run.now)}


@handler(kind=FOLLOW, queue=Queue.SHORT, label="Follow with due dates and retests", upkeep=True)
def follow(run: Run) -> dict[str, Any]:
    """Write when the open findings of the APIs (None: of all) are due, and answer their retests."""
    api_ids = run.arguments["apis"]
    changed = stamp_due(api_ids=api_ids, now=run.now)
    return {"due": changed, "retests": answer_retests(api_ids=api_ids, now=run.now)}


@scheduled(name="due dates", every=timedelta(minutes=10))
@handler(kind="findings.follow_all", queue=Queue.BULK, label="See that every due date is written")
def follow_all(run: Run) -> dict[str, Any]:
    """Write what no news told of, such as findings that have no API yet; fold what was counted since."""
    fold_tallies()
    return {"due": stamp_due(now=run.now), "retests": answer_retests(now=run.now)}


@scheduled(name="series that fell silent", daily=time(2, 40))
@handler(kind="findings.retire_series", queue=Queue.SHORT, label="Retire series that nobody scans any more")
def retire(run: Run) -> dict[str, Any]:
    """Retire series without a scan for 30 days."""
    return asdict(retire_series(now=run.now))


@handler(kind=RUN_JOB, queue=Queue.BULK, label="Run a connection")
def pull(run: Run) -> dict[str, Any]:
    """Take in what is new at the source of a connection; what fails there is noted in the run."""
    connection = Connection.objects.select_related("team").get(pk=run.arguments["connection"])
    asker = connection.principal if run.principal.kind == PrincipalKind.CONNECTION else run.principal

    def each(count: int) -> None:
        run.checkpoint()
        run.progress(count, None, "Read the source")

    try:
        done = run_connection(
            connection=connection, asked=Asked(principal=asker, job_id=run.job_id, each=each), now=run.now
        )
    except AccessRefused as refusal:
        raise JobFailed(str(refusal)) from refusal
    except AnotherRun as other:
        return {"note": str(other)}
    told: dict[str, Any] = dict(done.counts)
    if done.state != RunState.DONE:
        told["note"] = f"{done.get_state_display()}: {done.faults[0]['reason']}"
    link = {
        "label": f"Run of {connection.name}",
        "url": reverse("inventory:run", args=[connection.code, done.code]),
    }
    return {**told, "links": [link]}
