"""A connection as a person makes it: tried, run, seen in the inventory, and what fails told in words."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.inventory.jobs.services.canary import Server, said, serving
from tests.journeys.test_line import in_each_look

SAMPLE = (Path(__file__).parents[1] / "findings/connectors/sarif/samples/bandit.sarif").read_bytes()
MANAGER = "Security manager"
MINUTE = 60_000

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], None]


def connect(page: Page, server: Server) -> str:
    """Fill in a connection to our own server and return the path of its page."""
    page.goto("/connections/")
    page.locator("main").get_by_role("link", name="Connect", exact=True).first.click()
    page.get_by_role("link", name="Connect web addresses").click()
    page.get_by_label("Name").fill(f"Nightly {server.port}")
    page.get_by_label("Addresses", exact=True).fill(
        f"http://127.0.0.1:{server.port}/bandit.sarif\nhttp://127.0.0.1:{server.port + 1}/gone.sarif"
    )
    page.get_by_label("Runs").select_option("")
    page.get_by_label("Secret header").first.fill("X-Key")
    page.get_by_label("Value of the secret header").fill("hush-hush")
    page.get_by_text("What the documents are about").click()
    page.get_by_label("Private networks").fill(f"127.0.0.1/32\nport {server.port}\nport {server.port + 1}")
    page.get_by_role("button", name="Connect", exact=True).click()
    page.wait_for_url("**/connections/CON-*/")
    return page.url


def holds(page: Page, axe: Axe) -> None:
    """Check a page in each look."""
    for look in in_each_look(page):
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_source_is_connected_tried_and_run_and_its_pages_hold(page: Page, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page, MANAGER)
    with serving(said("200 OK", SAMPLE)) as server:
        address = connect(page, server)
        assert "hush-hush" not in page.content()
        page.get_by_role("button", name="Test").click()
        expect(page.locator("main")).to_contain_text("SARIF 2.1.0")
        expect(page.locator("main")).to_contain_text(f"127.0.0.1 does not answer on port {server.port + 1}.")
        holds(page, axe)
        page.goto(address)
        page.get_by_role("button", name="Run now").click()
        page.wait_for_url("**/jobs/*-*/")
        expect(page.locator("#job .sev.ok")).to_have_text("Done", timeout=MINUTE)
    assert b"x-key: hush-hush" in server.seen[0].lower()
    page.get_by_role("link", name="Run of Nightly").click()
    expect(page.locator("main")).to_contain_text("In part")
    expect(page.locator("main")).to_contain_text("bandit.sarif")
    holds(page, axe)
    page.goto("/connections/")
    expect(page.locator("main")).to_contain_text("does not answer on port")
    holds(page, axe)
    for place in ("/connections/new/", "/connections/new/?kind=url", address, "/mapping/"):
        page.goto(place)
        holds(page, axe)
