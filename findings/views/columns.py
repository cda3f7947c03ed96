"""The page on which somebody says what the columns of a table hold, before it is read."""

from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from findings.errors import FindingsChanged, FindingsRefused
from findings.forms import ColumnsForm
from findings.models import Report
from findings.services.columns import completed_columns, kept_mapping, look, read_by_columns
from inventory.access.http import Request
from inventory.access.rights import Verb, may_somewhere, refused
from inventory.access.routes import Scope, route


@route(Scope.TEAM, Verb.UPLOAD)
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: Request, code: str) -> HttpResponse:
    """Show the columns with what is in them and the findings they make; take the mapping and have the report read."""
    report = _held(request, code)
    if report.job_id is not None:
        return redirect("jobs:job", report.job_id)
    series = report.options.get("series") or ""
    kept = kept_mapping(series=series, principal=request.principal)
    sent = request.method == "POST"
    looked = look(report=report, columns={"entries": request.POST.get("entries", "")} if sent else kept)
    names = [column.name for column in looked.preview.columns] if looked.preview else []
    if sent:
        form = ColumnsForm(request.POST, columns=names)
        if form.is_valid():
            looked = look(report=report, columns=form.mapping())
            if request.POST.get("act") == "read":
                try:
                    job = read_by_columns(
                        report=report, columns=form.mapping(), principal=request.principal, now=timezone.now()
                    )
                except FindingsRefused as refusal:
                    form.add_error(None, str(refusal))
                    return _shown(request, report, form, looked, status=_status(refusal))
                return redirect("jobs:job", job.pk)
        return _shown(request, report, form, looked, status=422 if form.errors else 200)
    form = ColumnsForm(initial=ColumnsForm.initial_of(completed_columns(looked, kept)), columns=names)
    return _shown(request, report, form, looked, is_kept=bool(kept))


def _held(request: Request, code: str) -> Report:
    found = Report.objects.visible_to(request.principal).select_related("blob")
    report = found.filter(code=code.replace("\0", ""), format="generic").first()
    if report is None:
        raise Http404
    if not may_somewhere(request.principal, Verb.UPLOAD):
        raise refused(Verb.UPLOAD)
    return report


def _status(refusal: FindingsRefused) -> int:
    changed = isinstance(refusal, FindingsChanged)
    return HTTPStatus.CONFLICT if changed else HTTPStatus.UNPROCESSABLE_ENTITY


def _shown(
    request: Request, report: Report, form: ColumnsForm, looked: object, *, status: int = 200, is_kept: bool = False
) -> HttpResponse:
    context = {"report": report, "form": form, "looked": looked, "is_kept": is_kept}
    return render(request, "findings/columns.html", context, status=status)
