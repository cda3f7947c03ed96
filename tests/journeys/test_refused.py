"""What was refused: it stands where somebody looks, with what they wrote, until they have read it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Stack, arrive
from tests.journeys.test_line import in_each_look
from tests.journeys.test_queue import bring

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], None]
FORM = "form[action*='{}']"
LATE = """
const held = [];
addEventListener("toggle", event => {
  if (document.readyState === "loading") { event.stopImmediatePropagation(); held.push(event.target); }
}, true);
addEventListener("DOMContentLoaded", () => held.forEach(part => part.dispatchEvent(new ToggleEvent("toggle"))));
"""
"""Lets the browser say what stands open from the start only once our script was read."""


@pytest.fixture(scope="module")
def refused(browser: Browser, stack: Stack) -> str:
    """Put an API with findings in; its code."""
    return bring(browser, stack, "Refused refunds")


def spoil(page: Page, form: str, field: str, value: str) -> None:
    """Let a form send what its own field would not take."""
    page.locator(FORM.format(form)).evaluate("form => form.noValidate = true")
    page.locator(field).evaluate("(field, value) => { field.type = 'text'; field.value = value; }", value)


def test_a_view_that_is_not_saved_is_asked_for_again_beside_its_button_with_the_focus_in_it(
    page: Page, sign_in: SignIn, axe: Axe, refused: str
) -> None:
    sign_in(page, "Team owner of Payments")
    page.goto(f"/apis/?q={refused}")
    button = page.get_by_role("button", name="Save view").first
    button.press("Enter")
    page.get_by_label("Who sees it").select_option(label="Team Payments")
    page.locator("#view-name").fill("   ")
    page.locator("#view-name").press("Enter")
    expect(page.locator("#view-name")).to_be_focused()
    expect(page.locator("#view-refused")).to_have_text("The view was not saved: Give it a name.")
    expect(page.get_by_label("Who sees it").locator("option:checked")).to_have_text("Team Payments")
    menu, beside = page.locator("#save-view").bounding_box(), button.bounding_box()
    assert menu
    assert beside
    assert 0 <= menu["y"] - beside["y"] - beside["height"] < 20
    for look in in_each_look(page):
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
    page.locator("#view-name").fill("Public ones")
    page.locator("#view-name").press("Enter")
    expect(page.locator(".toast")).to_contain_text("Saved as “Public ones”.")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_a_refusal_has_the_focus_though_the_form_below_it_unfolds(
    page: Page, sign_in: SignIn, complaints: list[str], refused: str
) -> None:
    """Whether the browser says first that the form stands open, or reads our script first, is chance: late here."""
    page.add_init_script(LATE)
    sign_in(page, "Analyst")
    page.goto(f"/apis/{refused}/findings/")
    page.locator("[data-row] a.name").first.click()
    arrive(page, lambda url: "/findings/FND-" in url)
    page.keyboard.press("r")
    expect(page.locator("#until")).to_be_focused()
    spoil(page, "/ask/", "#until", "9999-12-31")
    page.locator("#reason-asked").fill("A fix is on its way")
    page.locator("#reason-asked").press("Enter")
    arrive(page, "**/ask/")
    page.wait_for_timeout(100)
    expect(page.locator(".banner[role=alert]")).to_be_focused()
    expect(page.locator("#reason-asked")).to_have_value("A fix is on its way")
    page.keyboard.press("n")
    expect(page.locator("#decision details[open] [data-first]")).to_be_focused()
    complaints[:] = [line for line in complaints if "status of 422" not in line]


def test_what_was_refused_in_the_corner_stays_until_it_is_closed(
    page: Page, sign_in: SignIn, axe: Axe, refused: str
) -> None:
    sign_in(page, "Team owner of Payments")
    page.clock.install()
    page.goto(f"/apis/?q={refused}")
    page.locator(FORM.format("/views/save/")).evaluate("form => { form.listed.value = 'elsewhere'; }")
    page.locator("#view-name").evaluate("field => { field.value = 'Mine'; field.form.submit(); }")
    toast = page.locator(".toast")
    expect(toast).to_contain_text("The view was not saved: There is no such list.")
    page.clock.run_for(60_000)
    expect(toast).to_be_visible()
    axe(page)
    toast.get_by_role("button", name="Close").press("Enter")
    expect(toast).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_what_one_does_about_an_invitation_stands_in_one_line(page: Page, sign_in: SignIn) -> None:
    sign_in(page, "Administrator")
    page.goto("/people/invitations/new/")
    page.locator("input[name=email]").fill("somebody.new@example.org")
    page.locator("input[name=name]").fill("Somebody New")
    page.locator("input[name=name]").press("Enter")
    page.get_by_text("somebody.new@example.org").first.wait_for()
    page.goto("/people/invitations/")
    row = page.locator("[data-row]", has_text="somebody.new@example.org")
    boxes = [box for button in row.get_by_role("button").all() if (box := button.bounding_box())]
    assert len(boxes) == 2
    assert boxes[0]["y"] == boxes[1]["y"]
