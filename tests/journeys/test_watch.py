"""The watch over pages itself: what it must hear, it hears."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import HOME

SignIn = Callable[[Page, str], None]


def test_the_sign_in_page_is_accessible_and_has_nothing_to_complain_of(page: Page, axe: Callable[[Page], None]) -> None:
    page.goto("/login/")
    axe(page)


def test_a_demo_person_signs_in_and_sees_the_overview(page: Page, sign_in: SignIn) -> None:
    sign_in(page, "Analyst")
    assert HOME.match(page.url)
    expect(page).to_have_title("Overview · Posture")


def test_an_error_on_the_console_is_heard(page: Page, complaints: list[str]) -> None:
    page.goto("/login/")
    page.evaluate("console.error('planted')")
    assert [line.partition(" (")[0] for line in complaints] == ["error: planted"]
    complaints.clear()


def test_an_exception_nobody_catches_is_heard(page: Page, complaints: list[str]) -> None:
    page.goto("/login/")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('planted') })")
    assert [line.partition(" (")[0] for line in complaints] == ["exception: planted"]
    complaints.clear()


def test_an_inline_style_is_heard_as_a_breach_of_the_policy(page: Page, complaints: list[str]) -> None:
    page.goto("/login/")
    page.evaluate("document.body.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))")
    page.wait_for_timeout(200)
    assert any("policy style-src" in line for line in complaints), complaints
    complaints.clear()


def test_a_field_without_a_label_is_found_by_the_accessibility_rules(page: Page, axe: Callable[[Page], None]) -> None:
    page.goto("/login/")
    page.evaluate("document.querySelectorAll('main label, form label').forEach(label => label.remove())")
    page.evaluate("document.querySelectorAll('input').forEach(field => field.removeAttribute('aria-label'))")
    with pytest.raises(AssertionError, match="label"):
        axe(page)
