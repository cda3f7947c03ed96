"""Working through the queue as people do: by keys alone, one after another, together, and taken back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Stack
from tests.journeys.test_line import FORCED, OWNER, find, in_each_look, sample, until_scored, upload

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], None]
HALF_A_MINUTE = 30_000
NAME = "Queued refunds"


def bring(browser: Browser, stack: Stack, name: str) -> None:
    """Put an API with findings in, by the pages, as the owner of a team."""
    context = browser.new_context(base_url=stack.base_url)
    page = context.new_page()
    email, password = stack.people[OWNER]
    page.goto("/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto("/upload/")
    upload(page, sample("refunds.openapi.yaml", name))
    path = find(page, name)
    page.get_by_role("link", name="Upload a report").click()
    upload(page, sample("refunds.sarif", name))
    until_scored(page, path, FORCED)
    context.close()


@pytest.fixture(scope="module")
def waiting(browser: Browser, stack: Stack) -> str:
    """Return the name of an API with findings."""
    bring(browser, stack, NAME)
    return NAME


def titles(page: Page) -> list[str]:
    return page.locator(".queue [data-row] a.t").all_inner_texts()


def test_the_queue_is_worked_through_by_keys_and_the_last_act_taken_back(
    page: Page, sign_in: SignIn, waiting: str
) -> None:
    sign_in(page, OWNER)
    page.goto("/queue/")
    expect(page.locator("#panel #decision")).to_be_visible(timeout=HALF_A_MINUTE)
    before = titles(page)
    assert len(before) >= 2

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2.lead")).to_have_text(before[1])
    assert "open=FND-" in page.url
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2.lead")).to_have_text(before[0])

    page.keyboard.press("n")
    expect(page.get_by_role("button", name="The tool misread the answer")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**done=1")
    expect(page.locator(".toast")).to_contain_text("false positive")
    expect(page.locator("#panel h2.lead")).to_have_text(before[1])
    assert titles(page)[: len(before) - 1] == before[1:]  # The first of the next page may follow.

    page.keyboard.press("z")
    expect(page.locator(".toast").first).to_contain_text("Taken back")
    assert titles(page) == before


def test_several_are_chosen_by_keys_looked_at_and_decided_together(page: Page, sign_in: SignIn, waiting: str) -> None:
    sign_in(page, OWNER)
    page.goto("/queue/")
    before = titles(page)
    expect(page.locator(".bulk")).to_be_hidden()
    for _ in range(2):
        page.keyboard.press("x")
        page.keyboard.press("j")
    expect(page.locator(".bulk")).to_contain_text("2 chosen")
    page.locator(".bulk").get_by_role("button", name="In progress").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("In progress: 2 findings")
    page.get_by_role("button", name="Decide all").click()
    page.wait_for_url("**done=1")
    assert titles(page)[: len(before) - 2] == before[2:]
    page.keyboard.press("z")
    expect(page.locator(".toast").first).to_contain_text("Taken back")
    assert titles(page) == before


def test_the_queue_is_accessible_in_light_and_dark_and_on_a_phone(
    page: Page, sign_in: SignIn, axe: Axe, waiting: str
) -> None:
    sign_in(page, OWNER)
    for address in ("/queue/", "/queue/?q=nothing+like+it", "/queue/together/?list=step%3Dall&act=false_positive"):
        page.goto(address)
        page.wait_for_timeout(500)
        for look in in_each_look(page):
            axe(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, look)
