"""Which column of somebody's table holds what: asked on a page before the first report of a series, kept for the next.

A mapping is kept by the name of a series, for the team that uploads it or for all who see the whole organisation. What
comes by a connection or by REST in that series is read with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final

import msgspec
from django.db import transaction

from findings.connectors.generic.looking import Look
from findings.connectors.generic.mapping import mapping_of
from findings.connectors.generic.preview import Preview
from findings.connectors.generic.reader import Generic
from findings.errors import FindingsChanged, FindingsRefused
from findings.models import ColumnMapping, Report
from findings.services.upload import Stated, keep_report, read_report_later, stated, uploading_team
from inventory.access.records import Principal
from inventory.access.rights import Verb, may_somewhere, refused
from inventory.access.services.trail import record_change
from inventory.connectors.registry import UnknownFormatError, detect
from inventory.connectors.tables import cells_of
from inventory.jobs.documents import Document, DocumentCrashed, DocumentError
from inventory.jobs.models import Job
from inventory.jobs.services.blobs import BlobDamaged, BlobExpired, open_plain
from inventory.jobs.services.reading import Limits, read_document
from inventory.selectors.apis import find_api

SHOWN: Final = 8
LIMITS: Final = Limits(cpu_seconds=3, cpu_seconds_per_mb=0.2)
"""A page waits for it; the job has more time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a mapping makes of the start of a report; `fault` tells why nothing can be shown."""

    preview: Preview | None
    fault: str = ""


def is_table(file: BinaryIO, name: str, options: Mapping[str, str]) -> bool:
    """Tell whether a document is of any tool, so that somebody should look at its columns.

    That is one with a title and a severity, and a file called a table whose columns nobody knows. The file is left at
    its start. Raises DocumentError for a document of no known format.
    """
    if options.get("format"):
        return options["format"] == Generic.slug
    head = Document(file, name).head()
    file.seek(0)
    try:
        return detect(head, name).slug == Generic.slug
    except UnknownFormatError:
        if name.lower().endswith((".csv", ".tsv")) and len(cells_of(head)) > 1:
            return True
        raise


def kept_mapping(*, series: str, principal: Principal) -> dict[str, Any]:
    """Return the mapping that is kept for a series of whoever uploads; nothing without one."""
    held = ColumnMapping.objects.filter(series=series, team=uploading_team(principal)).first() if series else None
    return dict(held.mapping) if held else {}


@transaction.atomic
def hold_table(*, file: BinaryIO, name: str, options: Mapping[str, str], principal: Principal, now: datetime) -> Report:
    """Keep a table of findings sealed until somebody has said what its columns hold.

    Raises as `services.upload.receive_upload` does.
    """
    if not may_somewhere(principal, Verb.UPLOAD):
        raise refused(Verb.UPLOAD)
    checked: Stated = stated(options)
    api = None
    if checked.api:
        api = find_api(principal=principal, reference=checked.api, environment=checked.environment, verb=Verb.UPLOAD)
    said = {"api": api.pk if api else None, **checked.of_scan()}
    return keep_report(file=file, name=name, slug=Generic.slug, said=said, principal=principal, now=now)


def look(*, report: Report, columns: dict[str, Any]) -> Looked:
    """Return what a mapping makes of the first entries of a report."""
    if report.blob is None:
        return Looked(preview=None, fault=f"The document of report {report.code} is gone; upload it again.")
    try:
        with open_plain(report.blob) as file:
            reading = read_document(
                reader=Look.__module__, file=file, name=report.name, options=columns, records=Look.records,
                summary=Look.summary, limits=LIMITS,
            )  # fmt: skip
            findings = tuple(reading)
            seen = reading.summary
    except (DocumentError, DocumentCrashed, BlobExpired, BlobDamaged) as error:
        return Looked(preview=None, fault=str(error))
    shown = Preview(seen.columns, seen.mapping, findings[:SHOWN], seen.fault)
    return Looked(preview=shown)


@transaction.atomic
def read_by_columns(*, report: Report, columns: dict[str, Any], principal: Principal, now: datetime) -> Job:
    """Have a held report read by a mapping, which is kept for its series, and return the job.

    Raises FindingsRefused for a mapping that cannot be used and FindingsChanged when somebody had it read meanwhile.
    """
    if not may_somewhere(principal, Verb.UPLOAD):
        raise refused(Verb.UPLOAD)
    try:
        checked: dict[str, Any] = msgspec.to_builtins(mapping_of(columns))
    except DocumentError as error:
        raise FindingsRefused(error.reason) from error
    report = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if report.job_id is not None:
        msg = "Somebody had this report read while you looked at it; nothing was done."
        raise FindingsChanged(msg)
    report.options = {**report.options, "columns": checked}
    report.save(update_fields=["options"])
    if series := report.options.get("series"):
        _keep(series, checked, principal, now)
    return read_report_later(report=report, principal=principal, now=now)


def _keep(series: str, checked: dict[str, Any], principal: Principal, now: datetime) -> None:
    team = uploading_team(principal)
    held, made = ColumnMapping.objects.select_for_update().get_or_create(
        series=series, team=team, defaults={"mapping": checked, "saved_at": now, "saved_by_id": principal.user_id}
    )
    old = None if made else held.mapping
    if old == checked:
        return
    held.mapping, held.saved_at, held.saved_by_id = checked, now, principal.user_id
    held.save()
    record_change(principal=principal, kind="column mapping", code=series, verb="saved", old=old, new=checked, now=now)


def completed_columns(looked: Looked, said: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping as the form shows it: what was said, else what the names of the columns tell."""
    if looked.preview is None or said.get("title"):
        return said
    return {**msgspec.to_builtins(looked.preview.mapping), **{name: value for name, value in said.items() if value}}
