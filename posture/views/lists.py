"""The lists of APIs and of findings: what is asked for, as whom, with which columns, and the views saved of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from inventory.access.http import Request, wants_fragment
from inventory.access.models import Team
from inventory.access.routes import Scope, route
from inventory.access.views.lists import answer_list, place
from posture.choices import ListName
from posture.filters import ApiFilter, FindingsFilter
from posture.selectors.api_list import DEFAULT_SORT, SORTS, apis_in_sight, teams_in_sight
from posture.selectors.columns import APIS, FINDINGS, shown_columns, switches
from posture.selectors.finding_list import findings_in_sight, sources_in_sight
from posture.selectors.saved_views import saved_views
from posture.services.views import tidy_query

REFUSED: Final = "refused view"
"""Where the session keeps what was not saved until its list is shown again."""


@route(Scope.TEAM)
@require_safe
def api_list(request: Request) -> HttpResponse:
    """List the APIs somebody may see."""
    teams = teams_in_sight(request.principal)
    around = _around(request, ListName.APIS, APIS, teams)
    if "first" in around:
        return redirect(f"{request.path}?{around['first']}")
    form = api_filter(request, teams)
    shown = apis_in_sight(
        principal=request.principal,
        narrowed=form,
        sort=asked_sort(request),
        columns=asked_columns(request, APIS),
        **place(request),
    )
    if not shown.is_first_run:
        form.show_counts(shown.choices)
    context = {"list": shown, **around}
    return answer_list(request, form, page="posture/apis.html", fragment="posture/_api_table.html", context=context)


@route(Scope.TEAM)
@require_safe
def finding_list(request: Request) -> HttpResponse:
    """List the findings of all APIs somebody may see."""
    teams = teams_in_sight(request.principal)
    around = _around(request, ListName.FINDINGS, FINDINGS, teams)
    if "first" in around:
        return redirect(f"{request.path}?{around['first']}")
    form = findings_filter(request, teams)
    page, counts = findings_in_sight(principal=request.principal, narrowed=form, **place(request))
    form.show_counts(counts)
    context = {"page": page, "columns": asked_columns(request, FINDINGS), **around}
    return answer_list(
        request, form, page="posture/findings.html", fragment="posture/_finding_table.html", context=context
    )


def api_filter(request: Request, teams: Sequence[Team]) -> ApiFilter:
    """Return what the list of APIs is narrowed to; `teams` are those in sight."""
    return ApiFilter(request.GET, teams=[(team.slug, team.name) for team in teams], now=timezone.now())


def findings_filter(request: Request, teams: Sequence[Team]) -> FindingsFilter:
    """Return what the list of all findings is narrowed to; one query."""
    offered = [(team.slug, team.name) for team in teams]
    return FindingsFilter(request.GET, sources=sources_in_sight(request.principal), teams=offered)


def asked_sort(request: Request) -> str:
    """Return the order the list of APIs is asked for in; any other word is the usual one."""
    sort = request.GET.get("sort", DEFAULT_SORT)
    return sort if sort in SORTS else DEFAULT_SORT


def asked_columns(request: Request, offered: Mapping[str, str]) -> frozenset[str]:
    """Return the columns a list is asked for with."""
    return shown_columns(offered, request.GET.get("cols", ""))


def _around(request: Request, listed: ListName, offered: Mapping[str, str], teams: Sequence[Team]) -> dict[str, Any]:
    """Return what stands around a list; `first` when it is opened plainly and somebody wants to see a view first."""
    query = tidy_query(request.GET.urlencode())
    tabs = saved_views(principal=request.principal, listed=listed, query=query)
    first = next((tab.query for tab in tabs if tab.first), "")
    if first and not request.GET:
        return {"first": first}
    return {
        "listed": listed,
        "query": query,
        "tabs": tabs,
        "all": f"{request.path}?view=all" if first else request.path,
        "at": next((tab for tab in tabs if tab.current), None),
        "switches": switches(offered, asked_columns(request, offered)),
        "own_teams": [team for team in teams if team.pk in request.principal.team_ids],
        "refused": refused_view(request, listed),
    }


def refused_view(request: Request, listed: ListName) -> dict[str, str] | None:
    """Return the view of a list that was just not saved: its name and team as sent, and why. It is said once."""
    told: dict[str, str] | None = request.session.get(REFUSED)
    if told is None or wants_fragment(request):
        return None
    del request.session[REFUSED]
    return told if told["listed"] == listed else None
