"""The page of compliance: how the APIs in sight stand against a framework, now or at any second that is past."""

from datetime import datetime
from typing import Any

from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_POST, require_safe

from inventory.access.http import Request
from inventory.access.rights import Verb, may_somewhere, refused, roles_that_may
from inventory.access.routes import Scope, route
from inventory.access.views.lists import answer_list, place
from inventory.jobs.models import Job
from inventory.jobs.services.blobs import BlobDamaged, BlobExpired, open_plain
from posture.choices import ComplianceState, PaperFormat
from posture.filters import ComplianceFilter
from posture.models import Paper
from posture.selectors.compliance import result_page, standing
from posture.services.papers import PAPER, ask_for_paper, export_compliance, record_fetch
from posture.services.writing import TITLE
from posture.views.exports import as_file

SHOWN = 5
TYPES = {
    PaperFormat.PDF: "application/pdf",
    PaperFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@route(Scope.TEAM)
@require_safe
def compliance(request: Request) -> HttpResponse:
    """Show each requirement with its numbers, and the APIs behind them."""
    now = timezone.now()
    at, fault = asked_second(request, now=now)
    form = ComplianceFilter(request.GET)
    page = result_page(principal=request.principal, at=at, narrowed=form, **place(request))
    context: dict[str, Any] = {"page": page, "at": at, "is_past": "at" in request.GET and not fault}
    if not form_only(request):
        stands = standing(principal=request.principal, at=at)
        numbers = [(state, stands.counted.numbers[state]) for state in ComplianceState]
        context |= {"standing": stands, "numbers": numbers, "title": TITLE, "fault": fault, **exports(request)}
    return answer_list(
        request, form, page="posture/compliance.html", fragment="posture/_compliance_results.html", context=context
    )


def form_only(request: Request) -> bool:
    """Tell whether only the list is asked for."""
    return bool(request.htmx) and not request.htmx.boosted


def exports(request: Request) -> dict[str, Any]:
    """Return the newest reports in sight, those that are being written, and who may have one written; two queries."""
    papers = Paper.objects.visible_to(request.principal).select_related("made_by").order_by("-made_at")[:SHOWN]
    writing = Job.objects.visible_to(request.principal).live().filter(kind=PAPER).order_by("created_at")[:SHOWN]
    formats = (
        (PaperFormat.PDF.value, PaperFormat.PDF.label, "file-text"),
        (PaperFormat.XLSX.value, PaperFormat.XLSX.label, "table-export"),
    )
    return {
        "papers": list(papers), "writing": list(writing), "formats": formats, "exporters": roles_that_may(Verb.EXPORT),
    }  # fmt: skip


@route(Scope.TEAM, Verb.EXPORT)
@require_safe
def papers(request: Request) -> HttpResponse:
    """Show the reports alone: the part that follows by itself while one is written."""
    return render(request, "posture/_papers.html", exports(request))


@route(Scope.TEAM, Verb.EXPORT)
@require_POST
def paper_new(request: Request) -> HttpResponse:
    """Have a report written."""
    now = timezone.now()
    wanted = request.POST.get("format", "")
    if wanted not in PaperFormat.values:
        raise Http404
    at, _ = asked_second(request, now=now)
    ask_for_paper(wanted=PaperFormat(wanted), at=at, principal=request.principal, now=now)
    past = f"?at={request.POST['at']}" if parse(request.POST.get("at", "")) else ""
    response = redirect("posture:compliance")
    response["Location"] += f"{past}#exports"
    return response


@route(Scope.TEAM)
@require_GET
def paper(request: Request, code: str) -> HttpResponse | FileResponse:
    """Give a report as a file to keep."""
    found = (
        Paper.objects.visible_to(request.principal).select_related("blob").filter(code=code.replace("\0", "")).first()
    )
    if found is None or found.blob is None:
        raise Http404
    if not may_somewhere(request.principal, Verb.EXPORT):
        raise refused(Verb.EXPORT)
    try:
        content = open_plain(found.blob)
    except (BlobExpired, BlobDamaged) as error:
        raise Http404(str(error)) from error
    record_fetch(paper=found, principal=request.principal, now=timezone.now())
    kind = TYPES[PaperFormat(found.format)]
    return FileResponse(content, as_attachment=True, filename=found.name, content_type=kind)


@route(Scope.TEAM, Verb.EXPORT)
@require_GET
def compliance_csv(request: Request) -> StreamingHttpResponse:
    """Give every result of a second as CSV."""
    now = timezone.now()
    at, _ = asked_second(request, now=now)
    pieces = export_compliance(at=at, principal=request.principal, now=now)
    return as_file(pieces, f"compliance-{at:%Y-%m-%dT%H%M%SZ}.csv")


def asked_second(request: Request, *, now: datetime) -> tuple[datetime, str]:
    """Return the second that is asked for, never a coming one, and what is wrong with what was written, if anything."""
    written = (request.POST if request.method == "POST" else request.GET).get("at", "").strip()
    now = now.replace(microsecond=0)
    if not written:
        return now, ""
    moment = parse(written)
    if moment is None:
        return now, f"“{written[:40]}” is no moment. Write one such as 2026-01-31T12:00:00Z; this is the state of now."
    return (now, f"“{written[:40]}” has not come yet; this is the state of now.") if moment > now else (moment, "")


def parse(written: str) -> datetime | None:
    """Return a moment in UTC, to the second; one without a zone is in that of the person."""
    try:
        moment = parse_datetime(written)
        if moment is None:
            return None
        aware = moment if moment.tzinfo else timezone.make_aware(moment)
        return aware.astimezone(timezone.get_fixed_timezone(0)).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None
