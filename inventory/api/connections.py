"""Connections: where data comes from by itself. Their secrets go in and never come out."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.fields import Field
from rest_framework.response import Response
from typing_extensions import TypedDict, override

from inventory.access.api.asking import SOME, Parameter, flag, text
from inventory.access.api.bodies import read_body
from inventory.access.api.errors import Refusal, not_found
from inventory.access.api.resources import Listing, Resource
from inventory.access.api.signing_in import ApiRequest
from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.access.rights import Verb, may
from inventory.access.selectors import teams_in_sight
from inventory.api.wanting import Changed, New, Nothing, refusing_fields, wanted_from
from inventory.jobs.api.posting import Posting
from inventory.models import Connection
from inventory.selectors.connections import healths, secrets_set_of
from inventory.services.connections import change_connection, create_connection, pause_connection, start_run
from inventory.services.visits import try_connection
from inventory.sources.base import sources


class How(TypedDict):
    """How a connection does, in one word (failing, partial, silent, running, good, never, paused) and a sentence."""

    state: str
    told: str


class ConnectionRow(serializers.Serializer[Connection]):
    """A connection: what it reads, when, for which team (null is the organisation), and how it does.

    `options` and `secrets` are null unless you may set connections up for this team; of a secret there is only when it
    was set.
    """

    code = serializers.CharField()
    kind = serializers.CharField()
    name = serializers.CharField()
    team = serializers.CharField(source="team.slug", allow_null=True, default=None)
    rule = serializers.CharField(help_text="When it runs by itself; empty is by hand only.")
    options = serializers.SerializerMethodField()
    secrets = serializers.SerializerMethodField()
    egress = serializers.ListField(child=serializers.CharField())
    paused_at = serializers.DateTimeField(allow_null=True)
    health = serializers.SerializerMethodField()
    last_run_at = serializers.DateTimeField(allow_null=True)
    last_good_at = serializers.DateTimeField(allow_null=True)
    failures = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()

    def get_options(self, connection: Connection) -> dict[str, Any] | None:
        """Return what it reads, for who may change it."""
        return connection.options if self._may_change(connection) else None

    def get_secrets(self, connection: Connection) -> dict[str, str] | None:
        """Return when each secret was set, for who may set it."""
        if not self._may_change(connection):
            return None
        held: Mapping[str, Any] = self.context["secrets"].get(connection.pk, {})
        return {name: set_at.isoformat().replace("+00:00", "Z") for name, set_at in held.items()}

    def get_health(self, connection: Connection) -> How:
        """Return how it does."""
        health = self.context["healths"][connection.pk]
        return How(state=health.state, told=health.told)

    def _may_change(self, connection: Connection) -> bool:
        return may(self.context["principal"], Verb.CONNECT, team_id=connection.team_id)


class Started(serializers.Serializer[Any]):
    """The job that runs it."""

    job = serializers.UUIDField()


class TriedRow(serializers.Serializer[Any]):
    """One document that a run would meet: its size and format, or the fault that it would be left for."""

    place = serializers.CharField()
    size = serializers.IntegerField(allow_null=True)
    fault = serializers.CharField(allow_blank=True)

    @override
    def get_fields(self) -> dict[str, "Field[Any, Any, Any, Any]"]:
        """Add the field whose name is one of Python's functions."""
        return {**super().get_fields(), "format": serializers.CharField(allow_blank=True)}


class TrialAnswer(serializers.Serializer[Any]):
    """The first documents of the source; nothing was stored."""

    documents = TriedRow(many=True)


def context_of(rows: Sequence[Connection], principal: Principal) -> dict[str, Any]:
    """Return what `ConnectionRow` needs beside some rows in sight."""
    return {
        "principal": principal,
        "healths": {health.connection.pk: health for health in healths(rows, now=timezone.now())},
        "secrets": secrets_set_of(rows, principal=principal),
    }


def connection_in_sight(principal: Principal, code: str) -> Connection:
    """Return one connection; foreign and absent are the same 404."""
    found = Connection.objects.visible_to(principal).select_related("team").filter(code=code).first()
    if found is None:
        msg = f"There is no connection {code} that you may see."
        raise not_found(msg)
    return found


def _shown(connection: Connection, principal: Principal) -> Any:
    return ConnectionRow(connection, context=context_of([connection], principal)).data


def _kind(value: str) -> str:
    """Return the name of a connector that is known by now: connectors register after this module is made."""
    known = [source.slug for source in sources()]
    if value not in known:
        msg = f"is “{value}”; it may be {', '.join(known)}"
        raise ValueError(msg)
    return value


class ConnectionList(Listing[Connection], Posting):
    """The connections of your teams; organisation roles see all."""

    tag = "connections"
    verbs: ClassVar = {"GET": Verb.SEE, "POST": Verb.CONNECT}
    name: ClassVar = "connections"
    filters: ClassVar = (
        Parameter(name="kind", meaning="Name of the connector, as in `manage.py reference`.", read=_kind, bounds=SOME),
        text("team", "Slug of the team."),
        flag("paused", "Whether it is paused."),
    )
    row = ConnectionRow
    takes: ClassVar = {"POST": New}
    says: ClassVar = {"POST": {201: ConnectionRow}}

    @override
    def rows(self) -> QuerySet[Connection]:
        """Return the connections in sight that were asked for."""
        found = Connection.objects.visible_to(self.principal).select_related("team")
        if "team" in self.asked:
            team = teams_in_sight(self.principal).filter(slug=self.asked["team"]).first()
            if team is None:
                msg = f"team is “{self.asked['team']}”; there is no team with this slug that you may see."
                raise Refusal(msg, code="invalid", field="team")
            found = found.filter(team=team)
        if "paused" in self.asked:
            found = found.filter(paused_at__isnull=not self.asked["paused"])
        return found.filter(kind=self.asked["kind"]) if "kind" in self.asked else found

    @override
    def context(self, rows: Sequence[Connection]) -> dict[str, Any]:
        """Return how they do, and when their secrets were set."""
        return context_of(rows, self.principal)

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Set a connection up. Only people do: a token is refused. Test it before its first run."""
        said = read_body(New, request.data)
        team = self._team(said.get("team"))
        with refusing_fields():
            connection = create_connection(
                wanted=wanted_from(said, team=team), principal=self.principal, now=timezone.now()
            )
        headers = {"Location": reverse("api:connection", args=[connection.code])}
        return Response(_shown(connection, self.principal), status=status.HTTP_201_CREATED, headers=headers)

    def _team(self, slug: str | None) -> Team | None:
        if slug is None:
            return None
        team = teams_in_sight(self.principal).filter(slug=slug).first()
        if team is None:
            msg = f"There is no team “{slug}” that you may see."
            raise not_found(msg, field="team")
        return team


class ConnectionDetail(Resource):
    """One connection."""

    tag = "connections"
    verbs: ClassVar = {"GET": Verb.SEE, "PATCH": Verb.CONNECT}
    takes: ClassVar = {"PATCH": Changed}
    says: ClassVar = {"GET": {200: ConnectionRow}, "PATCH": {200: ConnectionRow}}

    def get(self, _request: ApiRequest, code: str) -> Response:
        """Return one connection."""
        return Response(_shown(connection_in_sight(self.principal, code), self.principal))

    def patch(self, request: ApiRequest, code: str) -> Response:
        """Change what is said and leave the rest; kind and team stay. Only people do: a token is refused.

        A secret that is not said stays, unless the connection moves to other servers: then it is asked for again.
        """
        connection = connection_in_sight(self.principal, code)
        said = read_body(Changed, request.data)
        with refusing_fields():
            wanted = wanted_from(said, team=connection.team, before=connection)
            changed = change_connection(
                connection=connection, wanted=wanted, principal=self.principal, now=timezone.now()
            )
        return Response(_shown(changed, self.principal))


class ConnectionPause(Posting):
    """Pausing."""

    tag = "connections"
    verbs: ClassVar = {"POST": Verb.CONNECT}
    takes: ClassVar = {"POST": Nothing}
    says: ClassVar = {"POST": {200: ConnectionRow}}
    pause: ClassVar[bool] = True

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Stop runs from coming; a run under way ends as it would, and what was read stays."""
        connection = connection_in_sight(self.principal, kwargs["code"])
        read_body(Nothing, request.data)
        changed = pause_connection(
            connection=connection, pause=self.pause, principal=self.principal, now=timezone.now()
        )
        return Response(_shown(changed, self.principal))


class ConnectionResume(ConnectionPause):
    """Resuming."""

    pause = False

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Let runs come again."""
        return super().act(request, **kwargs)


class ConnectionTest(Posting):
    """Trying."""

    tag = "connections"
    verbs: ClassVar = {"POST": Verb.UPLOAD}
    takes: ClassVar = {"POST": Nothing}
    says: ClassVar = {"POST": {200: TrialAnswer}}

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Ask the source as a run would, for its first documents, and store nothing; 400 says why it cannot be read."""
        connection = connection_in_sight(self.principal, kwargs["code"])
        read_body(Nothing, request.data)
        with refusing_fields():
            tried = try_connection(connection=connection, principal=self.principal, now=timezone.now())
        return Response({"documents": TriedRow(tried, many=True).data})


class ConnectionRun(Posting):
    """Running."""

    tag = "connections"
    verbs: ClassVar = {"POST": Verb.UPLOAD}
    takes: ClassVar = {"POST": Nothing}
    says: ClassVar = {"POST": {202: Started}}

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Run a connection now and answer with the job; while one waits, it is that one."""
        connection = connection_in_sight(self.principal, kwargs["code"])
        read_body(Nothing, request.data)
        with refusing_fields():
            job = start_run(connection=connection, principal=self.principal, now=timezone.now())
        headers = {"Location": reverse("api:job", args=[job.pk])}
        return Response({"job": str(job.pk)}, status=status.HTTP_202_ACCEPTED, headers=headers)
