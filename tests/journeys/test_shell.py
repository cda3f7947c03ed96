"""Getting about without a mouse: the palette, the keys, the person's menu; and every part of a page in each look."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import arrive
from tests.journeys.test_line import in_each_look

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], None]
COUNT_MOUSE = """
window.mice = 0;
for (const name of ["mousedown", "pointerdown", "touchstart"])
  addEventListener(name, () => window.mice++, true);
"""


def test_the_palette_finds_and_goes_by_keys_alone(page: Page, sign_in: SignIn, axe: Axe) -> None:
    page.add_init_script(COUNT_MOUSE)
    sign_in(page, "Security manager")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search everything")
    expect(field).to_be_focused()
    page.keyboard.type("deadl")
    chosen = page.locator("#found [aria-selected=true]")
    expect(chosen).to_contain_text("Deadlines")
    expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    axe(page)
    page.keyboard.press("Enter")
    arrive(page, "**/policies/deadlines/")
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type("what one Esc leaves behind")
    page.keyboard.press("Escape")
    expect(field).not_to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("j")
    arrive(page, "**/jobs/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    axe(page)
    page.keyboard.press("Escape")
    assert page.evaluate("window.mice") == 0


def test_an_incident_is_declared_from_its_list_by_its_key(page: Page, sign_in: SignIn) -> None:
    sign_in(page, "Security manager")
    page.keyboard.press("g")
    page.keyboard.press("i")
    arrive(page, "**/incidents/")
    page.keyboard.press("Shift+I")
    arrive(page, "**/incidents/new/")


def test_keys_mean_nothing_while_somebody_types(page: Page, sign_in: SignIn) -> None:
    sign_in(page, "Security manager")
    page.goto("/policies/deadlines/")
    page.locator("#id_reason").focus()
    page.keyboard.type("gj?/")
    expect(page.locator("#id_reason")).to_have_value("gj?/")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_esc_leaves_the_filter_and_what_was_not_taken_has_the_focus(
    page: Page, sign_in: SignIn, complaints: list[str]
) -> None:
    sign_in(page, "Security manager")
    page.goto("/findings/")
    page.keyboard.press("/")
    field = page.get_by_role("searchbox", name="Filter findings")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    page.goto("/settings/profile/")
    page.locator("form:has(#id_name)").evaluate("form => form.noValidate = true")
    page.locator("#id_name").fill("")
    page.locator("#id_name").press("Enter")
    expect(page.get_by_text("This field is required.")).to_be_visible()
    expect(page.locator("#id_name")).to_be_focused()
    complaints[:] = [line for line in complaints if "status of 422" not in line]


def test_a_view_is_saved_and_shared_by_keys_alone(page: Page, sign_in: SignIn) -> None:
    sign_in(page, "Team owner of Payments")
    page.goto("/findings/?severity=critical")
    page.get_by_role("button", name="Save view").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#view-name")).to_be_focused()
    page.keyboard.type("Critical of ours")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Who sees it")).to_be_focused()
    page.keyboard.type("Team Payments")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tab = page.get_by_role("navigation", name="Saved views").get_by_role("link", name="Critical of ours")
    expect(tab).to_be_visible()
    expect(tab).to_contain_text("Payments")


def test_rows_without_a_link_are_walked_too_and_nothing_in_them_is_done(page: Page, sign_in: SignIn) -> None:
    sign_in(page, "Security manager")
    page.goto("/settings/profile/")
    page.locator("main").evaluate(
        """main => main.insertAdjacentHTML("beforeend", "<ul><li data-row>One</li><li data-row id=two>"
        + "<button type=button id=act>Do it</button></li></ul>")"""
    )
    page.locator("#act").evaluate("button => button.addEventListener('click', () => { window.done = true; })")
    page.keyboard.press("j")
    one = page.locator("[data-row]", has_text="One")
    expect(one).to_be_focused()
    one.evaluate("row => row.classList.remove('cursor')")  # as a swap of the list does
    page.keyboard.press("j")
    expect(page.locator("#act")).to_be_focused()
    expect(page.locator("#two")).to_have_class("cursor")
    page.keyboard.press("o")
    assert page.evaluate("window.done") is None


def test_the_person_s_menu_opens_and_leads_out_by_keys(page: Page, sign_in: SignIn) -> None:
    page.add_init_script(COUNT_MOUSE)
    sign_in(page, "Auditor")
    page.get_by_role("button", name="You, Demo auditor").focus()
    page.keyboard.press("Enter")
    leave = page.get_by_role("button", name="Sign out")
    expect(leave).to_be_visible()
    leave.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/login/**")
    assert page.evaluate("window.mice") == 0


@pytest.mark.parametrize("place", ["/components/", "/search?q=find", "/policies/deadlines/", "/nowhere/"])
def test_every_part_is_whole_in_each_look(
    page: Page, sign_in: SignIn, axe: Axe, place: str, complaints: list[str]
) -> None:
    sign_in(page, "Auditor")
    page.goto(place)
    complaints[:] = [line for line in complaints if "/nowhere/" not in line]
    for look in in_each_look(page):
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
