"""A lost password: the wish costs the same for every address, and the mail goes to whom it concerns only."""

import re

import pytest
from django.conf import settings as product
from django.core import mail
from django.test import Client

from inventory.access.models import StateChange
from inventory.access.services.resets import send_reset
from tests.inventory.access.people import PASSWORD, person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]
NEW = "another quiet harbour"


def link() -> str:
    """Return the path of the link in the one mail."""
    (sent,) = mail.outbox
    found = re.search(rf"^{re.escape(product.BASE_URL)}(/\S+)$", str(sent.body), re.MULTILINE)
    assert found, sent.body
    return found[1]


def test_a_mail_with_a_link_goes_to_somebody_who_has_a_password() -> None:
    user = person(password=PASSWORD)
    assert send_reset(email=user.email)
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([user.email], "Posture: set a new password")
    assert "within 60 minutes" in str(sent.body)


def test_nobody_else_gets_one() -> None:
    for email in (person(password=PASSWORD, is_active=False).email, person().email, "nobody@test.example", ""):
        assert not send_reset(email=email)
    assert mail.outbox == []


def test_the_link_sets_a_new_password_once_and_ends_all_sessions(client: Client) -> None:
    user = person(password=PASSWORD)
    elsewhere = signed_in(user)
    send_reset(email=user.email)
    form = client.get(link(), follow=True)
    assert "Set a new password" in form.content.decode()
    (address,) = [to for to, _ in form.redirect_chain]
    assert link() not in address, "the secret leaves the address before a page is shown"
    assert "at least 12" in client.post(address, {"password1": "short", "password2": "short"}).content.decode()
    answer = client.post(address, {"password1": NEW, "password2": NEW})
    assert answer.headers["Location"] == "/login/"
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert elsewhere.get("/kinds/own/").status_code == 302
    assert StateChange.objects.order_by("-id")[0].verb == "reset password"
    assert client.get("/kinds/own/").status_code == 302, "the mailbox alone does not sign anybody in"
    assert "used or too old" in Client().get(link(), follow=True).content.decode()


@pytest.mark.parametrize("path", ["/password/reset/1-abc/", "/password/reset/zzzz-1-2/", "/password/reset/1-%00/"])
def test_a_link_somebody_made_up_is_refused(client: Client, path: str) -> None:
    assert "used or too old" in client.get(path, follow=True).content.decode()
