"""Notices: kept once, read by the person they are for, and mailed as one message that is begun at most once."""

import logging
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction
from django.template.loader import render_to_string

from inventory.access.models import User
from inventory.access.records import SYSTEM, Principal
from inventory.access.zones import is_zone
from inventory.jobs.services.jobs import enqueue
from posture.choices import MailState, NoticeKind, Rhythm
from posture.models import Notice, NoticeMail, NoticeWish
from posture.services.noticing import Told

log = logging.getLogger(__name__)

MAIL: Final = "posture.notice_mail"
MORNING: Final = time(7, 0)
KEPT: Final = timedelta(days=90)
LINES: Final = 50
"""Lines of one mail; what is beyond is counted."""
STORE: Final = """
INSERT INTO posture_notice (user_id, kind, key, text, url, count, at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (user_id, key) DO UPDATE
SET text = EXCLUDED.text, url = EXCLUDED.url, count = EXCLUDED.count, at = EXCLUDED.at, read_at = NULL
WHERE posture_notice.count < EXCLUDED.count
"""
BROKE_OFF: Final = "The server broke off; it may have taken the mail, so it is not sent again."
REFUSES: Final = ("smtp_code", "recipients")
"""What only an error has that is the word of a server that has not taken a mail: its code, or whom it does not know."""
BEGIN: Final = "UPDATE posture_noticemail SET state = 'begun' WHERE id = %s AND state = 'planned'"
BACK: Final = "UPDATE posture_noticemail SET state = 'planned' WHERE id = %s AND state = 'begun'"


def store(told: Iterable[Told]) -> int:
    """Keep what is new of these lines, and grow those that stand for more by now; return how many were looked at.

    What somebody muted is left out.
    """
    muted: dict[int, list[str]] = dict(NoticeWish.objects.exclude(muted=[]).values_list("user_id", "muted"))
    rows = {
        (one.user_id, one.key): (
            one.user_id, one.kind.value, one.key, _line(one.text), one.url, one.count, one.at,
        )
        for one in told
        if one.kind not in muted.get(one.user_id, ())
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(STORE, [given for _, given in sorted(rows.items())])
    return len(rows)


def _line(text: str) -> str:
    """Return text as one line that fits."""
    line = " ".join(text.replace("\0", "").split())
    return line if len(line) <= 400 else f"{line[:397]}…"  # noqa: PLR2004 -- the column's length


def read(*, notices: Iterable[Notice], principal: Principal, now: datetime) -> int:
    """Mark one's own notices as read; return how many were not."""
    ids = [notice.pk for notice in notices]
    return Notice.objects.visible_to(principal).filter(pk__in=ids, read_at=None).update(read_at=now)


def read_all(*, principal: Principal, now: datetime) -> int:
    """Mark everything one was told so far as read."""
    return Notice.objects.visible_to(principal).filter(read_at=None, at__lte=now).update(read_at=now)


def unread(*, notice: Notice, principal: Principal) -> None:
    """Let a notice stand as not read again."""
    Notice.objects.visible_to(principal).filter(pk=notice.pk).update(read_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """How somebody wants to be told: how often by mail, what not at all, and what not by mail."""

    rhythm: Rhythm
    muted: tuple[NoticeKind, ...] = ()
    unmailed: tuple[NoticeKind, ...] = ()


def wish(*, wished: Wished, principal: Principal) -> None:
    """Keep how a person wants to be told."""
    facts = {
        "rhythm": wished.rhythm.value, "muted": [kind.value for kind in wished.muted],
        "unmailed": [kind.value for kind in wished.unmailed],
    }  # fmt: skip
    if principal.user_id is not None:
        NoticeWish.objects.update_or_create(user_id=principal.user_id, defaults=facts)


@transaction.atomic
def plan_mails(*, now: datetime) -> int:
    """Write a mail for everybody whose hour it is and who has something new, with a job that sends it; return how many.

    A notice is in one mail at most: what a mail holds is tied to it before anything is sent.
    """
    if not settings.SENDS_MAIL:
        return 0
    waiting = Notice.objects.filter(read_at=None, mail=None)
    users = User.objects.filter(pk__in=waiting.values("user"), is_active=True).select_related("notice_wish")
    made = 0
    for user in users.order_by("pk"):
        wished = getattr(user, "notice_wish", None) or NoticeWish(user=user)
        last = NoticeMail.objects.filter(user=user).order_by("-made_at").values_list("made_at", flat=True).first()
        if not is_hour(user.zone, Rhythm(wished.rhythm), last, now):
            continue
        fresh = waiting.filter(user=user).exclude(kind__in=wished.unmailed)
        ids = list(fresh.select_for_update().values_list("pk", flat=True))
        if not ids:
            continue
        mail = NoticeMail.objects.create(user=user, made_at=now)
        Notice.objects.filter(pk__in=ids).update(mail=mail)
        enqueue(kind=MAIL, arguments={"mail": str(mail.pk)}, principal=SYSTEM, now=now, key=f"{MAIL} {mail.pk}")
        made += 1
    return made


def is_hour(zone: str, rhythm: Rhythm, last: datetime | None, now: datetime) -> bool:
    """Return True when it is time for somebody's mail: an hour after the last, or past seven of their morning."""
    if rhythm == Rhythm.NEVER:
        return False
    if rhythm == Rhythm.HOURLY:
        return last is None or now - last >= timedelta(hours=1)
    local = now.astimezone(ZoneInfo(zone) if is_zone(zone) else ZoneInfo("UTC"))
    seven = datetime.combine(local.date(), MORNING, tzinfo=local.tzinfo)
    return local >= seven and (last is None or last < seven)


def send(*, mail_id: uuid.UUID) -> str:
    """Send a mail that was never begun and return how it went.

    That it is begun is committed on a connection of its own before the first byte leaves, so that whoever dies here
    leaves a mail that nobody begins again: it may be lost, its lines still stand in the product. A server that breaks
    off may have taken it. Only one that cannot be reached, or refuses, lets it be tried again. Raises OSError for that.
    """
    reached = False
    if not _commit(BEGIN, mail_id):
        return "This mail was begun before; it is not sent again."
    mail = NoticeMail.objects.select_related("user").get(pk=mail_id)
    notices = list(Notice.objects.filter(mail=mail).order_by("kind", "-at"))
    told: dict[str, Any] = {
        "notices": notices[:LINES], "more": len(notices) - LINES, "base": settings.BASE_URL, "person": mail.user,
        "organisation": settings.ORGANISATION_NAME,
    }  # fmt: skip
    line = get_connection()
    message = EmailMessage(
        subject=f"Posture: {len(notices):,} new notice{'s' if len(notices) != 1 else ''}",
        body=render_to_string("posture/mail/notices.txt", told),
        to=[mail.user.email],
        headers={"Message-ID": f"<{mail.pk}@posture>"},
        connection=line,
    )
    try:
        line.open()
        reached = True
        message.send()
    except OSError as error:
        if not reached or any(hasattr(error, name) for name in REFUSES):
            _commit(BACK, mail_id)
            raise
        log.warning("Mail %s: %s (%s)", mail.pk, BROKE_OFF, error)
        return BROKE_OFF
    finally:
        with suppress(OSError):
            line.close()
    NoticeMail.objects.filter(pk=mail_id).update(state=MailState.SENT.value)
    return f"{len(notices)} notices to one person."


def forget(*, now: datetime) -> int:
    """Let go of what was read long ago; return how many."""
    return Notice.objects.filter(read_at__lt=now - KEPT, at__lt=now - KEPT).delete()[0]


def _commit(statement: str, mail_id: uuid.UUID) -> int:
    """Run a statement on a connection of its own, committed at once; return how many rows it changed."""
    given = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name not in {"cursor_factory", "context"}
    }
    with psycopg.connect(**given, autocommit=True) as own:
        return own.execute(statement, [mail_id]).rowcount
