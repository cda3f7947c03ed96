"""Taking in a document: what it is, whether it may come in, its bytes kept, and the job that reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.dateparse import parse_datetime

from findings.errors import FindingsRefused
from findings.models import ColumnMapping, Report
from inventory.access.days import in_calendar
from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.access.rights import Verb, may_somewhere, refused
from inventory.choices import Environment
from inventory.codes import chance_code
from inventory.connectors.registry import detect, reader_for, readers
from inventory.jobs.documents import Document
from inventory.jobs.models import Blob, Job
from inventory.jobs.services import blobs
from inventory.jobs.services.jobs import enqueue
from inventory.models import Api
from inventory.selectors.apis import find_api

MAX_PARTS = 10_000
GENERIC: Final = "generic"
"""The format whose columns people say."""
READ_BY: Final[dict[str, str]] = {"alerts": "incidents.alerts"}
"""The job that reads a report of a kind that a higher floor takes in; all others are reports of findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What came beside the file, checked; empty and None mean nothing was said."""

    format: str = ""
    api: str = ""
    environment: str = ""
    team: str = ""
    series: str = ""
    scan_id: str = ""
    parts: int | None = None
    complete: bool = True
    scanned_at: datetime | None = None

    def of_scan(self) -> dict[str, Any]:
        """Return what was said of the scan, as JSON."""
        return {
            "series": self.series,
            "scan_id": self.scan_id,
            "parts": self.parts,
            "complete": self.complete,
            "scanned_at": self.scanned_at.isoformat() if self.scanned_at else None,
        }


def stated(options: Mapping[str, str]) -> Stated:
    """Return the options of an upload, given as texts, checked.

    Keys: format, api, environment, team, series, scan_id, parts, complete, scanned_at. Raises FindingsRefused with the
    option and what it may be.
    """
    unknown = sorted(set(options) - set(Stated.__dataclass_fields__))
    if unknown:
        msg = f"“{unknown[0]}” is not an option of an upload; they are {', '.join(Stated.__dataclass_fields__)}."
        raise FindingsRefused(msg)
    parts = _parts(options.get("parts", ""), options.get("scan_id", ""))
    return Stated(
        format=_one_of("format", options.get("format", ""), [reader.slug for reader in readers()]),
        api=options.get("api", "").strip(),
        environment=_one_of("environment", options.get("environment", ""), Environment.values),
        team=options.get("team", "").strip(),
        series=options.get("series", "").strip()[:300],
        scan_id=options.get("scan_id", "").strip()[:300],
        parts=parts,
        complete=_one_of("complete", options.get("complete", "").lower(), ["true", "false"]) != "false",
        scanned_at=_moment(options.get("scanned_at", "")),
    )


def _one_of(name: str, value: str, allowed: list[str]) -> str:
    if value and value not in allowed:
        msg = f"{name} is “{value}”; it may be {', '.join(allowed)}."
        raise FindingsRefused(msg)
    return value


def _parts(value: str, scan_id: str) -> int | None:
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= MAX_PARTS:
        msg = f"parts is “{value}”; it is the number of parts of the scan, from 1 to {MAX_PARTS:,}."
        raise FindingsRefused(msg)
    if not scan_id:
        msg = "parts needs a scan_id: the name of the scan that the parts belong to."
        raise FindingsRefused(msg)
    return int(value)


def _moment(value: str) -> datetime | None:
    if not value:
        return None
    try:
        moment = parse_datetime(value)
        if moment is not None:
            in_calendar(moment)
    except (ValueError, ValidationError):
        moment = None
    if moment is None or moment.tzinfo is None:
        msg = f"scanned_at is “{value}”; write a moment with its zone, such as 2026-01-31T12:00:00Z."
        raise FindingsRefused(msg)
    return moment


INVENTORY_READS: Final = {
    "specification": "inventory.specification",
    "traffic": "findings.log",
    "owners": "inventory.owners",
}
"""The jobs that read what is no report, by the kind of reader."""


def receive_upload(
    *, file: BinaryIO, name: str, options: Mapping[str, str], principal: Principal, now: datetime
) -> Job:
    """Keep an uploaded document sealed and return the job that will read it.

    A specification goes to the inventory, anything else is a report: of findings, or of what a higher floor reads.
    Raises AccessRefused when the principal may not upload, FindingsRefused or ApiNotFound when what was said beside the
    file is wrong, and DocumentError when the format is not recognised; then nothing is kept.
    """
    if not may_somewhere(principal, Verb.UPLOAD):
        raise refused(Verb.UPLOAD)
    checked = stated(options)
    api = None
    if checked.api:
        api = find_api(principal=principal, reference=checked.api, environment=checked.environment, verb=Verb.UPLOAD)
    head = Document(file, name).head()
    reader = reader_for(checked.format) if checked.format else detect(head, name)
    file.seek(0)
    title = f"Read {name}"[:300]
    with transaction.atomic():
        blob = blobs.store(file, now=now)
        if reader.kind in INVENTORY_READS:
            said = {"blob": str(blob.pk), "name": name, "format": reader.slug}
            arguments = said | _for_the_inventory(reader.kind, checked, api)
            kind = INVENTORY_READS[reader.kind]
            return enqueue(kind=kind, arguments=arguments, principal=principal, now=now, title=title, size=blob.size)
        told = {"api": api.pk if api else None, **checked.of_scan(), **_columns(reader.slug, checked.series, principal)}
        report = _stored(blob, name, reader.slug, told, principal, now)
        return read_report_later(report=report, principal=principal, now=now)


def _columns(slug: str, series: str, principal: Principal) -> dict[str, Any]:
    """Return what is kept of the columns of a series, for the one format that has any."""
    if slug != GENERIC or not series:
        return {}
    held = ColumnMapping.objects.filter(series=series, team=uploading_team(principal)).first()
    return {"columns": held.mapping} if held else {}


def _stored(blob: Blob, name: str, slug: str, said: dict[str, Any], principal: Principal, now: datetime) -> Report:
    return Report.objects.create(
        code=chance_code("RPT"), blob=blob, digest=blob.digest, name=name[:300], format=slug, uploaded_at=now,
        uploaded_by_id=principal.user_id, team=uploading_team(principal), options=said,
    )  # fmt: skip


def keep_report(
    *, file: BinaryIO, name: str, slug: str, said: dict[str, Any], principal: Principal, now: datetime
) -> Report:
    """Keep a document sealed as a report that nothing reads yet; call in a transaction."""
    file.seek(0)
    return _stored(blobs.store(file, now=now), name, slug, said, principal, now)


def read_report_later(*, report: Report, principal: Principal, now: datetime) -> Job:
    """Write the job that reads a report and return it; call in a transaction."""
    kind = READ_BY.get(reader_for(report.format).kind, "findings.report")
    title = f"Read {report.name}"[:300]
    size = report.blob.size if report.blob else None
    job = enqueue(kind=kind, arguments={"report": report.pk}, principal=principal, now=now, title=title, size=size)
    Report.objects.filter(pk=report.pk).update(job=job)
    return job


def _for_the_inventory(kind: str, checked: Stated, api: Api | None) -> dict[str, Any]:
    """Return what the job that reads a specification, a log or owners is told."""
    if kind in {"traffic", "owners"}:
        return {"series": checked.series, "api": api.pk if api else None}
    return {"api": api.code if api else "", "environment": checked.environment, "team": checked.team}


def uploading_team(principal: Principal) -> Team | None:
    """Return the team in whose name a person uploads: the first of a person without wider sight."""
    if principal.sees_all:
        return None
    return Team.objects.filter(pk__in=principal.team_ids).order_by("slug").first()
