"""Notices kept and mailed: in one mail at most, begun once, quiet when nothing is new."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from inventory.access.models import User
from inventory.access.selectors import principal_of
from posture.choices import NoticeKind, Rhythm
from posture.models import Notice, NoticeMail
from posture.services.notices import Wished, forget, is_hour, plan_mails, read, read_all, send, store, unread, wish
from posture.services.noticing import Told
from tests.faults.sink import FAREWELLS, sink
from tests.findings.reports import settle
from tests.inventory.access.people import person

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def sending(fresh_database: str, settings: Settings) -> None:
    settings.SENDS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []


def line(user: User, key: str = "a", **more: object) -> Told:
    facts = {"user_id": user.pk, "kind": NoticeKind.ALERT, "key": key, "text": f"Line {key}", "url": "/alerts/",
             "at": NOON}  # fmt: skip
    return Told(**{**facts, **more})  # type: ignore[arg-type]  # by name


@pytest.mark.usefixtures("sending")
def test_what_is_new_comes_in_one_mail_and_never_again() -> None:
    user = person()
    store([line(user, "a"), line(user, "b", text="x\r\nBcc: you@evil.example\n" + "y" * 500)])
    assert plan_mails(now=NOON) == 1
    settle(now=NOON)
    (message,) = mail.outbox
    assert message.to == [user.email]
    assert message.subject == "Posture: 2 new notices"
    assert message.extra_headers["Message-ID"] == f"<{NoticeMail.objects.get().pk}@posture>"
    assert "\nBcc" not in message.body
    for hours in (0, 24, 48):
        store([line(user, "a"), line(user, "b")])
        assert plan_mails(now=NOON + timedelta(hours=hours)) == 0
    settle(now=NOON + timedelta(days=2))
    assert len(mail.outbox) == 1
    store([line(user, "c")])
    assert plan_mails(now=NOON + timedelta(days=1)) == 1


@pytest.mark.usefixtures("sending")
def test_a_mail_that_was_begun_when_the_process_died_is_not_begun_again() -> None:
    user = person()
    store([line(user)])
    plan_mails(now=NOON)
    one = NoticeMail.objects.get()
    NoticeMail.objects.filter(pk=one.pk).update(state="begun")
    settle(now=NOON)
    assert mail.outbox == []
    assert "not sent again" in send(mail_id=one.pk)
    assert Notice.objects.get().read_at is None


@pytest.mark.usefixtures("sending")
def test_a_server_that_refuses_is_tried_again(settings: Settings, tmp_path: Path) -> None:
    user = person()
    store([line(user)])
    plan_mails(now=NOON)
    one = NoticeMail.objects.get()
    (tmp_path / "file").write_text("in the way")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with pytest.raises(OSError):  # noqa: PT011 -- whatever the system says of a closed port
        send(mail_id=one.pk)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert "1 notices" in send(mail_id=one.pk)
    assert len(mail.outbox) == 1


@pytest.mark.usefixtures("sending")
@pytest.mark.parametrize("farewell", FAREWELLS)
def test_a_mail_that_the_server_took_is_not_sent_again_however_it_parts(settings: Settings, farewell: str) -> None:
    store([line(person())])
    plan_mails(now=NOON)
    one = NoticeMail.objects.get()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with sink(farewell) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        for _ in range(2):
            with suppress(OSError):
                send(mail_id=one.pk)
        settle(now=NOON)
        assert server.ids == [f"<{one.pk}@posture>"]


@pytest.mark.usefixtures("sending")
def test_what_was_read_muted_or_not_wanted_by_mail_is_in_none() -> None:
    user, quiet, none = person(), person(), person()
    wish(wished=Wished(rhythm=Rhythm.DAILY, muted=(NoticeKind.ALERT,)), principal=principal_of(quiet, now=NOON))
    wish(wished=Wished(rhythm=Rhythm.DAILY, unmailed=(NoticeKind.ALERT,)), principal=principal_of(none, now=NOON))
    store([line(user), line(quiet), line(none)])
    assert set(Notice.objects.values_list("user", flat=True)) == {user.pk, none.pk}
    read_all(principal=principal_of(user, now=NOON), now=NOON)
    assert plan_mails(now=NOON) == 0


@pytest.mark.django_db
def test_one_reads_ones_own_only_and_can_let_it_stand_again() -> None:
    mine, other = person(), person()
    store([line(mine), line(other)])
    by = principal_of(mine, now=NOON)
    assert read(notices=Notice.objects.all(), principal=by, now=NOON) == 1
    assert Notice.objects.get(user=other).read_at is None
    unread(notice=Notice.objects.get(user=mine), principal=by)
    assert Notice.objects.filter(read_at=None).count() == 2


@pytest.mark.django_db
def test_old_notices_that_were_read_are_let_go() -> None:
    user = person()
    store([line(user, "old"), line(user, "new")])
    Notice.objects.update(read_at=NOON)
    assert forget(now=NOON + timedelta(days=80)) == 0
    assert forget(now=NOON + timedelta(days=91)) == 2


@pytest.mark.parametrize(
    ("zone", "rhythm", "last", "now", "due"),
    [
        ("UTC", "daily", None, "2026-11-20T06:59", False), ("UTC", "daily", None, "2026-11-20T07:00", True),
        ("Asia/Tokyo", "daily", None, "2026-11-19T22:00", True),
        ("Asia/Tokyo", "daily", None, "2026-11-19T21:59", False),
        ("UTC", "daily", "2026-11-20T07:01", "2026-11-20T20:00", False),
        ("UTC", "daily", "2026-11-19T23:00", "2026-11-20T07:00", True),
        ("UTC", "hourly", "2026-11-20T07:01", "2026-11-20T08:00", False),
        ("UTC", "hourly", "2026-11-20T07:00", "2026-11-20T08:00", True),
        ("UTC", "never", None, "2026-11-20T08:00", False),
        ("No/Where", "daily", None, "2026-11-20T07:00", True),
    ],
)  # fmt: skip
def test_a_mail_comes_at_its_hour(zone: str, rhythm: str, last: str | None, now: str, *, due: bool) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert is_hour(zone, Rhythm(rhythm), moment(last) if last else None, moment(now)) == due
