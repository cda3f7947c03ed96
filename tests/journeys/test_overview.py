"""The overview in a browser: each number leads to as many rows as it says, and the page holds in every look."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Stack
from tests.journeys.test_line import in_each_look
from tests.journeys.test_queue import bring

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], None]
NUMBER = re.compile(r"[\d,]+")


@pytest.fixture(scope="module", autouse=True)
def _estate(browser: Browser, stack: Stack) -> None:
    bring(browser, stack, "Overseen refunds")


@pytest.mark.parametrize("role", ["Security manager", "Auditor", "Team owner of Payments"])
def test_each_number_opens_a_list_of_as_many(page: Page, sign_in: SignIn, role: str) -> None:
    sign_in(page, role)
    page.goto("/")
    expect(page.locator("a.kpi")).to_have_count(6)
    for place in range(6):
        page.goto("/")
        number = page.locator("a.kpi").nth(place)
        found = NUMBER.search(number.locator(".v").inner_text())
        assert found
        number.click()
        page.wait_for_url(lambda url: "?" in url)
        expect(page.locator("main [role=status]").first).to_contain_text(re.compile(rf"^\s*{found[0]}\b"))


def test_the_overview_is_accessible_in_light_and_dark_and_on_a_phone(page: Page, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page, "Security manager")
    page.goto("/")
    for look in in_each_look(page):
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
