"""Working through the queue as people do: by keys alone, one after another, together, and taken back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.conftest import Stack, arrive
from tests.journeys.test_line import FORCED, OWNER, find, in_each_look, sample, until_scored, upload

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], None]
FOUND = 3
"""What the sample reports."""


def bring(browser: Browser, stack: Stack, name: str) -> str:
    """Put an API with findings in, by the pages, as the owner of a team, and return its code."""
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
    return path.strip("/").rpartition("/")[2]


@pytest.fixture(scope="module")
def waiting(browser: Browser, stack: Stack) -> str:
    """Return the address of the queue of what one report said about one API; what others bring stays out of it."""
    return f"/queue/?api={bring(browser, stack, 'Queued refunds')}&source=harbour+scan"


def rows(page: Page) -> Locator:
    return page.locator(".queue [data-row] a.t")


def titles(page: Page) -> list[str]:
    """Return what the open queue holds, once all that `bring` put there has its due date."""
    for _ in range(30):
        if rows(page).count() == FOUND:
            return rows(page).all_inner_texts()
        page.wait_for_timeout(1000)
        page.reload()
    pytest.fail("The queue does not hold all within half a minute.")


def test_the_queue_is_worked_through_by_keys_and_the_last_act_taken_back(
    page: Page, sign_in: SignIn, waiting: str
) -> None:
    sign_in(page, OWNER)
    page.goto(waiting)
    before = titles(page)
    expect(page.locator("#panel #decision")).to_be_visible()

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2.lead")).to_have_text(before[1])
    page.wait_for_url("**open=FND-**")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2.lead")).to_have_text(before[0])

    page.keyboard.press("j")
    page.keyboard.press("n")  # the panel shows another row, so the key opens this one and does no more
    expect(page.locator("#panel h2.lead")).to_have_text(before[1])
    page.keyboard.press("k")
    page.keyboard.press("n")
    expect(page.locator("#panel h2.lead")).to_have_text(before[0])
    page.keyboard.press("n")
    expect(page.get_by_role("button", name="The tool misread the answer")).to_be_focused()
    page.keyboard.press("Enter")
    arrive(page, "**done=1")
    expect(page.locator(".toast")).to_contain_text("false positive")
    expect(page.locator("#panel h2.lead")).to_have_text(before[1])
    expect(rows(page)).to_have_text(before[1:])

    page.keyboard.press("z")
    expect(page.locator(".toast").first).to_contain_text("Taken back")
    expect(rows(page)).to_have_text(before)


def test_without_room_for_the_panel_a_key_opens_the_page_of_the_row_and_decides_nothing(
    page: Page, sign_in: SignIn, waiting: str
) -> None:
    sign_in(page, OWNER)
    page.set_viewport_size({"width": 390, "height": 844})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(waiting, wait_until="networkidle")
    before = titles(page)
    expect(page.locator("#panel")).to_be_hidden()
    assert not [url for url in asked if re.search(r"/queue/FND-", url)]
    page.keyboard.press("j")
    at = page.locator(".queue [data-row].cursor a.t").inner_text()
    assert at in before
    page.keyboard.press("y")
    expect(page).to_have_url(re.compile(r"/findings/FND-\w+/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(at)
    expect(page.locator("#decision header p")).to_have_text("New")


def test_several_are_chosen_by_keys_looked_at_and_decided_together(page: Page, sign_in: SignIn, waiting: str) -> None:
    sign_in(page, OWNER)
    page.goto(waiting)
    before = titles(page)
    expect(page.locator(".bulk")).to_be_hidden()
    for _ in range(2):
        page.keyboard.press("x")
        page.keyboard.press("j")
    expect(page.locator(".bulk")).to_contain_text("2 chosen")
    page.locator(".bulk").get_by_role("button", name="In progress").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("In progress: 2 findings")
    page.get_by_role("button", name="Decide all").click()
    arrive(page, "**done=1")
    expect(rows(page)).to_have_text(before[2:])
    page.keyboard.press("z")
    expect(page.locator(".toast").first).to_contain_text("Taken back")
    expect(rows(page)).to_have_text(before)


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
