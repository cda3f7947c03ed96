"""The queue: what waits for a person, one after another or several at once, and taking back what was done last."""

from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from findings.errors import FindingsChanged, FindingsRefused
from findings.models import Decision
from findings.services.decide import undo
from findings.services.work import assign
from inventory.access.http import Request, wants_fragment
from inventory.access.rights import Verb, may_somewhere, roles_that_may
from inventory.access.routes import Scope, route
from inventory.access.selectors import person_in_sight
from inventory.access.views.lists import answer_list, place
from posture.choices import ListName
from posture.forms import MENUS, BulkForm, NoteForm
from posture.queues import TABS, QueueFilter
from posture.selectors.api_list import teams_in_sight
from posture.selectors.finding_list import sources_in_sight
from posture.selectors.finding_work import work_of
from posture.selectors.queue import DEFAULT_SORT, SORT_WORDS, SORTS, approvals_waiting, named_findings, queue_in_sight
from posture.selectors.saved_views import saved_views
from posture.selectors.together import ASSIGN, chosen, elsewhere, together_of
from posture.services.together import decide_together
from posture.services.views import tidy_query
from posture.views.findings import found_finding, shown_page
from posture.views.lists import refused_view
from posture.views.undoing import FRESH, Done, forget, remember, remembered

PANEL: Final = ("open", FRESH)
"""What an address says beside the list."""
PANEL_KEYS: Final = "".join(["y", "d", "a", "p", "c", *(menu.key for menu in MENUS)])
"""The keys of a panel; where there is no room for it they open the page of the row."""


@route(Scope.TEAM)
@require_safe
def queue_list(request: Request) -> HttpResponse:
    """List the findings that wait for somebody, those due first, with what waits for one's approval."""
    now, principal = timezone.now(), request.principal
    teams = teams_in_sight(principal)
    query = _listed(request.GET)
    tabs = saved_views(principal=principal, listed=ListName.QUEUE, query=query)
    first = next((tab.query for tab in tabs if tab.first), "")
    if first and not request.GET:
        return redirect(f"{request.path}?{first}")
    sort = request.GET.get("sort", DEFAULT_SORT)
    sort = sort if sort in SORTS else DEFAULT_SORT
    form = _filter(request, request.GET, teams)
    page = queue_in_sight(principal=principal, narrowed=form, sort=sort, now=now, **place(request))
    done = remembered(request, now=now)
    context = {
        "page": page,
        "sort": sort,
        "sorts": SORT_WORDS,
        "opened": request.GET.get("open") or (page.rows[0].code if page.rows else ""),
        "panel_keys": PANEL_KEYS,
        "listed": ListName.QUEUE,
        "all_label": "To decide",
        "fixed_tabs": TABS,
        "query": query,
        "tabs": tabs,
        "all": f"{request.path}?view=all" if first else request.path,
        "at": next((tab for tab in tabs if tab.current), None),
        "may_choose": may_somewhere(principal, Verb.DECIDE),
        "own_teams": [team for team in teams if team.pk in principal.team_ids],
        "refused": refused_view(request, ListName.QUEUE),
    }
    if not wants_fragment(request):
        context |= {
            "approvals": approvals_waiting(principal=principal, now=now),
            "done": done,
            "elsewhere": elsewhere(principal=principal, code=done.finding) if done and done.kind else 0,
        }
    return answer_list(request, form, page="posture/queue.html", fragment="posture/_queue_list.html", context=context)


@route(Scope.TEAM)
@require_safe
def queue_panel(request: Request, code: str) -> HttpResponse:
    """Show a finding beside the queue; without a script its own page."""
    finding = found_finding(request, code)
    if finding.moved_to is not None:
        finding = found_finding(request, finding.moved_to.code)
    if not wants_fragment(request):
        return redirect("posture:finding", finding.code)
    page, now = shown_page(request, finding), timezone.now()
    context = {
        "page": page,
        "work": work_of(principal=request.principal, finding=finding, team_id=page.team_id, now=now),
        "menus": MENUS if page.may_ask else MENUS[:-1],
        "deciders": roles_that_may(Verb.DECIDE),
        "note": NoteForm(),
        "alike": elsewhere(principal=request.principal, code=finding.code) if page.may_decide else 0,
        "queue_onward": _onward(request.GET.get("list", ""), request.GET.get("next", ""), done=True),
    }
    return render(request, "posture/_queue_panel.html", context)


@route(Scope.TEAM, Verb.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def queue_together(request: Request) -> HttpResponse:
    """Show what deciding or assigning several findings at once would change, and do it."""
    sent = request.method == "POST"
    asked, principal = request.POST if sent else request.GET, request.principal
    narrowed = QueryDict(asked.get("list", ""))
    form = _filter(request, narrowed, teams_in_sight(principal)) if "list" in asked else None
    sort = narrowed.get("sort", DEFAULT_SORT)
    rows = chosen(
        principal=principal,
        codes=asked.getlist("finding"),
        like=asked.get("like", ""),
        narrowed=form,
        sort=sort if sort in SORTS else DEFAULT_SORT,
    )
    together = together_of(principal=principal, findings=rows, act=asked.get("act", ""))
    error, status = "", HTTPStatus.OK
    if sent:
        try:
            return _act(request, asked, [item.pk for item in together.items])
        except FindingsRefused as refusal:
            error = str(refusal)
            late = isinstance(refusal, FindingsChanged)
            status = HTTPStatus.CONFLICT if late else HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "together": together,
        "menu": next((menu for menu in MENUS if menu.kind == together.act), None),
        "tried": asked,
        "error": error,
        "back": _onward(asked.get("back", ""), ""),
    }
    return render(request, "posture/queue_together.html", context, status=status)


def _act(request: Request, asked: QueryDict, finding_ids: list[int]) -> HttpResponseRedirect:
    """Decide or assign, and go back to the queue. Raises FindingsRefused."""
    now, principal = timezone.now(), request.principal
    onward = _onward(asked.get("back", ""), "", done=True)
    number = f"{len(finding_ids):,} finding{'s' if len(finding_ids) != 1 else ''}"
    if asked.get("act") == ASSIGN:
        said = asked.get("assignee", "").strip()
        user = person_in_sight(principal, said) if said else None
        if said and user is None:
            msg = f"Nobody whom you may name has the address {said}."
            raise FindingsRefused(msg)
        before = together_of(principal=principal, findings=[], act="", of_ids=finding_ids).assigned
        assign(finding_ids=finding_ids, user=user, principal=principal, now=now)
        told = f"{number} assigned to {user}" if user else f"{number} left to the owners of their APIs"
        remember(request, Done(label=told, assigned=before), now=now)
        return redirect(onward)
    form = BulkForm(asked)
    if not form.is_valid():
        raise FindingsRefused(str(next(iter(form.errors.values()))[0]))
    said_kind = form.cleaned_data["act"]
    reason = form.cleaned_data["reason"] or form.cleaned_data["preset"]
    written = decide_together(
        finding_ids=finding_ids, kind=said_kind, reason=reason, until=form.end(), proof=form.cleaned_data["proof"],
        seen=asked.get("seen", ""), principal=principal, now=now,
    )  # fmt: skip
    remember(request, Done(label=f"{number}: {written.label}", decisions=written.decision_ids), now=now)
    return redirect(onward)


@route(Scope.TEAM, Verb.DECIDE)
@require_POST
def queue_undo(request: Request) -> HttpResponse:
    """Take back what one did last: the decisions by new rows, the assignments to who had them."""
    now, principal = timezone.now(), request.principal
    home = reverse("posture:home") if request.POST.get("home") else ""
    done, onward = remembered(request, now=now), home or _onward(request.POST.get("back", ""), "")
    if done is None:
        messages.error(request, "There is nothing to take back any more; the history of a finding still can.")
        return redirect(onward)
    try:
        if done.decisions:
            seen = Decision.objects.visible_to(principal)
            undo(decisions=list(seen.filter(pk__in=done.decisions)), principal=principal, now=now)
        _give_back(request, done)
    except FindingsRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(onward)
    forget(request)
    messages.success(request, f"Taken back: {done.label}.")
    return redirect(home or _onward(request.POST.get("back", ""), done.finding))


def _give_back(request: Request, done: Done) -> None:
    """Assign findings as they were before."""
    by_email: dict[str, list[str]] = {}
    for code, email in done.assigned:
        by_email.setdefault(email, []).append(code)
    for email, codes in by_email.items():
        rows = named_findings(principal=request.principal, codes=codes)
        user = person_in_sight(request.principal, email) if email else None
        ids = [row.pk for row in rows]
        assign(finding_ids=ids, user=user, principal=request.principal, now=timezone.now())


def _filter(request: Request, asked: QueryDict, teams: Any) -> QueueFilter:
    return QueueFilter(
        asked,
        sources=sources_in_sight(request.principal),
        teams=[(team.slug, team.name) for team in teams],
        me=request.principal.user_id,
        now=timezone.now(),
    )


def _listed(asked: QueryDict) -> str:
    """Return what the queue is narrowed to and its order, without what stands beside it."""
    kept = asked.copy()
    for name in PANEL:
        kept.pop(name, None)
    return tidy_query(kept.urlencode())


def _onward(listed: str, opened: str, *, done: bool = False) -> str:
    """Return the address of the queue as it was narrowed, with a finding opened."""
    asked = QueryDict(_listed(QueryDict(listed.partition("?")[2] if "?" in listed else listed)), mutable=True)
    if opened:
        asked["open"] = opened
    if done:
        asked[FRESH] = "1"
    return f"{reverse('posture:queue')}{'?' if asked else ''}{asked.urlencode()}"
