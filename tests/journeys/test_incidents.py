"""An incident as people live it: declared from an alert, a playbook down both branches, a clock, and a review."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import BrowserContext, Page, expect

from tests.findings.reports import openapi
from tests.journeys.test_alerts import upload
from tests.journeys.test_line import in_each_look

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], None]
CROSS = "Does the flaw allow cross-tenant or cross-customer reading?"
CLOSED = "Can the route be closed without harm to life or critical payments?"
THROTTLE = "Throttle and watch the principals; treat as scraping"
CAP = "Cap distinct object ids per principal per hour and require step-up"


def attack() -> bytes:
    at = datetime.now(UTC) - timedelta(minutes=3)
    told = {
        "id": "k1", "time": at.isoformat(), "rule": "ids", "title": "Object ids walked", "severity": "critical",
        "source": "wall", "client": "198.51.100.9", "outcome": "allowed", "category": "API1", "method": "GET",
        "url": "https://ferries.example/v1/ferries/7",
    }  # fmt: skip
    return json.dumps([told]).encode()


def declare(page: Page) -> None:
    """Bring an alert in and declare an incident of it."""
    upload(page, "ferries.json", openapi("Ferries", "/ferries/{id}", server="https://ferries.example/v1"))
    upload(page, "alerts.json", attack())
    page.get_by_role("link", name="Alerts of Ferries").click()
    page.get_by_role("link", name="Object ids walked").click()
    page.wait_for_url(re.compile(r"/alerts/ALR-\w+/$"))
    page.get_by_role("link", name="Declare an incident").click()
    expect(page.get_by_label("Title")).to_have_value("Object ids walked on Ferries")
    page.get_by_role("button", name="Declare").click()
    page.wait_for_url(re.compile(r"/incidents/INC-\w+/$"))


def open_phases(page: Page) -> None:
    """Unfold every phase that is folded."""
    folded = page.locator(".steps details:not([open]) > summary")
    while folded.count():
        folded.first.click()


def step(page: Page, text: str) -> None:
    """Do a step, with what shows it."""
    open_phases(page)
    row = page.locator(".step", has_text=text).first
    row.locator("input[name=note]").fill("seen")
    row.get_by_role("button", name=re.compile("^Done")).click()
    open_phases(page)
    expect(page.locator(".step.done", has_text=text).first).to_be_visible()


def answer(page: Page, text: str, word: str) -> None:
    """Answer a question."""
    open_phases(page)
    page.locator(".step", has_text=text).first.get_by_role("button", name=re.compile(f"^{word}:")).click()
    open_phases(page)
    expect(page.locator(".step.done", has_text=text).first).to_contain_text(word)


def move(page: Page, to: str, why: str) -> None:
    """Change where the incident stands."""
    page.keyboard.press("s")
    page.locator("#move-to").select_option(to)
    page.locator("#move-why").fill(why)
    page.locator("#move-why").press("Enter")
    expect(page.locator(f"#move-to option[value={to}]")).to_have_count(0)


def follow_down_both_branches(page: Page) -> None:
    """Answer a question one way, open it again, and answer it the other way."""
    expect(page.locator("select[name=playbook]")).to_have_value("bola-scraping")
    page.get_by_role("button", name="Follow").click()
    step(page, "Confirm the signal is not a known test")
    answer(page, CROSS, "Yes")
    answer(page, CLOSED, "No")
    expect(page.locator(".step", has_text=CAP)).to_be_visible()
    page.locator(".step", has_text=CROSS).get_by_role("button", name=re.compile("^Open again")).click()
    answer(page, CROSS, "No")
    expect(page.locator(".step", has_text=THROTTLE)).to_be_visible()
    expect(page.locator(".step", has_text=CAP)).to_have_count(0)
    expect(page.locator("#timeline")).to_contain_text(f"{CROSS} Yes.")


def run_a_clock(page: Page, context: BrowserContext) -> None:
    """Switch a clock on, see what somebody else writes meanwhile, and stop it with what was filed."""
    clock = page.locator("#clock-gdpr-33")
    expect(clock).to_contain_text("Off")
    clock.get_by_text("Switch on").first.click()
    clock.get_by_role("button", name="Switch on").click()
    expect(page.locator("#clock-gdpr-33 .t")).to_have_text(re.compile(r"2 d 23 h|3 d"))
    page.locator("#clock-gdpr-33").get_by_text("Stop it").click()
    page.get_by_label("What was filed").fill("DPA 4711")
    beside(context, page.url)
    expect(page.locator("#timeline")).to_contain_text("Written by the other", timeout=12_000)
    expect(page.get_by_label("What was filed")).to_have_value("DPA 4711")
    page.locator("#clock-gdpr-33").get_by_role("button", name="Filed").click()
    expect(page.locator("#clock-gdpr-33")).to_contain_text("DPA 4711")


def review(page: Page, axe: Axe) -> None:
    """Close it with a review and an action of somebody."""
    page.get_by_role("link", name="Close with a review").click()
    axe(page)
    page.get_by_label("Lessons").fill("Ask who owns the object, on every route.")
    page.locator("#id_action1-title").fill("Test each route with two accounts")
    page.locator("#id_action1-who").fill("analyst@demo.example")
    page.get_by_role("button", name="Close the incident").click()


def test_an_incident_from_alert_to_review(page: Page, context: BrowserContext, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page, "Analyst")
    declare(page)
    axe(page)
    follow_down_both_branches(page)
    run_a_clock(page, context)
    for to in ("containment", "eradication", "recovery", "monitoring", "post_incident"):
        move(page, to, "we go on")
    review(page, axe)
    page.wait_for_url(re.compile(r"/incidents/INC-\w+/$"))
    expect(page.locator("#stage header p")).to_have_text("Closed")
    expect(page.locator("#tasks")).to_contain_text("Test each route with two accounts")
    for look in in_each_look(page):
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look


def beside(context: BrowserContext, room: str) -> None:
    """Write on the timeline in another window, as somebody else in the room would."""
    other = context.new_page()
    other.goto(room)
    other.get_by_label("Add to the timeline").fill("Written by the other")
    other.get_by_role("button", name="Write", exact=True).click()
    expect(other.locator("#timeline")).to_contain_text("Written by the other")
    other.close()
