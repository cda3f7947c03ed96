"""The pages of APIs: the list, and one API with its endpoints, findings and history."""

from datetime import datetime, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from inventory.access.http import Request, wants_fragment
from inventory.access.rights import Verb, may, roles_that_may
from inventory.access.routes import Scope, route
from inventory.access.views.lists import answer_list, place
from inventory.models import Api
from posture.charts import score_history as score_chart
from posture.filters import CheckFilter, EndpointFilter, FindingFilter
from posture.selectors.api_checks import checks_of
from posture.selectors.api_endpoints import endpoint_page, endpoints_that_matter, traffic_of
from posture.selectors.api_findings import finding_page
from posture.selectors.api_page import ApiHead, head_of, visible_api
from posture.selectors.history import newest_events, score_history, trail_page
from posture.selectors.why import why
from posture.services.reading import factors_of, fixes_of

PATIENCE = timedelta(minutes=1)
"""How long a page waits for a score before it shows the one there is."""
STEPS = 2


@route(Scope.TEAM)
@require_safe
def api_summary(request: Request, code: str) -> HttpResponse:
    """Show an API with its score and the reasons for it."""
    principal, now = request.principal, timezone.now()
    api = found(request, code)
    head = head_of(api)
    waits_for = waiting(request, head, now=now)
    if waits_for is None and "wait" in request.GET:
        return HttpResponseClientRedirect(request.path) if wants_fragment(request) else redirect(request.path)
    if waits_for is not None and wants_fragment(request):
        return HttpResponse(status=204)
    point = getattr(getattr(api, "current_score", None), "point", None)
    history = score_history(api=api, now=now)
    context = {
        "head": head,
        "why": why(
            principal=principal,
            api=api,
            factors=factors_of(point) if point else (),
            fixes=fixes_of(point, steps=STEPS) if point else None,
        ),
        "endpoints": endpoints_that_matter(api=api),
        "history": history,
        "chart": score_chart(history.line, bands=head.bands, now=now) if len(history.points) > 1 else None,
        "events": newest_events(principal=principal, api=api, team_id=head.team_id, history=history),
        "may_classify": may(principal, Verb.CLASSIFY, team_id=head.team_id),
        "waits_for": waits_for,
        "now": now,
    }
    return render(request, "posture/api.html", context)


@route(Scope.TEAM)
@require_safe
def api_endpoints(request: Request, code: str) -> HttpResponse:
    """List the endpoints of an API."""
    api = found(request, code)
    form = EndpointFilter(request.GET)
    page = endpoint_page(api=api, narrowed=form, **place(request))
    context = {"head": head_of(api), "page": page, "traffic": traffic_of(api=api)}
    return answer_list(
        request, form, page="posture/api_endpoints.html", fragment="posture/_endpoint_table.html", context=context
    )


@route(Scope.TEAM)
@require_safe
def api_checks(request: Request, code: str) -> HttpResponse:
    """Show what our own checks say of an API, each with its evidence."""
    api = found(request, code)
    form = CheckFilter(request.GET)
    checks = checks_of(api=api, narrowed=form, **place(request))
    context = {"head": head_of(api), "checks": checks, "page": checks.page}
    return answer_list(
        request, form, page="posture/api_checks.html", fragment="posture/_check_table.html", context=context
    )


@route(Scope.TEAM)
@require_safe
def api_findings(request: Request, code: str) -> HttpResponse:
    """List the findings of an API, each with what its tool said."""
    api = found(request, code)
    form = FindingFilter(request.GET)
    context = {"head": head_of(api), "page": finding_page(api=api, narrowed=form, **place(request))}
    return answer_list(
        request, form, page="posture/api_findings.html", fragment="posture/_finding_table.html", context=context
    )


@route(Scope.TEAM)
@require_safe
def api_history(request: Request, code: str) -> HttpResponse:
    """Show what changed about an API, to those who may read the trail, and how its score went."""
    api = found(request, code)
    head = head_of(api)
    now = timezone.now()
    scores = score_history(api=api, now=now)
    context = {
        "head": head,
        "trail": trail_page(principal=request.principal, api=api, team_id=head.team_id, **place(request)),
        "readers": roles_that_may(Verb.READ_TRAIL),
        "scores": scores,
        "chart": score_chart(scores.line, bands=head.bands, now=now) if len(scores.points) > 1 else None,
    }
    return render(request, "posture/api_history.html", context)


def found(request: Request, code: str) -> Api:
    """Return the API with this code; foreign and absent are the same: Http404."""
    try:
        return visible_api(principal=request.principal, code=code)
    except Api.DoesNotExist as error:
        raise Http404 from error


def waiting(request: Request, head: ApiHead, *, now: datetime) -> datetime | None:
    """Return since when the page waits for a score younger than a change; None when it waits for nothing any more."""
    try:
        since = parse_datetime(request.GET.get("wait", ""))
    except ValueError:
        since = None
    if since is None or since.tzinfo is None or not since <= now < since + PATIENCE:
        return None
    return None if head.computed_at is not None and head.computed_at > since else since
