"""Requests as our views see them."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from inventory.access.records import Principal


class PublicRequest(HttpRequest):
    """A request to a public route: nobody need be signed in."""

    principal: Principal | None
    owes_factor: bool
    htmx: HtmxDetails
    answers_vary: bool


class Request(PublicRequest):
    """A request to any other route: the route let it in, so somebody acts."""

    principal: Principal


def wants_fragment(request: PublicRequest) -> bool:
    """Return True when htmx will swap the answer into a page it already has.

    Boosted links, history restores and swaps of a whole page (`HX-Request-Type: full`) get the whole page.
    Asking is enough to mark the answer `Vary: HX-Request`.
    """
    request.answers_vary = True
    htmx = request.htmx
    replaces_page = htmx.boosted or htmx.history_restore_request or htmx.request_type == "full"
    return bool(htmx) and not replaces_page


def asking_page(request: PublicRequest) -> str:
    """Return the page of ours from which htmx asks, without scheme and host; nothing for any other and for none."""
    try:
        return request.htmx.current_url_abs_path or ""
    except ValueError:  # what the header says is no address
        return ""


def page_before(request: HttpRequest) -> str:
    """Return the page of ours somebody came from, without scheme and host; nothing for any other and for none."""
    try:
        before = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # what the header says is no address
        return ""
    return f"{before.path}?{before.query}" if before.netloc == request.get_host() else ""


def own_address(request: HttpRequest, address: str) -> str:
    """Return an address to go on to, if it is one of ours; the front page otherwise.

    A word without a slash is none: Django would look for a route of that name.
    """
    is_ours = "/" in address and url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else "/"
