"""What no person sends: every page, every parameter and every field of every form, with values that cannot be."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from pytest_django.fixtures import Settings
from typing_extensions import override

from inventory.access.choices import OrganisationRole
from inventory.access.models import Team, User
from inventory.access.routes import Scope, routes_of
from tests.addresses import NOTHING, addresses
from tests.conftest import TOLD, RecordProperty
from tests.estate import Estate, make_estate
from tests.inventory.access.people import person, signed_in

pytestmark = pytest.mark.django_db
EACH = "\0"
"""What is sent as each field by itself: other fields may be looked at first."""
ALL = (
    EACH,
    "9999-12-31",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01",
    "9" * 5000,
    "-1",
    "\N{SUPERSCRIPT TWO}",
    "http://[",
    "%00",
)
"""What is sent as all of them at once."""
PARAMETERS = (
    "after", "api", "at", "back", "before", "cols", "done", "finding", "from", "like", "list", "month", "next", "open",
    "q", "seen", "since", "sort", "source", "state", "status", "team", "until", "view", "wait",
)  # fmt: skip
BEFORE = "http://["
"""An address that is none, as the page somebody came from."""
SPARED = ("/logout/", "/settings/demo/")
"""What ends the walk: the session, and the data."""


class Forms(HTMLParser):
    """The forms of a page that are posted, as (address, fields), and the parameters of its links and other forms."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[tuple[str, dict[str, str]]] = []
        self.asked: set[str] = set()
        self._inside: dict[str, str] | None = None
        self._is_post = False

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.asked |= {name for name, _ in parse_qsl(urlsplit(told.get("href", "").replace("[", "")).query)}
        if tag == "form":
            self._inside, self._is_post = {}, told.get("method", "").lower() == "post"
            if self._is_post:
                self.posted.append((told.get("action", ""), self._inside))
        elif tag in {"input", "button", "select", "textarea"} and told.get("name") and self._inside is not None:
            if not self._is_post:
                self.asked.add(told["name"])
            elif told["name"] not in self._inside or "checked" in told:
                self._inside[told["name"]] = told.get("value", "") or "x"

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None


@pytest.fixture(autouse=True)
def _plain(settings: Settings) -> None:
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": static}


@pytest.fixture
def estate() -> Estate:
    return make_estate(apis=4, findings=12, teams=2)


def people(estate: Estate) -> tuple[User, ...]:
    """Return whom all forms are shown to."""
    owner = person(owner_of=Team.objects.get(slug=estate.team))
    return person(OrganisationRole.SECURITY_MANAGER), person(OrganisationRole.ADMINISTRATOR), owner


def answered(client: Client, method: str, address: str, sent: dict[str, str] | None = None) -> str:
    """Return what is wrong with an answer; nothing where nothing is."""
    answer = getattr(client, method)(address, sent, headers={"Referer": BEFORE, "HX-Current-URL": BEFORE})
    if answer.streaming:
        b"".join(answer.streaming_content)
    told = {name: value[:20] for name, value in (sent or {}).items()}
    return f"{method} {address}: {answer.status_code} for {told}" if answer.status_code >= 500 else ""


def read(client: Client, estate: Estate) -> Iterator[tuple[str, Forms]]:
    """Yield the pages somebody sees, each once."""
    for address in dict.fromkeys(page.partition("?")[0] for page in addresses(estate)):
        answer = client.get(address)
        forms = Forms()
        if answer.status_code == 200 and not answer.streaming:
            forms.feed(answer.content.decode())
            yield address, forms


def hostile(fields: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yield what to send for these fields."""
    yield from ({**fields, name: EACH} for name in fields)
    yield from (dict.fromkeys(fields, value) for value in ALL)


@pytest.mark.slow
def test_no_value_of_any_parameter_or_field_fails_a_page(estate: Estate, record_property: RecordProperty) -> None:
    wrong, seen, count = {""}, set[tuple[str, ...]](), 0
    for user in people(estate):
        client = signed_in(user)
        client.raise_request_exception = False
        for address, forms in list(read(client, estate)):
            if (address,) not in seen:
                sendings = [dict.fromkeys(forms.asked.union(PARAMETERS), value) for value in ALL]
                sendings += [{name: EACH} for name in forms.asked]
                wrong |= {answered(client, "get", address, sent) for sent in sendings}
                count += len(sendings)
            seen.add((address,))
            for action, fields in forms.posted:
                to = urlsplit(action or address).path
                key = (re.sub(r"[0-9A-Z]{5,}", "*", to), *sorted(fields))
                if key in seen or to.startswith(SPARED):
                    continue
                seen.add(key)
                for sent in hostile(fields):
                    wrong.add(answered(client, "post", to, sent))
                    count += 1
    record_property(TOLD, f"Hostile requests of pages and forms: {count}, {len(wrong) - 1} failed.")
    assert count > 1000
    assert wrong == {""}, "\n".join(sorted(wrong))


def test_no_name_with_a_zero_byte_fails_a_route(estate: Estate) -> None:
    wrong = set()
    clients = [signed_in(user) for user in people(estate)]
    for pattern, name, declared in routes_of(get_resolver()):
        kinds = re.findall(r"<(\w+):\w+>", pattern)
        if "str" not in kinds or name.startswith("api:") or declared is None:
            continue
        address = reverse(name, args=["a\0b" if kind == "str" else NOTHING[kind] for kind in kinds])
        for client in clients:
            for method in ("get", "post"):
                client.raise_request_exception = False
                answer = getattr(client, method)(address, {})
                if answer.status_code >= 500 or (declared.scope != Scope.PUBLIC and answer.status_code == 200):
                    wrong.add(f"{method} {address}: {answer.status_code}")
    assert wrong == set()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded; charset=utf-7", b"theme=dark"),
        ("multipart/form-data", b"theme=dark"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=b" for _ in range(1500))),
    ],
)
@pytest.mark.parametrize("enforce", [True, False])
def test_a_form_that_cannot_be_read_is_told_on_any_address(kind: str, body: bytes, *, enforce: bool) -> None:
    """Django's own page for it read the form again, and failed."""
    client = Client(enforce_csrf_checks=enforce)
    client.cookies = signed_in(person()).cookies
    for address, statuses in (
        ("/settings/theme/", {400, 403, 422}),
        ("/nowhere/", {404}),
        ("/login/", {302, 400, 403}),
    ):
        answer = client.post(address, body, content_type=kind)
        assert answer.status_code in statuses, address
        assert "<h1" in answer.content.decode() or answer.status_code in {302, 422}, address


@pytest.mark.parametrize("word", ["again", "2026-03-29T02:30", "posture:home", "//evil.example", "http://["])
def test_a_word_is_no_page_to_go_on_to(word: str) -> None:
    answer = signed_in(person()).post("/settings/theme/", {"theme": "dark", "next": word})
    assert answer.headers["Location"] == "/"
