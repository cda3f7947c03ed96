"""The page that takes a file in."""

from typing import Final

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from findings.connectors.generic.reader import Generic
from findings.errors import FindingsRefused
from findings.forms import UploadForm
from findings.selectors import names_in_sight, teams_to_upload_for
from findings.services.columns import hold_table, is_table
from findings.services.upload import receive_upload
from inventory.access.http import Request
from inventory.access.rights import Verb
from inventory.access.routes import Scope, route
from inventory.connectors.base import DocumentError
from inventory.connectors.registry import UnknownFormatError, readers
from inventory.errors import InventoryRefused

_OWN_LIST: Final = (
    f"If it is a list of findings, choose the format “{Generic.label}”: you then say what its columns hold."
)


@route(Scope.TEAM, Verb.UPLOAD)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: Request) -> HttpResponse:
    """Show the form, or take the file in and go to the job that reads it."""
    principal = request.principal
    formats = [(reader.slug, reader.label) for reader in readers()]
    sent = request.method == "POST"
    form = UploadForm(
        data=request.POST if sent else None,
        files=request.FILES if sent else None,
        formats=formats,
        teams=teams_to_upload_for(principal),
        sees_all=principal.sees_all,
        limit=settings.UPLOAD_LIMIT,
        initial={"api": request.GET.get("api", "")},
    )
    if sent and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            taken = {"file": file, "name": file.name, "options": form.options(), "principal": principal}
            if is_table(file, file.name, form.options()):
                report = hold_table(**taken, now=timezone.now())
                return redirect("findings:upload-columns", report.code)
            job = receive_upload(**taken, now=timezone.now())
        except UnknownFormatError as unknown:
            form.add_error("file", f"{unknown.seen} {_OWN_LIST}")
        except (FindingsRefused, InventoryRefused, DocumentError) as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("jobs:job", job.pk)
    context = {
        "form": form,
        "formats": [label for _, label in formats],
        "names": names_in_sight(principal),
        "limit": settings.UPLOAD_LIMIT,
        "days": settings.BLOB_DAYS,
    }
    return render(request, "findings/upload.html", context, status=422 if form.errors else 200)
