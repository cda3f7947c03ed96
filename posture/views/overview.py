"""The overview: how we stand, what is worst, what got worse, and the one change that helps most."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from findings.errors import FindingsRefused
from inventory.access.choices import StartPage
from inventory.access.http import Request
from inventory.access.rights import Verb, may_somewhere, require
from inventory.access.routes import Scope, route
from posture.charts import severity_weeks
from posture.selectors.api_page import head_of
from posture.selectors.movements import SHADES, Week, Worse, got_worse, late_by_team, under_attack, weeks_of
from posture.selectors.overview import Number, Risky, best_change, coverage_of, figures_of, riskiest
from posture.services.together import assign_class
from posture.views.apis import found
from posture.views.undoing import Done, remember, remembered

STARTS: dict[str, str] = {
    StartPage.OVERVIEW: "posture:home",
    StartPage.QUEUE: "posture:queue",
    StartPage.APIS: "posture:apis",
    StartPage.FINDINGS: "posture:findings",
    StartPage.JOBS: "jobs:jobs",
}


@route(Scope.TEAM)
@require_safe
def start(request: Request) -> HttpResponse:
    """Go to the page somebody chose to begin with."""
    return redirect(STARTS.get(getattr(request.user, "start_page", ""), STARTS[StartPage.OVERVIEW]))


@route(Scope.TEAM)
@require_safe
def overview(request: Request) -> HttpResponse:
    """Show how we stand, or while there is no API how to begin."""
    principal, now = request.principal, timezone.now()
    coverage = coverage_of(principal=principal, now=now)
    if not coverage.any:
        return render(request, "posture/overview_first.html", {})
    late = late_by_team(principal=principal, now=now)
    figures = figures_of(principal=principal, late=sum(each.total for each in late), now=now)
    worse = got_worse(principal=principal, now=now)
    risky = riskiest(principal=principal, now=now)
    weeks = weeks_of(principal=principal)
    best = best_change(principal=principal)
    context = {
        "headline": headline(figures.numbers, worse, risky, is_scored=bool(coverage.scored)),
        "live": figures.live,
        "numbers": figures.numbers,
        "worse": worse,
        "risky": risky,
        "together": figures.together,
        "late": late,
        "most_late": max((each.total for each in late), default=0),
        "attacked": under_attack(principal=principal, now=now),
        "coverage": coverage,
        "best": best,
        "may_assign": may_somewhere(principal, Verb.CLASSIFY),
        "weeks": weeks,
        "shades": SHADES[:-1],
        "chart": _chart(weeks),
        "done": remembered(request, now=now),
    }
    return render(request, "posture/overview.html", context)


@route(Scope.TEAM, Verb.CLASSIFY)
@require_POST
def overview_assign(request: Request) -> HttpResponse:
    """Give the findings of a class on an API to its owner."""
    code = request.POST.get("api", "")
    if not code:
        raise Http404
    api = found(request, code)
    require(request.principal, Verb.CLASSIFY, team_id=head_of(api).team_id)
    now, weakness_class = timezone.now(), request.POST.get("class", "")
    try:
        before = assign_class(api=api, weakness_class=weakness_class, principal=request.principal, now=now)
    except FindingsRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("posture:home")
    number = f"{len(before):,} finding{'s' if len(before) != 1 else ''}"
    remember(request, Done(label=f"{number} assigned to {api.owner}", assigned=before), now=now)
    messages.success(request, f"{number} of {weakness_class} on {api.name} assigned to {api.owner}.")
    return redirect("posture:home")


def headline(
    numbers: Sequence[Number], worse: Sequence[Worse], risky: Sequence[Risky], *, is_scored: bool = True
) -> tuple[str, str]:
    """Return what it comes to in a sentence, and the one after it."""
    at_risk, critical, overdue = numbers[0], numbers[1], numbers[2]
    late = f"{overdue.shown} finding{'s' if overdue.value != 1 else ''}"
    if at_risk.value:
        first = f"{at_risk.shown} {'APIs are' if at_risk.value != 1 else 'API is'} at critical risk"
        first += f", and {late} past the deadline" if overdue.value else ""
    elif overdue.value:
        first = f"No API is at critical risk, but {late} past the deadline"
    elif not is_scored:
        first = "No API is scored yet"
    else:
        first = "No API is at critical risk, and nothing is late"
    parts = []
    if risky:
        parts.append(f"{risky[0].name} is the riskiest.")
    rose = next((each for each in worse if not each.new), None)
    if rose:
        parts.append(f"{rose.name} got worse by {rose.rise:.0f} points this week, after: {rose.cause}.")
    elif worse:
        parts.append("New APIs came in this week." if len(worse) > 1 else f"{worse[0].name} is new this week.")
    elif critical.value:
        parts.append("No score rose this week.")
    return first, " ".join(parts)


def _chart(weeks: Sequence[Week]) -> dict[str, object] | None:
    if not any(sum(week.open.values()) for week in weeks):
        return None
    counts = {name: [week.open[name] for week in weeks] for name in SHADES[:-1]}
    return severity_weeks([week.end for week in weeks], counts, [week.closed for week in weeks])
