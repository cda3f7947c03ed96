"""Reports: sending a document in, and what was sent."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from typing_extensions import override

from findings.errors import FindingsRefused
from findings.models import Report
from findings.services.upload import receive_upload
from inventory.access.api.asking import SOME, Parameter, flag
from inventory.access.api.errors import Refusal, not_found, refusing
from inventory.access.api.resources import Listing, Resource, too_large
from inventory.access.api.signing_in import ApiRequest
from inventory.access.records import Principal
from inventory.access.rights import Verb
from inventory.access.selectors import teams_in_sight
from inventory.choices import Environment
from inventory.connectors.registry import readers
from inventory.errors import ApiAmbiguous, ApiNotFound, InventoryRefused
from inventory.jobs.api.posting import Posting
from inventory.jobs.documents import DocumentError
from inventory.models import Api

AROUND_THE_FILE: Final = 1 << 20
"""Bytes that a form may hold beside its file."""


class Upload(serializers.Serializer[Any]):
    """A document and what it does not say itself."""

    file = serializers.FileField(help_text="The document, plain or compressed with gzip.")
    format = serializers.CharField(required=False, help_text="Name of the format; found by the content without it.")
    api = serializers.CharField(required=False, help_text="Code, slug or name of the API it is about.")
    environment = serializers.ChoiceField(choices=Environment.choices, required=False)
    team = serializers.CharField(required=False, help_text="Slug of the team that a new API goes to.")
    series = serializers.CharField(required=False, help_text="What is scanned again and again, such as “nightly”.")
    scan_id = serializers.CharField(required=False, help_text="Name of the scan, where it comes in parts.")
    parts = serializers.IntegerField(required=False, help_text="How many parts the scan has; needs scan_id.")
    complete = serializers.BooleanField(required=False, help_text="False: what is missing here is not gone.")
    scanned_at = serializers.DateTimeField(required=False, help_text="When it was scanned; the document's word wins.")


OPTIONS: Final[tuple[str, ...]] = tuple(str(name) for name in Upload().fields if str(name) != "file")


class Accepted(serializers.Serializer[Any]):
    """The job that reads the document."""

    job = serializers.UUIDField()


class ReportRow(serializers.Serializer[Report]):
    """A report of findings that was sent in; specifications are not among them.

    `folded_at` and `counts` are empty until its job has read it. `apis` are those that it names or tells something of,
    as far as you see them.
    """

    code = serializers.CharField()
    name = serializers.CharField()
    format = serializers.CharField()
    uploaded_at = serializers.DateTimeField()
    folded_at = serializers.DateTimeField(allow_null=True)
    team = serializers.CharField(source="team.slug", allow_null=True)
    apis = serializers.SerializerMethodField()
    series = serializers.SerializerMethodField()
    scan_id = serializers.SerializerMethodField()
    job = serializers.UUIDField(source="job_id", allow_null=True)
    counts = serializers.SerializerMethodField()

    def get_apis(self, report: Report) -> list[str]:
        """Return the codes of the APIs in sight, in the order of the codes."""
        codes: dict[int, str] = self.context["codes"]
        return sorted(codes[pk] for pk in api_ids_of(report) if pk in codes)

    def get_series(self, report: Report) -> str | None:
        """Return the series the uploader named."""
        return report.options.get("series") or None

    def get_scan_id(self, report: Report) -> str | None:
        """Return the scan the uploader named."""
        return report.options.get("scan_id") or None

    def get_counts(self, report: Report) -> dict[str, Any]:
        """Return what came of it, without the numbers of rows."""
        return {name: value for name, value in report.counts.items() if name != "api_ids"}


def api_ids_of(report: Report) -> set[int]:
    """Return the ids of the APIs a report names or tells something of."""
    named = report.options.get("api")
    return {*report.counts.get("api_ids", ()), *([named] if named else [])}


def codes_in_sight(reports: Sequence[Report], principal: Principal) -> dict[str, Any]:
    """Return the codes by id of the APIs of some reports that the principal may see."""
    ids = {pk for report in reports for pk in api_ids_of(report)}
    return {"codes": dict(Api.objects.visible_to(principal).filter(pk__in=ids).values_list("pk", "code"))}


def _format(value: str) -> str:
    """Return the name of a format that is known by now: readers register after this module is made."""
    known = [reader.slug for reader in readers("findings")]
    if value not in known:
        msg = f"is “{value}”; it may be {', '.join(known)}"
        raise ValueError(msg)
    return value


class ReportList(Listing[Report], Posting):
    """The reports that you, or your teams, sent in, the newest first; organisation roles see all."""

    tag = "reports"
    verbs: ClassVar = {"GET": Verb.SEE, "POST": Verb.UPLOAD}
    name: ClassVar = "reports"
    filters: ClassVar = (
        Parameter(name="format", meaning="Name of the format, as in `manage.py reference`.", read=_format, bounds=SOME),
        flag("folded", "Whether it was read."),
    )
    newest_first = True
    row = ReportRow
    parser_classes = (MultiPartParser,)
    takes: ClassVar = {"POST": Upload}
    says: ClassVar = {"POST": {202: Accepted}}

    @property
    @override
    def body_limit(self) -> int:  # type: ignore[override] # an operator sets it
        """The largest body: a file of the largest size, and what is around it."""
        return self.told_limit + AROUND_THE_FILE

    @property
    @override
    def told_limit(self) -> int:
        """The largest file."""
        limit: int = settings.UPLOAD_LIMIT
        return limit

    @override
    def rows(self) -> QuerySet[Report]:
        """Return the reports in sight that were asked for."""
        found = Report.objects.visible_to(self.principal).select_related("team")
        if "folded" in self.asked:
            found = found.filter(folded_at__isnull=not self.asked["folded"])
        return found.filter(format=self.asked["format"]) if "format" in self.asked else found

    @override
    def context(self, rows: Sequence[Report]) -> dict[str, Any]:
        """Return the codes of their APIs."""
        return codes_in_sight(rows, self.principal)

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Take in a document, a report of findings or a specification, and answer with the job that reads it.

        What is said beside the file is for what the document does not say. A specification makes or updates its API.
        """
        file, options = _sent(request, self.principal)
        now = timezone.now()
        with (
            # The last one is the innermost.
            refusing(FindingsRefused, InventoryRefused),
            refusing(DocumentError, code="unreadable", field="file"),
            refusing(ApiAmbiguous, field="api"),
            refusing(ApiNotFound, code="not_found", status=status.HTTP_404_NOT_FOUND, field="api"),
        ):
            name = file.name or "document"
            job = receive_upload(file=file, name=name, options=options, principal=self.principal, now=now)
        headers = {"Location": reverse("api:job", args=[job.pk])}
        return Response({"job": str(job.pk)}, status=status.HTTP_202_ACCEPTED, headers=headers)


class ReportDetail(Resource):
    """One report."""

    tag = "reports"
    says: ClassVar = {"GET": {200: ReportRow}}

    def get(self, _request: ApiRequest, code: str) -> Response:
        """Return one report."""
        report = Report.objects.visible_to(self.principal).select_related("team").filter(code=code).first()
        if report is None:
            msg = f"There is no report {code} that you may see."
            raise not_found(msg)
        return Response(ReportRow(report, context=codes_in_sight([report], self.principal)).data)


def _sent(request: ApiRequest, principal: Principal) -> tuple[Any, dict[str, str]]:
    """Return the file and the options of a form, each given once and none unknown. Raises Refusal."""
    form = request.data if isinstance(request.data, QueryDict) else QueryDict()  # an empty body is no form
    known = ("file", *OPTIONS)
    for name, values in form.lists():
        if name not in known:
            msg = f"There is no field “{name[:100]}”; known are {', '.join(known)}."
            raise Refusal(msg, code="unknown_field", field=name[:100])
        if len(values) > 1:
            msg = f"{name} is given {len(values)} times; give it once."
            raise Refusal(msg, code="invalid", field=name)
    options: dict[str, Any] = {name: form[name] for name in OPTIONS if name in form}
    odd = next((name for name, value in options.items() if not isinstance(value, str) or "\0" in value), None)
    if odd:
        msg = f"{odd} is no text that can be kept; write it without zero bytes, and send no file in its place."
        raise Refusal(msg, code="invalid", field=odd)
    if (team := options.get("team")) and not teams_in_sight(principal).filter(slug=team).exists():
        msg = f"There is no team “{team[:100]}” that you may see."
        raise not_found(msg, field="team")
    return _file_of(form.get("file")), options


def _file_of(file: Any) -> "UploadedFile[bytes]":
    if not isinstance(file, UploadedFile):
        msg = "There is no file in this form; send the document as the multipart field “file”, with a file name."
        raise Refusal(msg, code="invalid", field="file")
    if not file.size:
        msg = "The file is empty; send the one with the report in it."
        raise Refusal(msg, code="invalid", field="file")
    limit: int = settings.UPLOAD_LIMIT
    if file.size > limit:
        raise too_large(limit)
    return file
