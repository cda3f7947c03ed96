"""Signing in as people do: with a passkey, an app, a recovery code; a lost password; sessions ended."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.inventory.access.people import code_of
from tests.journeys.conftest import HOME, WATCH_POLICY, Stack
from tests.journeys.test_connecting import holds

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], None]
RESPONDER, AUDITOR, ADMINISTRATOR, MEMBER = "Responder", "Auditor", "Administrator", "Team member of Payments"
NEW = "another quiet harbour"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def with_device(page: Page) -> str:
    """Give the browser a device that holds passkeys, of Chromium's own making, and return its id."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made: str = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
    return made


def fill_in(page: Page, email: str, password: str) -> None:
    """Fill in the sign-in page with the keyboard alone: the first field has the focus."""
    page.goto("/login/")
    expect(page.get_by_label("Email")).to_be_focused()
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def landed_on(path: str) -> re.Pattern[str]:
    """Match the address of a page, not one that only names it as where to go next."""
    return re.compile(rf"^\w+://[^/]+{re.escape(path)}$")


def press(page: Page, name: str) -> None:
    """Reach a button or link by Tab and press it."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate("(document.activeElement.ariaLabel ?? document.activeElement.innerText ?? '').trim()")
        if focused == name:
            page.keyboard.press("Enter")
            return
    pytest.fail(f"{name!r} is not reached by Tab on {page.url}")


@contextmanager
def another_browser(browser: Browser, stack: Stack) -> Iterator[Page]:
    """Open a browser that shares nothing with the first."""
    own: BrowserContext = browser.new_context(base_url=stack.base_url, reduced_motion="reduce")
    own.add_init_script(WATCH_POLICY)
    yield own.new_page()
    own.close()


def test_a_passkey_signs_in_alone_and_stands_behind_the_password(
    page: Page, stack: Stack, sign_in: SignIn, axe: Axe
) -> None:
    with_device(page)
    sign_in(page, RESPONDER)
    add_passkey(page, axe)
    page.context.clear_cookies()
    page.goto("/login/?next=/settings/profile/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(landed_on("/settings/profile/"))

    page.context.clear_cookies()
    fill_in(page, *stack.people[RESPONDER])
    page.wait_for_url("**/login/confirm/")
    holds(page, axe)
    page.get_by_role("button", name="Passkey or security key").click()
    page.wait_for_url(HOME)
    page.goto("/reauthenticate/?next=/settings/security/")
    axe(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(landed_on("/settings/security/"))
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.locator("main")).to_contain_text("Off: whoever knows your password is in.")


def add_passkey(page: Page, axe: Axe) -> None:
    """Add a passkey with a name of markup, keep the recovery codes, look at each page."""
    page.goto("/settings/security/")
    page.get_by_role("link", name="Add").click()
    page.wait_for_url("**/passkey/")
    axe(page)
    page.get_by_label("Name").fill("this laptop <b>")
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url("**/codes/")
    holds(page, axe)
    with page.expect_download() as file:
        page.get_by_role("link", name="Download as text").click()
    assert len(re.findall(r"^\d{8}$", Path(file.value.path()).read_text(), re.MULTILINE)) == 10
    page.get_by_role("button", name="I have kept them").click()
    expect(page.locator("main")).to_contain_text("this laptop <b>")
    holds(page, axe)


def holds_on(page: Page, axe: Axe, path: str) -> None:
    """Check a page in light, dark and narrow, and leave it open."""
    page.goto(path)
    holds(page, axe)


def test_a_browser_that_says_no_is_told_so_and_may_try_again(page: Page) -> None:
    page.context.new_cdp_session(page).send("WebAuthn.enable")
    page.goto("/login/")
    refusal = "() => Promise.reject(new DOMException('', 'NotAllowedError'))"
    page.evaluate(f"() => {{ navigator.credentials.get = {refusal}; }}")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("Nothing was confirmed. Try again.")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_focused()


def test_an_app_is_set_up_and_used_by_keyboard_alone(page: Page, stack: Stack, axe: Axe) -> None:
    fill_in(page, *stack.people[AUDITOR])
    page.wait_for_url(HOME)
    secret, codes = set_up_app(page, axe)
    to_second_step(page, stack)
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.locator(".error:visible")).to_contain_text("This did not match.")
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type(code_of(secret))
    page.keyboard.press("Enter")
    page.wait_for_url(HOME)

    to_second_step(page, stack)
    page.keyboard.type(codes[0])
    page.keyboard.press("Enter")
    page.wait_for_url(HOME)
    page.goto("/settings/security/")
    expect(page.locator("main")).to_contain_text("9 left")
    press(page, "Remove the authenticator app")
    expect(page.locator("main")).to_contain_text("Off: whoever knows your password is in.")


def set_up_app(page: Page, axe: Axe) -> tuple[str, list[str]]:
    """Set up an app and return its secret and the recovery codes."""
    page.goto("/settings/security/")
    press(page, "Set up")
    page.wait_for_url("**/app/")
    holds(page, axe)
    assert page.locator(".qr img").evaluate("image => image.complete && image.naturalWidth > 0")
    secret = (page.locator("code.secret").text_content() or "").replace(" ", "")
    page.get_by_label("Code from the app").focus()
    page.keyboard.type(code_of(secret, steps=-1))
    page.keyboard.press("Enter")
    page.wait_for_url("**/codes/")
    codes = page.locator(".codes code").all_text_contents()
    press(page, "I have kept them")
    page.wait_for_url("**/security/")
    return secret, codes


def to_second_step(page: Page, stack: Stack) -> None:
    """Come anew, with the password alone."""
    page.context.clear_cookies()
    fill_in(page, *stack.people[AUDITOR])
    page.wait_for_url("**/login/confirm/")
    expect(page.get_by_label("Code")).to_be_focused()


def test_a_session_elsewhere_is_seen_and_ended(page: Page, browser: Browser, stack: Stack, sign_in: SignIn) -> None:
    sign_in(page, RESPONDER)
    with another_browser(browser, stack) as there:
        sign_in(there, RESPONDER)
        page.goto("/settings/security/")
        page.get_by_role("button", name="End all others").click()
        expect(page.locator(".toasts")).to_contain_text("ended.")
        there.goto("/apis/")
        assert "/login/" in there.url


def test_an_administrator_asks_for_a_second_factor_and_a_member_is_led_to_it(
    page: Page, browser: Browser, stack: Stack, sign_in: SignIn, axe: Axe
) -> None:
    sign_in(page, ADMINISTRATOR)
    holds_on(page, axe, "/settings/sign-in/")
    page.get_by_label("Team member").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toasts")).to_contain_text("The rules are saved.")
    try:
        with another_browser(browser, stack) as there:
            sign_in(there, MEMBER)
            there.goto("/findings/")
            assert there.url.endswith("/settings/security/")
            expect(there.get_by_role("alert")).to_contain_text("Your role asks for a second factor.")
            axe(there)
    finally:
        page.goto("/settings/sign-in/")
        page.get_by_label("Team member").uncheck()
        page.get_by_role("button", name="Save").click()
    expect(page.locator(".toasts")).to_contain_text("The rules are saved.")


def test_a_profile_is_set_and_holds(page: Page, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page, MEMBER)
    holds_on(page, axe, "/settings/profile/")
    page.get_by_label("Colours").select_option("Dark")
    page.get_by_label("Start page").select_option("Jobs")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toasts")).to_contain_text("Your profile is saved.")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.goto("/start/")
    assert page.url.endswith("/jobs/")
    page.goto("/settings/profile/")
    page.get_by_label("Colours").select_option("As the device")
    page.get_by_label("Start page").select_option("Overview")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toasts")).to_contain_text("Your profile is saved.")


def test_a_lost_password_is_set_anew_from_a_mail(page: Page, stack: Stack, axe: Axe) -> None:
    email, _ = stack.people[MEMBER]
    page.goto("/login/")
    page.get_by_role("link", name="Password lost?").click()
    axe(page)
    page.keyboard.type(email)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("a mail is on its way")
    link = ""
    for _ in range(100):
        sent = "".join(file.read_text() for file in stack.mail.iterdir())
        if found := re.search(r"^http\S+/password/reset/\S+$", sent, re.MULTILINE):
            link = found[0]
            break
        page.wait_for_timeout(100)
    assert link.startswith(stack.base_url)
    page.goto(link)
    axe(page)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password again").fill(NEW)
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url("**/login/")
    stack.people[MEMBER] = (email, NEW)
    fill_in(page, email, NEW)
    page.wait_for_url(HOME)
    page.goto(link)
    expect(page.locator("main")).to_contain_text("used or too old")
    page.goto("/password/change/")
    axe(page)


def test_who_was_invited_begins_in_the_first_field_with_the_zone_of_their_computer(
    page: Page, stack: Stack, sign_in: SignIn, browser: Browser
) -> None:
    sign_in(page, ADMINISTRATOR)
    page.goto("/people/invitations/new/")
    expect(page.get_by_label("Email")).to_be_focused()
    page.keyboard.type("newcomer@journeys.example")
    page.get_by_label("Name").fill("Newcomer")
    page.get_by_role("button", name="Invite").click()
    link = page.get_by_label("The link, shown this once").input_value()

    own = browser.new_context(base_url=stack.base_url, timezone_id="Asia/Tokyo")
    newcomer = own.new_page()
    newcomer.goto(urlsplit(link).path)
    name, zone = newcomer.get_by_label("Name"), newcomer.get_by_label("Time zone")
    expect(name).to_be_focused()
    expect(zone).to_have_value("Asia/Tokyo")

    name.fill("Newcomer")
    newcomer.get_by_label("Password").fill("short")
    zone.select_option("Europe/Paris")
    newcomer.get_by_role("button", name="Make the account").click()
    expect(newcomer.get_by_label("Password")).to_be_focused()
    expect(zone).to_have_value("Europe/Paris")
    own.close()
