"""Every page there is, from the registry of routes: full of names as long as they can be, and with nothing to show."""

import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.template.loader import render_to_string
from django.urls import get_resolver, reverse
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, expect
from pytest_django import DjangoDbBlocker

from inventory.access.routes import routes_of
from inventory.access.services.first import first_link
from posture.supervisor.postgres import free_port
from tests.conftest import ROOT, TOLD, environment_of
from tests.inventory.access.people import PASSWORD, code_of
from tests.journeys.conftest import HOME, WATCH_POLICY
from tests.journeys.long_names import LongEstate, long, make_estate, make_walker
from tests.journeys.looking import FRAME, MORE, WATCH, WIDE, Looked, obeys, turn, walk
from tests.journeys.routes import ACTS, FILES, ON_THE_WAY, PAGES, STRANGERS

EXPECTED = {"/nowhere/": HTTPStatus.NOT_FOUND, "/join/no-such-link/": HTTPStatus.NOT_FOUND}
ERRORS = ("400", "403", "403_csrf", "404", "405", "413", "429", "500", "503")
EXPECTED_ERROR = re.compile(r"responded with a status of (404|403)")
"""What Chromium says of every answer like that; which one answers so is asked of the answers themselves."""
LOOKS = [(theme, width) for theme in ("light", "dark") for width in (1280, 390, 320)]


@contextmanager
def serving(database: str, log: Path) -> Iterator[str]:
    """Run the product's web server on a clone and yield its address."""
    port = str(free_port())
    address = f"http://localhost:{port}"
    environment = {**environment_of(database), "PORT": port, "BASE_URL": address, "COMPONENTS": "1"}
    command = [sys.executable, "-m", "granian", "--interface", "asginl", "--host", "127.0.0.1", "--port", port]
    command += ["--workers", "1", "--no-ws", "--log-level", "warning"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "posture.asgi:application"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        end = time.monotonic() + 60
        while not _answers(address):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/login/", timeout=5) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


class Visitor:
    """Somebody with a browser of their own, who looks at pages and notes what is wrong with them."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.context = browser.new_context(base_url=address, reduced_motion="reduce")
        self.context.add_init_script(WATCH_POLICY + WATCH)
        self.page = self.context.new_page()
        self.looked = Looked()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.looked.wrong.append(f"exception: {error} ({self.page.url})"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not EXPECTED_ERROR.search(message.text):
            self.looked.wrong.append(f"{message.type}: {message.text} ({self.page.url})")

    def sign_in(self, email: str) -> None:
        """Go in by the form."""
        self.page.goto("/login/")
        self.page.locator("input[name=login]").fill(email)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("input[name=password]").press("Enter")
        self.page.wait_for_url(lambda url: not url.endswith("/login/"))

    def look(self, path: str, looks: list[tuple[str, int]], status: int = HTTPStatus.OK) -> None:
        """Open a page, which answers like that, and look at it."""
        answer = self.page.goto(path)
        assert answer is not None
        assert "html" in answer.headers["content-type"], path
        if answer.status != EXPECTED.get(path, status):
            self.looked.say(self.page, "any", [f"answered {answer.status}"])
        self.look_here(looks)

    def look_here(self, looks: list[tuple[str, int]]) -> None:
        """Look at the page that is open."""
        for at, (theme, width) in enumerate(looks):
            look = turn(self.page, theme, width)
            faults = [*self.page.evaluate(WIDE), *obeys(self.page)]
            if at == 0 or width == 320:
                faults += self.page.evaluate(FRAME)
            if at == 0 or len(looks) == len(LOOKS):
                faults += walk(self.page, self.looked)
            self.looked.say(self.page, look, faults)
            self.looked.looks += 1
        self.looked.pages.add(self.page.url)

    def tell(self, record: Callable[[str, object], None], what: str) -> None:
        """Print the counts and fail with every fault."""
        looked = self.looked
        record(
            TOLD,
            f"Every page, {what}: {len(looked.pages)} pages in {looked.looks} looks, "
            f"{looked.presses} presses of Tab, {len(looked.wrong)} faults.",
        )
        self.context.close()
        assert not looked.wrong, "\n".join(looked.wrong)


def address_of(name: str, wanted: str, objects: dict[str, str]) -> str:
    if name == "account_reset_password_from_key":
        uid, _, key = objects["reset"].partition("-")
        return reverse(name, kwargs={"uidb36": uid, "key": key})
    return reverse(name, args=[objects[each] for each in wanted.split()])


@pytest.fixture(scope="module")
def full(
    module_database: str, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, LongEstate]]:
    """Serve the estate of long names."""
    with django_db_blocker.unblock():
        estate = make_estate(make_walker(), timezone.now())
        with serving(module_database, tmp_path_factory.mktemp("web") / "full.log") as address:
            yield address, estate


def looks_of(tier: str) -> list[tuple[str, int]]:
    return LOOKS if tier == "all" else [("light", 1280), ("dark", 320)]


tiers = pytest.mark.parametrize("tier", ["two", pytest.param("all", marks=pytest.mark.slow)])
Told = Callable[[str, object], None]


def test_every_route_is_looked_at_or_is_no_page() -> None:
    names = {name for _, name, _ in routes_of(get_resolver()) if not name.startswith("api:")}
    known = [set(PAGES), set(STRANGERS), ON_THE_WAY, ACTS, FILES]
    assert names == set().union(*known)
    assert len(names) == sum(map(len, known))


@tiers
def test_every_page_holds_with_the_longest_names(
    browser: Browser, full: tuple[str, LongEstate], tier: str, record_property: Told
) -> None:
    address, estate = full
    visitor = Visitor(browser, address)
    visitor.sign_in(estate.walker)
    paths = [address_of(name, wanted, estate.objects) for name, wanted in PAGES.items()]
    paths += [f"/jobs/{estate.objects['failed job']}/", f"/findings/{estate.objects['other finding']}/", *MORE]
    for path in paths:
        visitor.look(path, looks_of(tier))
    visitor.tell(record_property, "long names")


@pytest.mark.slow
def test_every_page_holds_with_nothing_to_show(
    browser: Browser, fresh_database: str, tmp_path: Path, record_property: Told
) -> None:
    """Begin with the page that makes the first person, and look at all that is there then: no rows."""
    with serving(fresh_database, tmp_path / "empty.log") as address:
        visitor = Visitor(browser, address)
        link = first_link(now=timezone.now())
        assert link is not None
        visitor.look(urlsplit(link).path, LOOKS)
        walker = make_walker()
        visitor.sign_in(walker.email)
        for path in [reverse(name) for name, wanted in PAGES.items() if not wanted]:
            visitor.look(path, LOOKS)
        visitor.tell(record_property, "no rows")


@tiers
def test_the_pages_of_strangers_and_of_the_second_step_hold(
    browser: Browser, full: tuple[str, LongEstate], tier: str, record_property: Told
) -> None:
    address, estate = full
    visitor = Visitor(browser, address)
    for name, wanted in STRANGERS.items():
        if wanted != "welcome":
            visitor.look(address_of(name, wanted, estate.objects), looks_of(tier))
    visitor.look("/join/no-such-link/", looks_of(tier))
    visitor.sign_in(estate.second)
    visitor.page.wait_for_url("**/login/confirm/")
    visitor.look_here(looks_of(tier))
    visitor.page.locator("input[name=code]").fill(code_of(estate.secret))
    visitor.page.locator("input[name=code]").press("Enter")
    visitor.page.wait_for_url(HOME)
    visitor.look(reverse("access:codes"), looks_of(tier))
    visitor.look("/people/", looks_of(tier), HTTPStatus.FORBIDDEN)
    visitor.tell(record_property, "strangers, the second step, and what one may not")


@tiers
def test_what_goes_wrong_is_told_on_a_page_that_holds(
    browser: Browser, full: tuple[str, LongEstate], tier: str, record_property: Told
) -> None:
    """The pages of errors, written by their templates, in the place of an answer of the product."""
    address, _ = full
    visitor = Visitor(browser, address)
    shown = {"verb": "decide findings", "roles": [long("Role", 60)], "head": "The disk is full", "why": long("Why", 60)}
    pages = {error: render_to_string(f"{error}.html", shown) for error in ERRORS}
    visitor.page.route(
        "**/broken/*",
        lambda route: route.fulfill(body=pages[route.request.url.rpartition("/")[2]], content_type="text/html"),
    )
    for error in ERRORS:
        visitor.look(f"/broken/{error}", looks_of(tier))
    visitor.tell(record_property, "errors")


def test_where_a_part_was_pressed_away_the_focus_goes_into_what_came(
    browser: Browser, full: tuple[str, LongEstate]
) -> None:
    address, estate = full
    visitor = Visitor(browser, address)
    visitor.sign_in(estate.walker)
    page = visitor.page
    page.goto(f"/apis/{estate.objects['api']}/")
    page.locator("#facts a", has_text="Change").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#facts form :is(input:not([type=hidden]), select)").first).to_be_focused()
    page.locator("#facts").get_by_label("Reason").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator("main h1")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    assert page.evaluate("window.mice") == 0
    visitor.context.close()
