"""Runs of connections: when, how they ended, what they took in and what they left."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.response import Response
from typing_extensions import TypedDict, override

from inventory.access.api.asking import choice, text
from inventory.access.api.errors import Refusal, not_found
from inventory.access.api.resources import Listing, Resource
from inventory.access.api.signing_in import ApiRequest
from inventory.choices import RunState
from inventory.models import Connection, Run
from inventory.selectors.connections import documents_of


class Fault(TypedDict):
    """Where something was left, and why."""

    place: str
    reason: str


class Document(TypedDict):
    """One document that was taken in; `job` reads it, and is null once it was cleaned up or is out of your sight."""

    name: str
    size: int
    job: str | None


class RunRow(serializers.Serializer[Run]):
    """One run of a connection. `counts` are of documents: taken, unchanged, left, and faults."""

    code = serializers.CharField()
    connection = serializers.CharField(source="connection.code")
    asked_by = serializers.CharField()
    started_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=RunState.choices)
    counts = serializers.DictField(child=serializers.IntegerField())


class RunAnswer(RunRow):
    """One run with what it left and why, and what it took in."""

    faults = serializers.SerializerMethodField()
    documents = serializers.SerializerMethodField()

    def get_faults(self, run: Run) -> list[Fault]:
        """Return what was left; the first 200."""
        return [Fault(place=fault["place"], reason=fault["reason"]) for fault in run.faults]

    def get_documents(self, run: Run) -> list[Document]:
        """Return what was taken in."""
        taken = documents_of(run, principal=self.context["principal"])
        return [
            Document(name=each.name, size=each.size, job=str(each.job.pk) if each.job and each.link else None)
            for each in taken
        ]


class RunList(Listing[Run]):
    """The runs of the connections you may see, the newest first."""

    tag = "connections"
    name: ClassVar = "runs"
    filters: ClassVar = (
        text("connection", "Code of the connection."),
        choice("state", "How it ended.", RunState.values),
    )
    newest_first = True
    row = RunRow

    @override
    def rows(self) -> QuerySet[Run]:
        """Return the runs in sight that were asked for."""
        found = Run.objects.visible_to(self.principal).select_related("connection")
        if "connection" in self.asked:
            code = self.asked["connection"]
            connection = Connection.objects.visible_to(self.principal).filter(code=code).first()
            if connection is None:
                msg = f"connection is “{code}”; there is no connection with this code that you may see."
                raise Refusal(msg, code="invalid", field="connection")
            found = found.filter(connection=connection)
        return found.filter(state=self.asked["state"]) if "state" in self.asked else found


class RunDetail(Resource):
    """One run."""

    tag = "connections"
    says: ClassVar = {"GET": {200: RunAnswer}}

    def get(self, _request: ApiRequest, code: str) -> Response:
        """Return one run, with what it took in and what it left."""
        run = Run.objects.visible_to(self.principal).select_related("connection").filter(code=code).first()
        if run is None:
            msg = f"There is no run {code} that you may see."
            raise not_found(msg)
        context: dict[str, Any] = {"principal": self.principal}
        return Response(RunAnswer(run, context=context).data)
