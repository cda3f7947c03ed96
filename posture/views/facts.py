"""What people state about an API."""

from collections.abc import Mapping
from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from inventory.access.http import Request, wants_fragment
from inventory.access.models import Team
from inventory.access.rights import Verb, require
from inventory.access.routes import Scope, route
from inventory.errors import InventoryRefused
from inventory.models import Api
from inventory.services.classify import assign_team, classify_api
from posture.forms import FactsForm
from posture.selectors.api_list import teams_in_sight
from posture.selectors.api_page import head_of
from posture.views.apis import found


@route(Scope.TEAM, Verb.CLASSIFY)
@require_http_methods(["GET", "HEAD", "POST"])
def api_facts(request: Request, code: str) -> HttpResponse:
    """Show the form in the place of the card, or take in what was stated and go back to the API."""
    api = found(request, code)
    head = head_of(api)
    require(request.principal, Verb.CLASSIFY, team_id=head.team_id)
    teams = teams_in_sight(request.principal)
    form = FactsForm(
        request.POST if request.method == "POST" else None,
        api=api,
        team=head.team_slug,
        teams=[(team.slug, team.name) for team in teams],
    )
    status = HTTPStatus.OK
    if request.method == "POST" and (late := form.changed_since(request.POST.get("stood", ""))):
        status = HTTPStatus.CONFLICT
        form.add_error(None, f"Not saved: somebody changed it while you did; {late}. Compare, then save yours again.")
    elif request.method == "POST" and form.is_valid():
        try:
            return _take_in(request, api, form, {team.slug: team for team in teams})
        except InventoryRefused as refusal:
            form.add_error(None, str(refusal))
    if form.errors and status == HTTPStatus.OK:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    template = "posture/_facts_form.html" if wants_fragment(request) else "posture/api_facts.html"
    return render(request, template, {"head": head, "form": form}, status=status)


def _take_in(request: Request, api: Api, form: FactsForm, teams: Mapping[str, Team]) -> HttpResponse:
    principal, now, reason = request.principal, timezone.now(), form.cleaned_data["reason"]
    with transaction.atomic():
        changed = bool(classify_api(api=api, changes=form.changes(), principal=principal, now=now, reason=reason))
        if form.moves:
            team = teams.get(form.cleaned_data["team"])
            changed |= assign_team(api=api, team=team, principal=principal, now=now, reason=reason)
    if not changed:
        messages.info(request, "Nothing was changed: all of it stood like that.")
        return redirect("posture:api", api.code)
    if not Api.objects.visible_to(principal).filter(pk=api.pk).exists():
        messages.success(request, f"{api.name} now belongs to another team, so you no longer see it.")
        return redirect("posture:apis")
    messages.success(request, "Saved. The score follows within seconds.")
    return redirect(f"{reverse('posture:api', args=[api.code])}?{urlencode({'wait': now.isoformat()})}")
