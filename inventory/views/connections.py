"""The pages of connections: where the data comes from, how fresh it is, what each run brought."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inventory.access.http import Request, wants_fragment
from inventory.access.rights import Verb, may, may_somewhere, require
from inventory.access.routes import Scope, route
from inventory.access.views.lists import answer_list, place
from inventory.connectors.registry import readers
from inventory.errors import ConnectionRefused
from inventory.filters import ConnectionFilter
from inventory.forms import ConnectionForm, initial_of
from inventory.models import Connection, Run
from inventory.selectors.connections import (
    RUNS_SHOWN,
    connected,
    connections_in_sight,
    documents_of,
    healths,
    secrets_set,
    teams_of_connections,
    teams_to_connect_for,
)
from inventory.services.connections import (
    RULES,
    Wanted,
    change_connection,
    create_connection,
    pause_connection,
    start_run,
)
from inventory.services.hooks import make_secret
from inventory.services.visits import try_connection
from inventory.sources.base import Source, Surroundings, source_for, sources
from inventory.sources.webhook import RECEIVING, SIGNING

SENT = {"": "When something is sent"}
"""When a webhook runs."""


@require_GET
@route(Scope.TEAM)
def connection_list(request: Request) -> HttpResponse:
    """List the connections in sight, those that need care first."""
    principal, now = request.principal, timezone.now()
    kinds = [(source.slug, source.label) for source in sources()]
    form = ConnectionFilter(request.GET, kinds=kinds, teams=teams_of_connections(principal), now=now)
    page = connections_in_sight(principal=principal, narrowed=form, now=now, **place(request))
    context: dict[str, Any] = {
        "page": page,
        "rows": [(row, source_for(row.connection.kind), _may_run(request, row.connection)) for row in page.rows],
    }
    if not wants_fragment(request):
        context |= {
            "all": connected(principal=principal, now=now),
            "running": [row for row in page.rows if row.job],
            "may_connect": may_somewhere(request.principal, Verb.CONNECT),
        }
    return answer_list(
        request, form, page="inventory/connections.html", fragment="inventory/_connection_table.html", context=context
    )


@route(Scope.TEAM, Verb.CONNECT)
@require_http_methods(["GET", "HEAD", "POST"])
def connection_new(request: Request) -> HttpResponse:
    """Choose a connector, then fill in what it needs."""
    now = timezone.now()
    chosen = next((source for source in sources() if source.slug == request.GET.get("kind")), None)
    around = Surroundings(folders=settings.CONNECT_FOLDERS, most=settings.UPLOAD_LIMIT, now=now, ask=_nowhere)
    if chosen is None or chosen.missing(around):
        kinds = [(source, source.missing(around)) for source in sources()]
        return render(request, "inventory/connection_kinds.html", {"kinds": kinds})
    teams = teams_to_connect_for(request.principal)
    form = _form(request, chosen, None, teams=[(team.slug, team.name) for team in teams])
    if request.method == "POST" and form.is_valid():
        team = next((team for team in teams if team.slug == form.cleaned_data["team"]), None)
        wanted = _wanted(form, chosen.slug, before=(), team=team)
        try:
            connection = create_connection(wanted=wanted, principal=request.principal, now=now)
        except ConnectionRefused as refusal:
            form.refuse(refusal.field, str(refusal))
        else:
            messages.success(request, _next_step(connection))
            return redirect("inventory:connection", connection.code)
    return render(
        request, "inventory/connection_new.html", {"form": form, "source": chosen}, status=422 if form.errors else 200
    )


@route(Scope.TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def connection_page(request: Request, code: str) -> HttpResponse:
    """Show a connection with its runs, and change it."""
    connection = _connection(request, code)
    may_change = may(request.principal, Verb.CONNECT, team_id=connection.team_id)
    source = source_for(connection.kind)
    form = _form(request, source, connection, teams=None)
    if request.method == "POST":
        require(request.principal, Verb.CONNECT, team_id=connection.team_id)
    if request.method == "POST" and form.is_valid():
        wanted = _wanted(form, connection.kind, before=connection.egress, team=connection.team)
        try:
            change_connection(connection=connection, wanted=wanted, principal=request.principal, now=timezone.now())
        except ConnectionRefused as refusal:
            form.refuse(refusal.field, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("inventory:connection", connection.code)
    return _render(request, connection, {"form": form if may_change else None}, 422 if form.errors else 200)


@require_POST
@route(Scope.TEAM, Verb.UPLOAD)
def connection_run(request: Request, code: str) -> HttpResponse:
    """Run a connection now and go to the job."""
    connection = _connection(request, code)
    try:
        job = start_run(connection=connection, principal=request.principal, now=timezone.now())
    except ConnectionRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("inventory:connection", connection.code)
    return redirect("jobs:job", job.pk)


@require_POST
@route(Scope.TEAM, Verb.CONNECT)
def connection_pause(request: Request, code: str) -> HttpResponse:
    """Pause a connection, or let it run again."""
    connection = _connection(request, code)
    pause = request.POST.get("pause") == "1"
    pause_connection(connection=connection, pause=pause, principal=request.principal, now=timezone.now())
    messages.success(request, f"{connection.name} is paused." if pause else f"{connection.name} runs again.")
    return redirect("inventory:connection", connection.code)


@require_POST
@route(Scope.TEAM, Verb.UPLOAD)
def connection_test(request: Request, code: str) -> HttpResponse:
    """Ask the source and tell what a run would read; nothing is stored."""
    connection = _connection(request, code)
    told: dict[str, Any] = {"tested": True}
    try:
        told["tried"] = try_connection(connection=connection, principal=request.principal, now=timezone.now())
    except ConnectionRefused as refusal:
        told["refused"] = str(refusal)
    may_change = may(request.principal, Verb.CONNECT, team_id=connection.team_id)
    form = _form(request, source_for(connection.kind), connection, teams=None, empty=True) if may_change else None
    return _render(request, connection, {"form": form, **told}, 200)


@require_POST
@route(Scope.TEAM, Verb.CONNECT)
def connection_secret(request: Request, code: str) -> HttpResponse:
    """Make a new secret for a webhook and show it, for this once."""
    connection = _connection(request, code)
    try:
        secret = make_secret(connection=connection, principal=request.principal, now=timezone.now())
    except ConnectionRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("inventory:connection", connection.code)
    form = _form(request, source_for(connection.kind), connection, teams=None, empty=True)
    return _render(request, connection, {"form": form, "secret": secret}, 200)


@require_GET
@route(Scope.TEAM)
def run_page(request: Request, code: str, run: str) -> HttpResponse:
    """Show one run: what it took in, and what it left and why."""
    connection = _connection(request, code)
    rows = Run.objects.visible_to(request.principal).filter(connection=connection).select_related("job")
    row = get_object_or_404(rows, code=run)
    context = {"connection": connection, "run": row, "documents": documents_of(row, principal=request.principal)}
    return render(request, "inventory/run.html", context)


def _connection(request: Request, code: str) -> Connection:
    rows = Connection.objects.visible_to(request.principal).select_related("team")
    return get_object_or_404(rows, code=code)


def _render(request: Request, connection: Connection, more: dict[str, Any], status: int) -> HttpResponse:
    context = {
        "health": healths([connection], now=timezone.now())[0],
        "connection": connection,
        "source": source_for(connection.kind),
        "rule": SENT[""] if connection.kind == RECEIVING else RULES.get(connection.rule, connection.rule),
        "runs": connection.runs.order_by("-started_at", "-pk")[:RUNS_SHOWN],
        "may_run": _may_run(request, connection) and connection.kind != RECEIVING,
        "hook": request.build_absolute_uri(_hook(connection)) if connection.kind == RECEIVING else "",
        "secret_set_at": secrets_set(connection, principal=request.principal).get(SIGNING),
        **more,
    }
    return render(request, "inventory/connection.html", context, status=status)


def _next_step(connection: Connection) -> str:
    if connection.kind == RECEIVING:
        return f"{connection.name} is connected. Make its secret and give it to the sender."
    return f"{connection.name} is connected. Test it, then run it."


def _hook(connection: Connection) -> str:
    """Return the address that senders deliver to."""
    return reverse("incidents:hook", args=[connection.code])


def _may_run(request: Request, connection: Connection) -> bool:
    return may(request.principal, Verb.UPLOAD, team_id=connection.team_id)


def _form(
    request: Request,
    source: Source,
    connection: Connection | None,
    *,
    teams: list[tuple[str, str]] | None,
    empty: bool = False,
) -> ConnectionForm:
    sees_all = may(request.principal, Verb.CONNECT, team_id=None)
    return ConnectionForm(
        data=request.POST if request.method == "POST" and not empty else None,
        source=source,
        rules=SENT if source.slug == RECEIVING else RULES,
        formats=[(reader.slug, reader.label) for reader in readers()],
        folders=[str(folder) for folder in settings.CONNECT_FOLDERS],
        teams=None if teams is None else [*([("", "The organisation")] if sees_all else []), *teams],
        may_open=sees_all,
        set_at=secrets_set(connection, principal=request.principal) if connection else {},
        initial=initial_of(connection) if connection else {"rule": "every 3600"},
    )


def _wanted(form: ConnectionForm, kind: str, *, before: Any, team: Any) -> Wanted:
    data = form.cleaned_data
    return Wanted(
        kind=kind,
        name=data["name"],
        options=form.options(),
        team=team,
        rule=data["rule"],
        egress=form.egress_lines(before),
        secrets=form.secrets(),
    )


def _nowhere(_: Any) -> Any:
    """Ask nothing: a form sends no request."""
    msg = "A form sends no request."
    raise NotImplementedError(msg)
