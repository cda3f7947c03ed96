"""Deciding on a finding as people do: by keys, with a reason, taken back, asked for and answered by another person."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import HOME, Stack
from tests.journeys.test_line import FORCED, OWNER, find, in_each_look, sample, until_scored, upload

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], None]
MANAGER = "Security manager"
HALF_A_MINUTE = 30_000


@pytest.fixture(scope="module")
def disputes(browser: Browser, stack: Stack) -> str:
    """Put an API with scored findings in, by the pages, and return the path of its own."""
    context = browser.new_context(base_url=stack.base_url)
    page = context.new_page()
    email, password = stack.people[OWNER]
    page.goto("/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(HOME)
    page.goto("/upload/")
    upload(page, sample("refunds.openapi.yaml", "Disputes"))
    path = find(page, "Disputes")
    page.get_by_role("link", name="Upload a report").click()
    upload(page, sample("refunds.sarif", "Disputes"))
    until_scored(page, path, FORCED)
    context.close()
    return path


def open_worst(page: Page, path: str) -> None:
    """Go to the worst finding of an API by keys alone."""
    page.goto(f"{path}findings/")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(re.compile(r"/findings/FND-\w+/$"))


def status(page: Page, word: str) -> None:
    expect(page.locator("#decision header p")).to_have_text(word)


def score_settles(page: Page) -> int:
    """Wait until the score is younger than the decision and return it."""
    expect(page.locator("#effect")).not_to_contain_text("being computed", timeout=HALF_A_MINUTE)
    return int(page.locator("#effect .risk b").inner_text())


def judge(page: Page) -> None:
    """Call the finding a false positive with two keys."""
    page.keyboard.press("n")
    expect(page.get_by_role("button", name="The tool misread the answer")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**done=DEC-*")
    status(page, "False positive")
    expect(page.locator(".toast")).to_contain_text("False positive")
    expect(page.locator(".timeline blockquote").first).to_have_text("The tool misread the answer")


def approve(page: Page, address: str) -> None:
    """Accept what somebody else asked for, and see that the finding counts no longer."""
    page.goto(address)
    expect(page.locator("#decision")).to_contain_text("The provider mends it in spring")
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url("**done=DEC-*")
    status(page, "Accepted")
    expect(page.locator("#effect")).to_contain_text("inherent score alone")


def test_a_finding_is_judged_by_keys_taken_back_asked_to_be_accepted_and_accepted_by_another(
    page: Page, sign_in: SignIn, disputes: str, browser: Browser, stack: Stack
) -> None:
    sign_in(page, OWNER)
    open_worst(page, disputes)
    before = score_settles(page)
    expect(page.locator("#effect")).to_contain_text("of the points of its API")

    judge(page)
    assert score_settles(page) < before

    with page.expect_navigation():  # Keys are heard once the page has loaded.
        page.keyboard.press("z")
    expect(page.locator(".toast")).to_contain_text("Taken back")
    status(page, "New")
    assert score_settles(page) == before

    page.keyboard.press("r")
    until = (timezone.now() + timedelta(days=30)).date().isoformat()
    page.get_by_label("Accepted until").fill(until)
    page.locator("details[open]").get_by_label("Reason in your own words").fill("The provider mends it in spring")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=DEC-*")
    expect(page.locator("#decision")).to_contain_text("Another person with the right to approve has to answer.")
    status(page, "New")

    others = browser.new_context(base_url=stack.base_url)
    sign_in(second := others.new_page(), MANAGER)
    approve(second, page.url.partition("?")[0])
    assert score_settles(second) < before
    others.close()


@pytest.mark.parametrize("place", ["finding", "decision open", "/findings/", "/findings/?q=nothing+like+it"])
def test_the_pages_of_findings_are_accessible_in_light_and_dark_and_on_a_phone(
    page: Page, sign_in: SignIn, axe: Axe, disputes: str, place: str
) -> None:
    sign_in(page, OWNER)
    if place.startswith("/"):
        page.goto(place)
    else:
        open_worst(page, disputes)
        if place == "decision open":
            page.keyboard.press("r")
    for look in in_each_look(page):
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look


def test_a_decision_is_made_without_a_script_and_what_lacks_is_said_in_place(
    browser: Browser, stack: Stack, sign_in: SignIn, disputes: str
) -> None:
    context = browser.new_context(base_url=stack.base_url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, OWNER)
    page.goto(f"{disputes}findings/")
    page.locator("tr[data-row] a.name").last.click()
    page.locator("summary", has_text="Resolved").click()
    form = page.locator("details[open]")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why it is “Resolved”")
    page.locator("details[open]").get_by_label("Reason in your own words").fill("Mended in 2.5")
    page.locator("details[open]").get_by_role("button", name="Save").click()
    status(page, "Resolved")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    status(page, "New")
    context.close()
