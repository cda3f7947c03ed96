"""Whether somebody proved a short while ago who they are: asked before acts that matter.

Views that make tokens, change sign-in factors or roles, or read secrets stand under `fresh_sign_in`:

    @route(Scope.SELF)
    @fresh_sign_in
    def new_token(request: Request) -> HttpResponse: ...

Allauth keeps in the session how and when somebody proved it; nobody else can write there.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from inventory.access.http import PublicRequest, Request, asking_page, own_address

P = ParamSpec("P")
View = Callable[Concatenate[Request, P], HttpResponseBase]

RECORDS: Final = "account_authentication_methods"
OWNER: Final = "account_authentication_methods_user"


def fresh_sign_in(view: View[P]) -> View[P]:
    """Let in only whoever signed in, or confirmed that it is them, in the last `settings.FRESH_SECONDS`.

    Anybody else is led to the confirmation and from there back to the page they were on; what they sent is not kept,
    they send it again. Stands below `route`.
    """

    @wraps(view)
    def guarded(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if is_fresh(request):
            return view(request, *args, **kwargs)
        to = f"{reverse('account_reauthenticate')}?{urlencode({'next': page_of(request)})}"
        return HttpResponseClientRedirect(to) if request.htmx else HttpResponseRedirect(to)

    vars(guarded)["fresh"] = True
    return guarded


def is_fresh(request: PublicRequest) -> bool:
    """Return True when somebody proved within the time who they are."""
    return time.time() - proved_at(request) < settings.FRESH_SECONDS


def proved_at(request: PublicRequest) -> float:
    """Return when, in seconds since 1970, the person of this session last proved who they are; 0 for never."""
    records = request.session.get(RECORDS)
    principal = request.principal
    if principal is None or request.session.get(OWNER) != str(principal.user_id) or not isinstance(records, list):
        return 0
    return max((float(record["at"]) for record in records), default=0)


def page_of(request: PublicRequest) -> str:
    """Return the page somebody acts from, to go back to: the page itself, else the one that sent the form."""
    if request.htmx:
        return asking_page(request) or "/"
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    parts = urlsplit(own_address(request, request.headers.get("Referer", "")))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
