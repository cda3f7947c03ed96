"""The whole product and a real browser; a page that complains fails its test."""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from posture.supervisor.verify import chromium
from tests.product import Product

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)  # A crowded machine answers late; what holds is seen at once all the same.
HOME = re.compile(r"^https?://[^/]+/$")
"""Where a sign-in leads."""
WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", event =>
  console.error("policy", event.violatedDirective, event.blockedURI, event.sourceFile))
"""


def arrive(page: Page, address: str | Callable[[str], bool] | re.Pattern[str]) -> None:
    """Wait until a page is there and hears keys, not only until its address is: one may come before the other."""
    page.wait_for_url(address)
    while page.evaluate("document.readyState") != "complete":
        page.wait_for_timeout(20)


@dataclass(frozen=True, slots=True)
class Stack:
    """The running product: its address, its demo people by role (e-mail address, password), its home, its mail."""

    base_url: str
    people: dict[str, tuple[str, str]]
    home: Path
    mail: Path


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Start the product on a throw-away home, once for all journeys."""
    base = Path(tempfile.mkdtemp(prefix="pj-"))
    (base / "mail").mkdir()
    product = Product(base / "h", COMPONENTS="1", MAIL_URL=f"file://{base}/mail").start()
    try:
        product.ready()
        yield Stack(product.base_url, product.people(), product.home, base / "mail")
    finally:
        product.stop()
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser, once for all journeys."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser, stack: Stack) -> Iterator[BrowserContext]:
    """Give a test a browser profile of its own, without movement."""
    own = browser.new_context(base_url=stack.base_url, reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    own.add_init_script(WATCH_POLICY)
    yield own
    own.close()


@pytest.fixture
def complaints() -> list[str]:
    """Return what pages complained of so far; a test that provokes a complaint takes it out."""
    return []


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """Give a test a page; console errors, policy violations and uncaught exceptions fail it at the end."""
    own = context.new_page()

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(f"{message.type}: {message.text} ({own.url})")

    own.on("console", heard)
    own.on("pageerror", lambda error: complaints.append(f"exception: {error} ({own.url})"))
    yield own
    own.close()
    assert complaints == []


SignIn = Callable[[Page, str], None]


@pytest.fixture
def sign_in(stack: Stack) -> SignIn:
    """Return what signs a demo person in by role ("Analyst", "Team owner of Payments")."""

    def by_the_form(page: Page, role: str) -> None:
        email, password = stack.people[role]
        page.goto("/login/")
        page.locator("input[name=login]").fill(email)
        page.locator("input[name=password]").fill(password)
        page.locator("input[name=password]").press("Enter")
        arrive(page, lambda url: "/login" not in url)

    return by_the_form


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Return what asserts that a page has no violation of the accessibility rules, naming each with its elements."""

    def clean(page: Page) -> None:
        found: list[dict[str, Any]] = Axe().run(page).response["violations"]
        told = [f"{item['id']}: {[node['target'] for node in item['nodes']]}" for item in found]
        assert told == [], page.url

    return clean
