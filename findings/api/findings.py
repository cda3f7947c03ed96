"""Findings: the list and one of them."""

from typing import ClassVar, Final

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.fields import Field
from rest_framework.response import Response
from typing_extensions import TypedDict, override

from findings.models import Finding
from findings.status import OPEN, SeverityRank, Status
from inventory.access.api.asking import choice, flag, number, text
from inventory.access.api.errors import not_found
from inventory.access.api.resources import Listing, Resource
from inventory.access.api.signing_in import ApiRequest
from inventory.api.endpoints import api_asked_for

SEVERITIES: Final = tuple(rank.name.lower() for rank in reversed(SeverityRank))
UNMAPPED: Final = "none"
LARGEST_CWE: Final = 99_999


class Word(serializers.CharField):
    """Text that a tool may not have given: null then."""

    def __init__(self) -> None:
        super().__init__(allow_null=True)

    @override
    def to_representation(self, value: str) -> str:
        """Return the text; `Field` types it as text, and null is what JSON has for none."""
        return value or None  # type: ignore[return-value] # null is meant


class Place(TypedDict):
    """The endpoint a finding is tied to."""

    method: str
    path: str


class FindingRow(serializers.Serializer[Finding]):
    """A weakness in one place, as the last scan that has it tells it; `status` also follows what people decided.

    `api` is null while nothing ties it to one. `present` says whether a live series still sees it. `class` is what
    counts as one weakness for the score. `message` and `remedy` are the tool's own words, not escaped.
    """

    code = serializers.CharField()
    api = serializers.SerializerMethodField()
    endpoint = serializers.SerializerMethodField()
    title = serializers.CharField()
    severity = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=Status.choices)
    status_until = serializers.DateTimeField(allow_null=True)
    present = serializers.BooleanField()
    source_kind = serializers.CharField()
    rule = serializers.CharField()
    cwe = serializers.ListField(child=serializers.IntegerField())
    cve = Word()
    cvss = serializers.FloatField(allow_null=True)
    epss = serializers.FloatField(allow_null=True)
    kev = serializers.BooleanField()
    confidence = Word()
    raw_severity = Word()
    method = Word()
    url = Word()
    path = Word()
    parameter = Word()
    location = Word()
    file = Word()
    line = serializers.IntegerField(allow_null=True)
    instances = serializers.IntegerField()
    message = Word()
    remedy = Word()
    fingerprint = serializers.CharField()
    first_seen = serializers.DateTimeField()

    @override
    def get_fields(self) -> dict[str, "Field[object, object, object, object]"]:
        """Add the field whose name is a word of Python."""
        return {**super().get_fields(), "class": serializers.CharField(source="weakness_class")}

    def get_api(self, finding: Finding) -> str | None:
        """Return the code of its API."""
        return finding.api.code if finding.api else None

    def get_endpoint(self, finding: Finding) -> Place | None:
        """Return the endpoint it is tied to."""
        known = finding.endpoint
        return Place(method=known.method, path=known.path) if known else None

    def get_severity(self, finding: Finding) -> str:
        """Return critical, high, medium, low or info."""
        return SeverityRank(finding.severity).name.lower()


class FindingList(Listing[Finding]):
    """The findings you may see, whatever their status; those that moved to an API are there, not here."""

    tag = "findings"
    name: ClassVar = "findings"
    filters: ClassVar = (
        text("api", f"Code of the API; `{UNMAPPED}` for findings that no API is known for."),
        choice("severity", "How bad it is by itself.", SEVERITIES),
        choice("status", "What is shown of it.", Status.values),
        flag("open", "Whether it counts: new, triaged, in progress or reopened."),
        flag("present", "Whether a scan still sees it."),
        text("source_kind", "The tool, in lower case."),
        text("rule", "The tool's rule."),
        text("class", "What counts as one weakness for the score.", longest=400),
        number("cwe", "Number of a CWE among those named.", least=1, most=LARGEST_CWE),
        text("q", "Part of title, rule or path, or the code."),
    )
    row = FindingRow

    @override
    def rows(self) -> QuerySet[Finding]:
        """Return the findings in sight that were asked for."""
        asked = dict(self.asked)
        found = Finding.objects.visible_to(self.principal).filter(moved_to=None).select_related("api", "endpoint")
        if "api" in asked:
            code = asked["api"]
            found = found.filter(api=None if code == UNMAPPED else api_asked_for(self.principal, code))
        if "severity" in asked:
            found = found.filter(severity=SeverityRank[asked["severity"].upper()])
        if "open" in asked:
            found = found.filter(status__in=OPEN) if asked["open"] else found.exclude(status__in=OPEN)
        if "cwe" in asked:
            found = found.filter(cwe__contains=[asked["cwe"]])
        if "class" in asked:
            found = found.filter(weakness_class=asked["class"])
        if "q" in asked:
            part = asked["q"]
            found = found.filter(
                Q(title__icontains=part) | Q(rule__icontains=part) | Q(path__icontains=part) | Q(code__iexact=part)
            )
        exactly = ("status", "present", "source_kind", "rule")
        return found.filter(**{name: asked[name] for name in exactly if name in asked})


class FindingDetail(Resource):
    """One finding."""

    tag = "findings"
    says: ClassVar = {"GET": {200: FindingRow}}

    def get(self, _request: ApiRequest, code: str) -> Response:
        """Return one finding. One that moved to an API is found under its new code, in the list."""
        seen = Finding.objects.visible_to(self.principal).select_related("api", "endpoint")
        finding = seen.filter(code=code, moved_to=None).first()
        if finding is None:
            msg = f"There is no finding {code} that you may see."
            raise not_found(msg)
        return Response(FindingRow(finding).data)
