"""What people set for themselves."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from inventory.access.forms.settings import ThemeForm
from inventory.access.http import Request
from inventory.access.routes import Scope, route
from inventory.access.services.people import set_theme


@route(Scope.SELF)
@require_POST
def theme(request: Request) -> HttpResponse:
    """Set the colours and go back to the page, if it is one of ours."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponse("Choose auto, light or dark.", status=422, content_type="text/plain")
    set_theme(theme=form.cleaned_data["theme"], principal=request.principal)
    back = form.cleaned_data["next"]
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours else "/")
