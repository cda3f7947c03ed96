"""Alerts as people triage them: taken in by the upload page, tied to an endpoint, closed by keys, taken back."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.findings.reports import openapi
from tests.journeys.test_line import in_each_look

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], None]
HALF_A_MINUTE = 30_000


def attacks() -> bytes:
    """Return alerts of now: two of one attack, one of another."""
    at = datetime.now(UTC) - timedelta(minutes=2)
    told = [
        {"id": f"j{number}", "time": at.isoformat(), "rule": rule, "title": title, "severity": "critical",
         "source": "wall", "client": "198.51.100.7", "outcome": "allowed", "category": "API8", "method": "GET",
         "url": f"https://tolls.example/v1/tolls/{number}?q=secret-of-somebody"}
        for number, rule, title in ((1, "sqli", "Injection"), (2, "sqli", "Injection"), (3, "xss", "Script"))
    ]  # fmt: skip
    return json.dumps(told).encode()


def upload(page: Page, name: str, content: bytes) -> None:
    page.goto("/upload/")
    page.locator("input[name=file]").set_input_files({"name": name, "mimeType": "application/json", "buffer": content})
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/jobs/**")
    expect(page.locator("main")).to_contain_text("Done", timeout=HALF_A_MINUTE)


def test_an_alert_is_found_closed_by_keys_and_taken_back(page: Page, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page, "Analyst")
    upload(page, "tolls.json", openapi("Tolls", "/tolls/{id}", server="https://tolls.example/v1"))
    upload(page, "alerts.json", attacks())
    page.get_by_role("link", name="Alerts of Tolls").click()
    expect(page.locator("[data-row]")).to_have_count(2)
    axe(page)
    page.get_by_role("link", name="Injection").click()
    page.wait_for_url(re.compile(r"/alerts/ALR-\w+/$"))
    expect(page.locator("main")).to_contain_text("GET /tolls/{id}")
    expect(page.locator("main")).not_to_contain_text("secret-of-somebody")
    with page.expect_navigation():  # Keys are heard once the page has loaded.
        page.keyboard.press("y")
    expect(page.locator("#triage header p")).to_have_text("Acknowledged")
    page.keyboard.press("n")
    expect(page.get_by_role("button", name="The rule misread a normal request")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#triage header p")).to_have_text("Closed")
    expect(page.locator(".timeline blockquote").first).to_have_text("The rule misread a normal request")
    axe(page)
    page.keyboard.press("z")
    expect(page.locator("#triage header p")).to_have_text("Acknowledged")
    for place in (page.url, "/alerts/"):
        page.goto(place)
        for look in in_each_look(page):
            axe(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
