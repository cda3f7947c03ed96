"""What somebody was told: the list behind the bell, and how they want to be told."""

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory.access.http import Request, own_address
from inventory.access.routes import Scope, route
from inventory.access.views.lists import answer_list, place
from posture.choices import NoticeKind, Rhythm
from posture.filters import NoticeFilter
from posture.forms import NoticeWishForm
from posture.selectors.notices import notice_about, notices_of, unread_of, wish_of
from posture.services.notices import Wished, read, read_all, unread, wish


@route(Scope.SELF)
@require_safe
def notice_list(request: Request) -> HttpResponse:
    """List what somebody was told, the newest first."""
    form = NoticeFilter(request.GET)
    context = {
        "page": notices_of(principal=request.principal, narrowed=form, **place(request)),
        "has_unread": unread_of(request.principal).exists(),
    }
    return answer_list(
        request, form, page="posture/notices.html", fragment="posture/_notice_list.html", context=context
    )


@route(Scope.SELF)
@require_POST
def notice_open(request: Request, code: str) -> HttpResponse:
    """Mark one's own notice as read and go to what it tells of; or let it stand as not read again."""
    notice = notice_about(principal=request.principal, code=code)
    if notice is None:
        raise Http404
    if request.POST.get("act") == "unread":
        unread(notice=notice, principal=request.principal)
        return redirect("posture:notices")
    read(notices=[notice], principal=request.principal, now=timezone.now())
    return redirect(own_address(request, notice.url))


@route(Scope.SELF)
@require_POST
def notices_read(request: Request) -> HttpResponse:
    """Mark everything as read."""
    number = read_all(principal=request.principal, now=timezone.now())
    messages.success(request, f"{number:,} read." if number else "Everything was read.")
    return redirect("posture:notices")


@route(Scope.SELF)
@require_http_methods(["GET", "HEAD", "POST"])
def notice_wishes(request: Request) -> HttpResponse:
    """Say how one wants to be told."""
    form = NoticeWishForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        shown, mailed = form.cleaned_data["shown"], form.cleaned_data["mailed"]
        wished = Wished(
            rhythm=Rhythm(form.cleaned_data["rhythm"]),
            muted=tuple(kind for kind in NoticeKind if kind.value not in shown),
            unmailed=tuple(kind for kind in NoticeKind if kind.value not in mailed),
        )
        wish(wished=wished, principal=request.principal)
        messages.success(request, "Kept. It holds for what comes from now on.")
        return redirect("posture:notice-wishes")
    held = wish_of(request.principal)
    kinds = [(kind, kind.value not in held.muted, kind.value not in held.unmailed) for kind in NoticeKind]
    context = {"form": form, "held": held, "kinds": kinds, "rhythms": Rhythm.choices, "sends": settings.SENDS_MAIL}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "posture/notice_wishes.html", context, status=status)
