"""Jobs: how far one is, how it ended and what came of it; all of them, the newest first; and stopping one."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from typing_extensions import TypedDict, override

from inventory.access.api.asking import DEFAULT_ROWS, SOME, Parameter, choice, flag, places
from inventory.access.api.errors import not_found
from inventory.access.api.resources import Resource, absolute
from inventory.access.api.signing_in import ApiRequest
from inventory.access.choices import PrincipalKind
from inventory.access.records import Principal
from inventory.access.rights import Verb, may_somewhere, refused
from inventory.access.routes import Scope
from inventory.jobs import registry
from inventory.jobs.api.posting import Posting
from inventory.jobs.choices import LIVE, State
from inventory.jobs.models import Job, JobQuerySet
from inventory.jobs.selectors import links_of, percent_of, place_of, read_place
from inventory.jobs.services.jobs import request_cancel


class Progress(TypedDict):
    """How far a job is; null is not known (yet)."""

    done: int | None
    total: int | None
    percent: int | None
    stage: str | None


class Link(TypedDict):
    """A page that shows what came of a job."""

    label: str
    url: str


class Result(TypedDict):
    """What came of a job: endpoints of a specification or findings of a report. The counts are always there.

    `note` says what else there is to say, such as that nothing changed.
    """

    created: int
    updated: int
    unchanged: int
    closed: int
    reopened: int
    skipped: int
    unmapped: int
    note: str | None
    links: list[Link]


class JobAnswer(serializers.Serializer[Job]):
    """One job. It has ended when `state` is done, failed, cancelled or quarantined."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)
    progress = serializers.SerializerMethodField()
    result = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_progress(self, job: Job) -> Progress:
        """Return how far it is."""
        said = job.progress
        return Progress(
            done=said.get("done"), total=said.get("total"), percent=percent_of(job), stage=said.get("stage") or None
        )

    def get_result(self, job: Job) -> Result:
        """Return what came of it; a count that its kind does not have is 0, as all are until it is done."""
        found = job.result or {}
        links = [Link(label=str(link.get("label", "")), url=link["url"]) for link in links_of(job)]
        return Result(
            created=found.get("created", 0),
            updated=found.get("updated", 0),
            unchanged=found.get("unchanged", 0),
            closed=found.get("closed", 0),
            reopened=found.get("reopened", 0),
            skipped=found.get("skipped", 0),
            unmapped=found.get("unmapped", 0),
            note=found.get("note"),
            links=links,
        )

    def get_error(self, job: Job) -> str | None:
        """Return why it failed, in one sentence."""
        return job.error or None


def jobs_of(principal: Principal) -> JobQuerySet:
    """Return the jobs in sight; a token that may not see anything still sees those it asked for."""
    jobs = Job.objects.visible_to(principal)
    if principal.kind == PrincipalKind.TOKEN and Verb.SEE not in (principal.scopes or ()):
        return jobs.filter(principal__token_id=principal.token_id)
    return jobs


def job_in_sight(principal: Principal, job_id: UUID) -> Job:
    """Return one job; foreign and absent are the same 404."""
    job = jobs_of(principal).filter(pk=job_id).first()
    if job is None:
        msg = f"There is no job {job_id} that you may see."
        raise not_found(msg)
    return job


def _kind(value: str) -> str:
    """Return a kind of job that is known by now: handlers register after this module is made."""
    if value not in registry.HANDLERS:
        msg = f"is “{value}”; it may be {', '.join(sorted(registry.HANDLERS))}"
        raise ValueError(msg)
    return value


def _place(value: str) -> tuple[datetime, UUID]:
    place = read_place(value)
    if place is None:
        msg = "is not a place in this list; follow `next` as it was given"
        raise ValueError(msg)
    return place


class JobList(Resource):
    """All jobs."""

    tag = "jobs"
    scope = Scope.SELF
    verbs: ClassVar = {}
    row: ClassVar[type[BaseSerializer[Any]]] = JobAnswer
    parameters: ClassVar = (
        choice("state", "How it stands.", State.values),
        flag("live", "Whether it waits or runs."),
        Parameter(name="kind", meaning="Kind of job, as a job names it.", read=_kind, bounds=SOME),
        Parameter(
            name="cursor", meaning="Where to go on, as `next` of the page before says it.", read=_place, bounds=SOME
        ),
        places("jobs")[1],
    )

    def get(self, request: ApiRequest) -> Response:
        """Return the jobs you asked for, and with an organisation role all of them, the newest first.

        A token sees those it asked for itself; all with the scope `see` of somebody with an organisation role.
        """
        size = self.asked.get("page_size", DEFAULT_ROWS)
        rows = list(self._rows().order_by("-created_at", "-id")[: size + 1])
        following = None
        if len(rows) > size:
            kept = request.query_params.copy()
            kept["cursor"] = place_of(rows[size - 1])
            following = absolute(request, f"{request.path}?{kept.urlencode()}")
        return Response({"results": self.row(rows[:size], many=True).data, "next": following})

    def _rows(self) -> JobQuerySet:
        asked, found = self.asked, jobs_of(self.principal)
        if "live" in asked:
            found = found.filter(state__in=LIVE) if asked["live"] else found.exclude(state__in=LIVE)
        if "cursor" in asked:
            created_at, pk = asked["cursor"]
            found = found.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=pk))
        return found.filter(**{name: asked[name] for name in ("state", "kind") if name in asked})


class JobDetail(Resource):
    """One job."""

    tag = "jobs"
    scope = Scope.SELF
    verbs: ClassVar = {}
    says: ClassVar = {"GET": {200: JobAnswer}}

    def get(self, _request: ApiRequest, job_id: UUID) -> Response:
        """Return one job: its state, how far it is, what came of it, and why it failed. A token sees its own."""
        return Response(JobAnswer(job_in_sight(self.principal, job_id)).data)


class JobCancel(Posting):
    """Stopping a job."""

    tag = "jobs"
    scope = Scope.SELF
    verbs: ClassVar = {"POST": Verb.UPLOAD}
    says: ClassVar = {"POST": {202: JobAnswer}}

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Ask a job to stop; one that waits is cancelled at once, a running one within seconds, an ended one stays."""
        job = job_in_sight(self.principal, kwargs["job_id"])
        if self.principal.kind == PrincipalKind.TOKEN and not may_somewhere(self.principal, Verb.UPLOAD):
            raise refused(Verb.UPLOAD)
        request_cancel(job=job, principal=self.principal, now=timezone.now())
        return Response(JobAnswer(job).data, status=status.HTTP_202_ACCEPTED)
