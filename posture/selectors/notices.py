"""What somebody was told, the newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings

from inventory.access.pages import Key, Page, page_of, read_moment, read_number
from inventory.access.records import Principal
from inventory.access.veils import unveil, veil
from posture.choices import NoticeKind, Rhythm
from posture.filters import NoticeFilter
from posture.models import Notice, NoticeQuerySet, NoticeWish

ORDER: Final = (
    Key(name="at", read=read_moment, descending=True),
    Key(name="pk", read=read_number, descending=True),
)
PURPOSE: Final = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """One notice as the list shows it."""

    code: str
    kind: NoticeKind
    text: str
    at: datetime
    is_read: bool


def notices_of(*, principal: Principal, narrowed: NoticeFilter, after: str = "", before: str = "") -> Page[NoticeRow]:
    """Return one page of what somebody was told; two queries."""
    page = page_of(narrowed.apply(Notice.objects.visible_to(principal)), order=ORDER, after=after, before=before)
    rows = tuple(
        NoticeRow(
            code=veil(row.pk, purpose=PURPOSE, key=settings.DIGEST_KEY), kind=NoticeKind(row.kind), text=row.text,
            at=row.at, is_read=row.read_at is not None,
        )
        for row in page.rows
    )  # fmt: skip
    return Page(rows=rows, total=page.total, more=page.more, next=page.next, previous=page.previous)


def notice_about(*, principal: Principal, code: str) -> Notice | None:
    """Return one's own notice with this code; None for any other."""
    number = unveil(code, purpose=PURPOSE, key=settings.DIGEST_KEY)
    return None if number is None else Notice.objects.visible_to(principal).filter(pk=number).first()


def unread_of(principal: Principal) -> NoticeQuerySet:
    """Return what somebody was told and has not read."""
    return Notice.objects.visible_to(principal).filter(read_at=None)


def wish_of(principal: Principal) -> NoticeWish:
    """Return how somebody wants to be told, stored or not."""
    found = NoticeWish.objects.filter(user=principal.uploader_id).first()
    return found or NoticeWish(user_id=principal.uploader_id, rhythm=Rhythm.DAILY.value)
