"""The bell, the list behind it, and how somebody wants to be told."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.access.choices import OrganisationRole
from posture.models import Notice, NoticeWish
from tests.inventory.access.people import person
from tests.posture.views.pages import FRAGMENT, signed_in, text_of

pytestmark = pytest.mark.django_db


def notice(user: object, text: str = "A line", **more: object) -> Notice:
    facts = {"user": user, "kind": "alert", "key": text, "text": text, "url": "/alerts/", "at": timezone.now()}
    return Notice.objects.create(**{**facts, **more})


def test_the_bell_counts_and_leads_to_what_is_not_read() -> None:
    user = person(OrganisationRole.ANALYST)
    client = signed_in(user)
    assert 'aria-label="Notices"' in client.get("/alerts/").content.decode()
    notice(user)
    notice(user, "Older", read_at=timezone.now())
    notice(person(), "Not mine")
    assert "Notices, 1 not read" in client.get("/alerts/").content.decode()
    page = text_of(client.get("/notices/?read=no").content)
    assert "A line (not read)" in page
    assert "Older" not in page
    every = text_of(client.get("/notices/").content)
    assert "Older" in every
    assert "Not mine" not in every
    assert "No notice matches" in text_of(client.get("/notices/?kind=import", headers=FRAGMENT).content)


def test_opening_one_reads_it_and_goes_there() -> None:
    user = person(OrganisationRole.ANALYST)
    client, one = signed_in(user), notice(user)
    address = re.search(r'action="(/notices/\w{13}/)"', client.get("/notices/?read=no").content.decode())
    assert address
    assert client.post(address[1])["Location"] == "/alerts/"
    assert Notice.objects.exclude(read_at=None).get() == one
    client.post(address[1], {"act": "unread"})
    assert Notice.objects.filter(read_at=None).get() == one
    assert signed_in(person()).post(address[1]).status_code == 404
    notice(user, "b", at=timezone.now() - timedelta(days=1))
    client.post("/notices/read/")
    assert not Notice.objects.filter(read_at=None).exists()


def test_a_notice_leads_nowhere_else() -> None:
    user = person(OrganisationRole.ANALYST)
    client = signed_in(user)
    notice(user, url="https://evil.example/")
    address = re.search(r'action="(/notices/\w{13}/)"', client.get("/notices/").content.decode())
    assert address
    assert client.post(address[1])["Location"] == "/"


def test_how_to_be_told_is_kept_per_person() -> None:
    user = person(OrganisationRole.ANALYST)
    client = signed_in(user)
    assert client.get("/notices/settings/").status_code == 200
    sent = {"rhythm": "hourly", "shown": ["alert", "incident"], "mailed": ["incident"]}
    assert client.post("/notices/settings/", sent).status_code == 302
    held = NoticeWish.objects.get()
    assert (held.user, held.rhythm) == (user, "hourly")
    assert set(held.muted) == {"assigned", "deadline", "acceptance", "import"}
    assert "incident" not in held.unmailed
    assert client.post("/notices/settings/", {"rhythm": "always"}).status_code == 422
