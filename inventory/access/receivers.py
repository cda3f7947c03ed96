"""What follows a migration and what people do with their account, and what `check --deploy` asks."""

from typing import Any, Final

from django.conf import settings
from django.core.checks import Error
from django.http import HttpRequest
from django.utils import timezone

from inventory.access.models import User
from inventory.access.recent import RECORDS
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from inventory.access.services.partitions import make_partitions
from inventory.access.services.rights import grant_rights
from inventory.access.services.sessions import SEEN
from inventory.access.services.trail import record_change

MEANS: Final = {"totp": "app code", "webauthn": "passkey", "recovery_codes": "recovery code"}


def migrated(using: str, **_: Any) -> None:
    """Set the application's rights anew and make the months ahead."""
    grant_rights(using)
    make_partitions(using=using)


def one_role_for_all(**_: Any) -> list[Error]:
    """Fail `check --deploy` where the application owns its tables: nothing would keep it from rewriting the trail."""
    if settings.DATABASES["owner"]["USER"] != settings.APPLICATION_ROLE:
        return []
    what = "DATABASE_URL and DATABASE_OWNER_URL name the same role, so the application could rewrite its own trail."
    return [Error(what, hint="Make a second role without ownership and name it in DATABASE_URL.", id="access.E001")]


def signed_in(user: User, request: HttpRequest, **_: Any) -> None:
    """Write the sign-in to the trail with what it was done by, and begin to note the session's life."""
    now = timezone.now()
    request.session[SEEN] = int(now.timestamp())
    _record(user, "sign in", {"by": by} if (by := _means(request)) else None)


def signed_out(user: User | None, **_: Any) -> None:
    """Write the sign-out to the trail; nobody signs out of an expired session."""
    if user is not None:
        _record(user, "sign out")


def changed_password(user: User, **_: Any) -> None:
    """Write to the trail that somebody changed their password."""
    _record(user, "change password")


def reset_password(user: User, **_: Any) -> None:
    """Write to the trail that somebody set a new password from a mail."""
    _record(user, "reset password")


def failed_factor(user: User, **_: Any) -> None:
    """Write to the trail that the password was right and the second factor was not: somebody may know the password."""
    _record(user, "fail second factor")


def _means(request: HttpRequest) -> list[str]:
    """Return by what somebody signed in, as allauth noted it in the session."""
    records = request.session.get(RECORDS) or []
    return [MEANS.get(record.get("type", record["method"]), record["method"]) for record in records]


def _record(user: User, verb: str, new: Any = None) -> None:
    now = timezone.now()
    principal: Principal = principal_of(user, now=now)
    record_change(principal=principal, kind="person", code=user.email, verb=verb, old=None, new=new, now=now)
