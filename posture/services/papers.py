"""Reports somebody asks for: written by a job, kept sealed for a while, fetched by those who may export."""

import io
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from inventory.access.records import Principal
from inventory.access.rights import Verb, may, may_somewhere, refused
from inventory.access.services.trail import record_change
from inventory.codes import chance_code
from inventory.jobs.models import Job
from inventory.jobs.records import Run
from inventory.jobs.services import blobs
from inventory.jobs.services.jobs import enqueue
from posture.choices import PaperFormat
from posture.models import Paper
from posture.records import FRAMEWORK
from posture.selectors.compliance import every_result, standing
from posture.services.writing import TITLE, as_csv, as_pdf, as_workbook

PAPER: Final = "posture.paper"


def ask_for_paper(*, wanted: PaperFormat, at: datetime, principal: Principal, now: datetime) -> Job:
    """Write the job that makes a report of a second, and return it; asking twice makes it once.

    Raises AccessRefused for those who may export nothing.
    """
    _require(principal)
    at = min(at, now).replace(microsecond=0)
    key = f"{PAPER} {principal.reference} {wanted} {at.isoformat()}"
    arguments = {"format": wanted.value, "at": at.isoformat()}
    title = f"Write {TITLE} as {PaperFormat(wanted).label}"
    return enqueue(kind=PAPER, arguments=arguments, principal=principal, now=now, key=key, title=title)


@transaction.atomic
def make_paper(run: Run) -> Paper:
    """Write the report that a job was asked for, as its principal may export it now."""
    _require(run.principal)
    at = datetime.fromisoformat(run.arguments["at"])
    wanted = PaperFormat(run.arguments["format"])
    stands = standing(principal=run.principal, at=at, verb=Verb.EXPORT)
    total = stands.counted.total
    run.progress(0, total, "Collect the results")
    rows = []
    for number, row in enumerate(every_result(principal=run.principal, at=at), 1):
        rows.append(row)
        if number % 500 == 0:
            run.checkpoint()
            run.progress(number, total, "Collect the results")
    run.progress(total, total, "Write the file")
    whole = may(run.principal, Verb.EXPORT, team_id=None)
    if wanted == PaperFormat.PDF:
        content = as_pdf(stands, rows, scope=_scope(stands.apis, whole=whole))
    else:
        content = as_workbook(stands, rows)
    paper = Paper.objects.create(
        code=chance_code("REP"), framework=FRAMEWORK, format=wanted, at=stands.at, digest=stands.digest,
        blob=blobs.store(io.BytesIO(content), now=run.now), made_at=run.now,
        made_by_id=run.principal.user_id,
    )  # fmt: skip
    _record(paper.code, run.principal, run.now, {"format": wanted.value, "at": at.isoformat(), "digest": stands.digest})
    return paper


def export_compliance(*, at: datetime, principal: Principal, now: datetime) -> Any:
    """Write to the trail that the results of a second are taken, and return them as pieces of CSV.

    Raises AccessRefused for those who may export nothing.
    """
    _require(principal)
    _record("compliance", principal, now, {"format": "csv", "at": at.isoformat()})
    return as_csv(every_result(principal=principal, at=at))


def _scope(apis: int, *, whole: bool) -> str:
    noun = "API" if apis == 1 else "APIs"
    return f"{apis:,} {noun} in scope: " + (
        "all of the organisation that are not retired." if whole else "those of the teams of whoever asked for it."
    )


def _require(principal: Principal) -> None:
    if not may_somewhere(principal, Verb.EXPORT):
        raise refused(Verb.EXPORT)


def _record(code: str, principal: Principal, now: datetime, new: dict[str, str]) -> None:
    record_change(principal=principal, kind="export", code=code, verb="export compliance", old=None, new=new, now=now)


def record_fetch(*, paper: Paper, principal: Principal, now: datetime) -> None:
    """Write to the trail that a report was taken out."""
    _record(paper.code, principal, now, {"format": paper.format, "at": paper.at.isoformat(), "digest": paper.digest})
