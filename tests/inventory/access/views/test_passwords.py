"""Passwords are changed by who has one, and set anew by who lost it."""

import re
from http import HTTPStatus

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from inventory.access.models import StateChange, User
from inventory.jobs.models import Job
from tests.inventory.access.people import PASSWORD, person
from tests.inventory.access.test_adapters import CountingHasher

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]
NEW = "another quiet harbour"


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_password_changes_and_other_sessions_end() -> None:
    user = person(password=PASSWORD)
    here, elsewhere = signed_in(user), signed_in(user)
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    answer = here.post("/password/change/", form)
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.FOUND, "/settings/security/")
    assert here.get("/kinds/own/").status_code == HTTPStatus.OK
    assert elsewhere.get("/kinds/own/").status_code == HTTPStatus.FOUND
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert StateChange.objects.order_by("-id")[0].verb == "change password"
    assert "Your password is changed." in here.get("/password/change/").content.decode()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"oldpassword": "wrong", "password1": NEW, "password2": NEW}, "The present password is wrong."),
        ({"oldpassword": PASSWORD, "password1": "short", "password2": "short"}, "at least 12 characters"),
        ({"oldpassword": PASSWORD, "password1": NEW, "password2": NEW + "x"}, "same password"),
    ],
)
def test_a_password_that_does_not_do_is_refused(form: dict[str, str], said: str) -> None:
    user = person(password=PASSWORD)
    client = signed_in(user)
    assert said in client.post("/password/change/", form).content.decode()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_somebody_without_a_password_is_sent_to_their_identity_provider() -> None:
    page = signed_in(person()).get("/password/change/").content.decode()
    assert "identity provider" in page


def test_pages_about_oneself_ask_for_a_sign_in(client: Client) -> None:
    for path in ("/password/change/", "/reauthenticate/"):
        assert client.get(path).headers["Location"] == f"/login/?next={path}"
    assert client.post("/settings/theme/", {"theme": "dark"}).headers["Location"] == "/login/?next=/"


RESET = "/password/reset/"


@pytest.fixture
def way_out(settings: Settings) -> None:
    settings.SENDS_MAIL = True


def masked(page: str, email: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.replace(email, "EMAIL"))


@pytest.mark.usefixtures("way_out")
def test_asking_for_a_new_password_reads_alike_and_takes_alike_for_every_address(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{CountingHasher.__module__}.CountingHasher"]
    known, closed, passwordless = person(password=PASSWORD), person(password=PASSWORD, is_active=False), person()
    pages, costs = set(), set()
    for email in (known.email, closed.email, passwordless.email, "nobody@test.example"):
        client = Client()
        client.get(RESET)
        CountingHasher.count = 0
        with CaptureQueriesContext(connection) as queries:
            page = client.post(RESET, {"email": email.upper()}).content.decode()
        pages.add(masked(page, email))
        tables = tuple(re.findall(r'(?:FROM|INTO|UPDATE) "(\w+)"', " ".join(query["sql"] for query in queries)))
        costs.add((len(queries), tables, CountingHasher.count))
        assert not [query for query in queries if "access_user" in query["sql"]], "nobody is looked up"
    assert len(pages) == 1
    assert "a mail is on its way" in pages.pop()
    assert len(costs) == 1
    assert mail.outbox == [], "a job writes it"
    assert Job.objects.filter(kind="access.reset").count() == 4


@pytest.mark.usefixtures("way_out")
def test_asking_twice_is_one_wish_until_it_is_done(client: Client) -> None:
    for _ in range(3):
        client.post(RESET, {"email": "Ada@test.example"})
    assert [job.arguments for job in Job.objects.filter(kind="access.reset")] == [{"email": "ada@test.example"}]


@pytest.mark.usefixtures("way_out")
def test_asking_on_and_on_is_stopped(settings: Settings) -> None:
    del settings.ACCOUNT_RATE_LIMITS
    client = Client(REMOTE_ADDR="203.0.113.61")
    one = [client.post(RESET, {"email": "one@test.example"}).status_code for _ in range(6)]
    assert one == [HTTPStatus.OK] * 5 + [HTTPStatus.TOO_MANY_REQUESTS]
    many = [client.post(RESET, {"email": f"many{number}@test.example"}).status_code for number in range(20)]
    assert many[-1] == HTTPStatus.TOO_MANY_REQUESTS


@pytest.mark.usefixtures("way_out")
@pytest.mark.parametrize("email", ["", "x", "a@b", "x" * 300 + "@test.example", "a@b.example\r\nBcc: c@d.example"])
def test_what_is_no_address_asks_nothing(client: Client, email: str) -> None:
    assert "on its way" not in client.post(RESET, {"email": email}).content.decode()
    assert not Job.objects.exists()


def test_where_no_mail_goes_out_the_page_says_whom_to_ask(client: Client) -> None:
    for page in (client.get(RESET), client.post(RESET, {"email": "ada@test.example"})):
        assert "sends no mail here" in page.content.decode()
    assert not Job.objects.exists()
    assert "Ask an administrator" in client.get("/login/").content.decode()
    assert RESET not in client.get("/login/").content.decode()
