"""One's own tokens: made, shown once, listed with their last use, revoked."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory.access.directory import TOKENS, code_of, live_tokens_of, number_of, tokens_of
from inventory.access.errors import ChangeRefused
from inventory.access.forms.tokens import TokenForm
from inventory.access.http import Request
from inventory.access.models import User
from inventory.access.recent import fresh_sign_in
from inventory.access.rights import SCOPED_VERBS, Verb, may_somewhere
from inventory.access.routes import Scope, route
from inventory.access.selectors import teams_in_sight
from inventory.access.services.tokens import create_token, revoke_token
from inventory.access.views.lists import place


@route(Scope.SELF)
@require_safe
def tokens(request: Request) -> HttpResponse:
    """Show one's tokens."""
    page = tokens_of(_person(request), **place(request))
    context = {"page": page, "rows": [(token, code_of(token.pk, TOKENS)) for token in page.rows]}
    return render(request, "access/tokens.html", context)


@route(Scope.SELF)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@fresh_sign_in
def token_new(request: Request) -> HttpResponse:
    """Make a token; its secret is shown this once."""
    if request.method != "POST":
        return _form_page(request, _form(request))
    form = _form(request, request.POST)
    if not form.is_valid():
        return _form_page(request, form)
    said = form.cleaned_data
    try:
        made = create_token(
            user=_person(request),
            name=said["name"],
            days=said["days"],
            scopes=said["scopes"],
            team=teams_in_sight(request.principal).filter(slug=said["team"]).first() if said["team"] else None,
            principal=request.principal,
            now=timezone.now(),
        )
    except ChangeRefused as refusal:
        form.add_error(None, str(refusal))
        return _form_page(request, form)
    return render(request, "access/token_made.html", {"made": made})


@route(Scope.SELF)
@require_POST
def token_revoke(request: Request, code: str) -> HttpResponse:
    """End one of one's own tokens at once."""
    found = live_tokens_of(_person(request), now=timezone.now()).filter(pk=number_of(code, TOKENS)).first()
    if found is None:
        raise Http404
    revoke_token(token=found, principal=request.principal, now=timezone.now())
    messages.success(request, f"The token “{found.name}” is revoked; nothing gets in with it any more.")
    return redirect("access:tokens")


def _person(request: Request) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def _form(request: Request, data: Any = None) -> TokenForm:
    scopes = [verb for verb in Verb if verb in SCOPED_VERBS and may_somewhere(request.principal, verb)]
    teams = [(team.slug, team.name) for team in teams_in_sight(request.principal).order_by("name")]
    return TokenForm(data, scopes=scopes, teams=teams, initial={"scopes": [Verb.SEE.value, Verb.UPLOAD.value]})


def _form_page(request: Request, form: TokenForm) -> HttpResponse:
    return render(request, "access/token_new.html", {"form": form}, status=422 if form.errors else 200)
