"""The whole tour in one go: how we stand, decisions, an incident, and the file an auditor takes along."""

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pypdf
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.findings.reports import openapi
from tests.journeys import test_alerts, test_line
from tests.journeys.conftest import Stack, arrive
from tests.journeys.test_line import find, in_each_look, score_of, until_scored

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], None]
NAME = "Ferries"
WORST = "Ferries of others can be sailed"
FLAWS = ((639, WORST), (306, "No sign-in"), (89, "SQL in the port"), (918, "Any address is fetched"), (770, "No limit"))
CROSS = "Does the flaw allow cross-tenant or cross-customer reading?"
CLOSED = "Can the route be closed without harm to life or critical payments?"
THROTTLE = "Throttle and watch the principals; treat as scraping"
CAP = "Cap distinct object ids per principal per hour and require step-up"
HALF_A_MINUTE = 30_000


def server() -> str:
    return f"https://{NAME.lower()}.example/v1"


def report() -> bytes:
    """Return a scanner's report of five critical findings."""
    rules = [
        {"id": f"F-{cwe}", "properties": {"security-severity": "9.8", "tags": [f"external/cwe/cwe-{cwe}"]},
         "shortDescription": {"text": title}}
        for cwe, title in FLAWS
    ]  # fmt: skip
    results = [
        {"ruleId": f"F-{cwe}", "level": "error", "message": {"text": title},
         "locations": [{"physicalLocation": {"artifactLocation": {"uri": f"ferries/{cwe}.py"}}}]}
        for cwe, title in FLAWS
    ]  # fmt: skip
    ended = [{"executionSuccessful": True, "endTimeUtc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}]
    run = {"tool": {"driver": {"name": "Ferry Scan", "rules": rules}}, "invocations": ended, "results": results}
    return json.dumps({"version": "2.1.0", "runs": [run]}).encode()


def attack() -> bytes:
    at = datetime.now(UTC) - timedelta(minutes=3)
    told = {
        "id": "k1", "time": at.isoformat(), "rule": "ids", "title": "Object ids walked", "severity": "critical",
        "source": "wall", "client": "198.51.100.9", "outcome": "allowed", "category": "API1", "method": "GET",
        "url": f"{server()}/ferries/7",
    }  # fmt: skip
    return json.dumps([told]).encode()


def bring(page: Page) -> str:
    """Put an API with five critical findings in and return the path of its page."""
    test_alerts.upload(page, "ferries.json", openapi(NAME, "/ferries/{id}", server=server()))
    path = find(page, NAME)
    page.get_by_role("link", name="Upload a report").click()
    test_line.upload(page, {"name": "ferries.sarif", "mimeType": "application/json", "buffer": report()})
    until_scored(page, path, WORST)
    return path


def from_the_overview_to_why(page: Page, path: str) -> None:
    """Read how we stand, open the API among the riskiest, and read what its score is made of."""
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"\w+ \w+"))
    expect(page.locator("a.kpi")).to_have_count(6)
    page.locator("section", has=page.locator("#risky-title")).get_by_role("link", name=NAME, exact=True).click()
    page.wait_for_url(f"**{path}")
    expect(page.locator("#why h2")).to_have_text(f"Why {score_of(page)}")
    points = [float(text) for text in page.locator("#why tbody .pts").all_inner_texts()]
    assert sum(points) == pytest.approx(score_of(page), abs=0.7)


def decide_three(page: Page, path: str) -> None:
    """Decide three findings by keys, one after another, in the queue of this API."""
    page.goto(f"/queue/?source=ferry+scan&api={path.strip('/').rpartition('/')[2]}")
    rows = page.locator(".queue [data-row]")
    expect(rows).to_have_count(len(FLAWS))
    for left, (key, word) in enumerate((("y", "triaged"), ("n", "false positive"), ("s", "resolved")), 1):
        first = page.locator("#panel h2.lead").inner_text()
        with page.expect_navigation():  # Keys are heard once the page has loaded.
            page.keyboard.press(key)
            if key != "y":
                expect(page.locator("#panel button:focus")).to_be_visible()
                page.keyboard.press("Enter")
        expect(page.locator(".toast")).to_contain_text(word)
        expect(rows).to_have_count(len(FLAWS) - left)
        expect(page.locator("#panel h2.lead")).not_to_have_text(first)


def ask_and_approve(page: Page, second: Page) -> None:
    """Ask for the fourth to be accepted; somebody else finds that in their queue and approves it."""
    page.locator("#panel").get_by_role("link", name="Open the page of").click()
    arrive(page, re.compile(r"/findings/FND-\w+/$"))
    page.keyboard.press("r")
    page.get_by_label("Accepted until").fill((datetime.now(UTC) + timedelta(days=30)).date().isoformat())
    page.locator("details[open]").get_by_label("Reason in your own words").fill("The pier is rebuilt in spring")
    page.keyboard.press("Enter")
    expect(page.locator("#decision")).to_contain_text("Another person with the right to approve has to answer.")
    code = page.url.partition("?")[0].rstrip("/").rpartition("/")[2]
    second.goto("/queue/")
    second.get_by_role("link", name=f"Answer {code}").click()
    second.get_by_role("button", name="Approve").click()
    expect(second.locator("#decision header p")).to_have_text("Accepted")
    second.goto("/decisions/")
    expect(second.locator("tr[data-row]", has_text=code)).to_contain_text("The pier is rebuilt in spring")


def declare(page: Page) -> None:
    """Bring an alert in and declare an incident of it."""
    test_alerts.upload(page, "alerts.json", attack())
    page.get_by_role("link", name=f"Alerts of {NAME}").click()
    page.get_by_role("link", name="Object ids walked").click()
    page.wait_for_url(re.compile(r"/alerts/ALR-\w+/$"))
    page.get_by_role("link", name="Declare an incident").click()
    expect(page.get_by_label("Title")).to_have_value(f"Object ids walked on {NAME}")
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
    page.wait_for_load_state()  # Keys are heard once the page has loaded.
    page.keyboard.press("s")
    page.locator("#move-to").select_option(to)
    page.locator("#move-why").fill(why)
    with page.expect_navigation():
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
    expect(page.locator("#timeline")).to_contain_text("Written by the other", timeout=HALF_A_MINUTE)
    expect(page.get_by_label("What was filed")).to_have_value("DPA 4711")
    page.locator("#clock-gdpr-33").get_by_role("button", name="Filed").click()
    expect(page.locator("#clock-gdpr-33")).to_contain_text("DPA 4711")


def beside(context: BrowserContext, room: str) -> None:
    """Write on the timeline in another window, as somebody else in the room would."""
    other = context.new_page()
    other.goto(room)
    other.get_by_label("Add to the timeline").fill("Written by the other")
    other.get_by_role("button", name="Write", exact=True).click()
    expect(other.locator("#timeline")).to_contain_text("Written by the other")
    other.close()


def close_with_a_review(page: Page, axe: Axe) -> None:
    """Close it with a review and an action of somebody."""
    for to in ("containment", "eradication", "recovery", "monitoring", "post_incident"):
        move(page, to, "we go on")
    page.get_by_role("link", name="Close with a review").click()
    axe(page)
    page.get_by_label("Lessons").fill("Ask who owns the object, on every route.")
    page.locator("#id_action1-title").fill("Test each route with two accounts")
    page.locator("#id_action1-who").fill("analyst@demo.example")
    page.get_by_role("button", name="Close the incident").click()
    page.wait_for_url(re.compile(r"/incidents/INC-\w+/$"))
    expect(page.locator("#stage header p")).to_have_text("Closed")
    expect(page.locator("#tasks")).to_contain_text("Test each route with two accounts")


def exported(page: Page, second: str) -> str:
    """Have the report written that the page of compliance shows, and return the words of the PDF."""
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="PDF").click()
    file = page.locator("#exports").get_by_role("link", name=f"{second.replace(':', '')}.pdf")
    expect(file).to_be_visible(timeout=HALF_A_MINUTE)
    with page.expect_download() as told:
        file.click()
    pages = pypdf.PdfReader(io.BytesIO(told.value.path().read_bytes())).pages
    return re.sub(r"\s+", " ", " ".join(each.extract_text() for each in pages).replace("\u200b", ""))


def what_is_said(row: Locator) -> list[str]:
    """Return the result of a requirement, how many meet it and how many findings are open, word by word."""
    met, _, total = row.locator("td.p2").inner_text().partition("/")
    return [*row.locator("td").nth(2).inner_text().split(), met, "of", total, row.locator("td.p3").inner_text()]


def expect_the_same_numbers(page: Page) -> None:
    """Compare what the page of compliance says of a second that is past with the PDF of it."""
    page.goto("/compliance/")
    second = page.locator("#exp input[name=at]").first.get_attribute("value") or ""
    page.wait_for_timeout(1100)  # The second is over, so that nothing more can happen in it.
    page.goto(f"/compliance/?at={second}")
    rows = page.locator("section", has=page.locator("#requirements-title")).locator("tr[data-row]")
    expect(rows).to_have_count(10)
    expected = [what_is_said(row) for row in rows.all()]
    digest = page.locator("[title].mono").first.get_attribute("title")
    words = exported(page, second)
    for number, parts in enumerate(expected, 1):
        assert re.search(rf"\bAPI{number}:2023 .{{1,300}}?{' '.join(map(re.escape, parts))}\b", words), (parts, words)
    assert digest
    assert digest in words.replace(" ", "")
    assert WORST in words


def test_the_whole_tour(
    page: Page, context: BrowserContext, browser: Browser, stack: Stack, sign_in: SignIn, axe: Axe
) -> None:
    sign_in(page, "Analyst")
    path = bring(page)
    from_the_overview_to_why(page, path)
    decide_three(page, path)
    others = browser.new_context(base_url=stack.base_url)
    sign_in(second := others.new_page(), "Security manager")
    ask_and_approve(page, second)
    others.close()
    declare(page)
    axe(page)
    follow_down_both_branches(page)
    run_a_clock(page, context)
    close_with_a_review(page, axe)
    for look in in_each_look(page):
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
    expect_the_same_numbers(page)
