"""Who asks: a token in the Authorization header, or somebody signed in on the pages."""

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request as AnyRequest
from typing_extensions import override

from inventory.access.api.errors import Refusal
from inventory.access.errors import TokenRefused
from inventory.access.models import Token, User
from inventory.access.records import Principal
from inventory.access.selectors import principal_of_token
from inventory.access.services.tokens import find_token


class ApiRequest(AnyRequest):
    """A request to the API that was let in."""

    principal: Principal


class ByToken(BaseAuthentication):
    """`Authorization: Bearer <token>`. Whoever sends the header is judged by it alone, never by a cookie."""

    @override
    def authenticate(self, request: AnyRequest) -> tuple[User, Token] | None:
        """Return the person and the token, and set who acts; None without the header."""
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            msg = "Sign in with the header “Authorization: Bearer <token>”; no other scheme is known here."
            raise AuthenticationFailed(msg)
        now = timezone.now()
        try:
            token = find_token(secret=secret.strip(), now=now)
        except TokenRefused as refusal:
            raise AuthenticationFailed(str(refusal)) from refusal
        # The middleware reads it there too, to keep the answer out of caches.
        request._request.principal = principal_of_token(token, now=now)  # type: ignore[attr-defined] # noqa: SLF001 -- DRF documents it; ours
        return token.user, token

    @override
    def authenticate_header(self, request: AnyRequest) -> str:
        """Say how to sign in, which makes a refusal 401."""
        return 'Bearer realm="Posture"'


class BySession(SessionAuthentication):
    """The cookie of the pages, for what only people may do; everything that changes something needs the CSRF token."""

    @override
    def enforce_csrf(self, request: AnyRequest) -> None:
        """Refuse a request that another site could have made."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            msg = "The CSRF token is missing or wrong; send the value of the cookie csrftoken as X-CSRFToken."
            raise Refusal(msg, code="csrf", status=403) from error
