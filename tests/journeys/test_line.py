"""The line: from a specification and a scanner's report to an explained score, as a person walks it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from tests.journeys.conftest import HOME, Stack, arrive

SAMPLES = Path(__file__).parent / "samples"
OWNER = "Team owner of Payments"
FORCED = "POST /v2/refunds/{id}/force answered 202 without a token."
ANOTHER = "GET /v2/refunds/{id} returned <b>another</b> customer's refund."
MINUTE = 60_000
"""Milliseconds; what takes longer than that does not work."""

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], None]


def sample(name: str, called: str = "Refunds") -> FilePayload:
    """Return a sample file, its API called otherwise where two must not meet."""
    content = (SAMPLES / name).read_text().replace("Refunds", called).replace("refunds.shop", f"{called.lower()}.shop")
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content.encode()}


def upload(page: Page, file: FilePayload) -> None:
    """Choose a file on the upload page, send it, and wait until its job is done."""
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("[data-file-name]")).to_have_text(file["name"])
    page.get_by_role("button", name="Upload", exact=True).click()
    page.wait_for_url("**/jobs/*-*/")
    expect(page.locator("#job .sev.ok")).to_have_text("Done", timeout=MINUTE)


def find(page: Page, name: str) -> str:
    """Go from the list to the API with this name and return the path of its page."""
    page.goto("/apis/")
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_url("**/apis/API-*/")
    return re.sub(r"^\w+://[^/]+", "", page.url)


def until_scored(page: Page, path: str, reason: str) -> None:
    """Load the page of an API until its score has this reason."""
    for _ in range(30):
        page.goto(path)
        if page.locator("#why", has_text=reason).count():
            return
        page.wait_for_timeout(1000)
    pytest.fail(f"No score with “{reason}” within half a minute.")


def score_of(page: Page) -> int:
    return int(page.locator(".risk.xl b").inner_text())


def tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Pages of this API").get_by_role("link", name=name).click()


def expect_reasons(page: Page) -> None:
    """Check that the page explains its score by the findings of the sample."""
    why = page.locator("#why")
    told = (FORCED, ANOTHER, "Server: harbour/1.2")
    for title in told:  # What the product's own checks found stands among them.
        expect(why.locator("tbody")).to_contain_text(title)
    expect(why.locator("h2")).to_have_text(f"Why {score_of(page)}")
    expect(why).to_contain_text("Fixing the top two brings it to")
    expect(why).to_contain_text("Reach is unknown: counted as 0.8")
    expect(why).to_contain_text(re.compile(r"Coverage: \d+ %, \d+ of \d+ checks"))
    points = [float(text) for text in why.locator("tbody .pts").all_inner_texts()]
    assert len(points) >= len(told)
    assert sum(points) == pytest.approx(score_of(page), abs=0.7)


def state(page: Page, **facts: str) -> None:
    """Change the facts of the API whose page is open and wait for the score that follows."""
    page.locator("#facts").get_by_role("link", name="Change").click()
    form = page.locator("#facts form")
    for label, value in facts.items():
        form.get_by_label(label).select_option(value)
    form.get_by_label("Reason").fill("It pays out")
    form.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Saved.")
    page.wait_for_url(re.compile(r"/apis/API-\w+/$"), timeout=MINUTE)


def expect_no_change_by_the_same_bytes(page: Page, path: str) -> None:
    """Upload both samples again: the jobs say that nothing changed, and nothing has."""
    page.goto(path)
    before = page.locator("#why tbody").inner_text()
    for name in ("refunds.sarif", "refunds.openapi.yaml"):
        page.get_by_role("link", name="Upload a report").click()
        upload(page, sample(name))
        expect(page.locator("#job")).to_contain_text(re.compile("nothing changed", re.IGNORECASE))
        page.goto(path)
        assert page.locator("#why tbody").inner_text() == before


def test_a_file_becomes_an_api_a_report_its_findings_and_both_an_explained_score(page: Page, sign_in: SignIn) -> None:
    sign_in(page, OWNER)
    page.keyboard.press("g")
    page.keyboard.press("u")
    page.wait_for_url("**/upload/")
    upload(page, sample("refunds.openapi.yaml"))

    path = find(page, "Refunds")
    expect(page.locator("h1")).to_contain_text("Refunds 2.4")
    tab(page, "Endpoints")
    expect(page.locator("tr[data-row]")).to_have_count(5)
    expect(page.locator("tr[data-row]", has_text="/refunds/{id}/force")).to_contain_text("None")

    page.get_by_role("link", name="Upload a report").click()
    upload(page, sample("refunds.sarif"))
    until_scored(page, path, FORCED)
    expect_reasons(page)
    unstated = score_of(page)

    state(page, Reach="public", Environment="production", Criticality="mission", Data="restricted")
    assert score_of(page) > unstated
    expect(page.locator("#why")).to_contain_text("Public, counted as 1")
    expect(page.locator("[data-chart][data-drawn]")).to_have_count(1)
    tab(page, "History")
    expect(page.locator(".timeline")).to_contain_text("set criticality from unknown to mission")
    expect(page.locator(".timeline blockquote").first).to_have_text("It pays out")

    expect_no_change_by_the_same_bytes(page, path)

    page.goto("/apis/")
    row = page.locator("tr[data-row]", has=page.get_by_role("link", name="Refunds", exact=True))
    expect(row).to_contain_text("None on 1 of 5")
    expect(row).to_contain_text("Payments")
    expect(row.locator(".risk")).to_contain_text("critical risk")


@pytest.fixture(scope="module")
def charges(browser: Browser, stack: Stack) -> str:
    """Put an API with findings and two scores in, by the pages, and return the path of its own."""
    context = browser.new_context(base_url=stack.base_url)
    page = context.new_page()
    email, password = stack.people[OWNER]
    page.goto("/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(HOME)
    page.goto("/upload/")
    upload(page, sample("refunds.openapi.yaml", "Charges"))
    path = find(page, "Charges")
    page.get_by_role("link", name="Upload a report").click()
    upload(page, sample("refunds.sarif", "Charges"))
    until_scored(page, path, FORCED)
    state(page, Reach="internal", Data="restricted")
    context.close()
    return path


def test_another_team_sees_no_trace_of_it(page: Page, sign_in: SignIn, charges: str, complaints: list[str]) -> None:
    sign_in(page, "Team owner of Logistics")
    expect(page.locator("main")).not_to_contain_text("Charges")
    answer = page.goto(charges)
    assert answer is not None
    assert answer.status == 404
    complaints.clear()


def test_the_pages_are_walked_by_keys_alone(page: Page, sign_in: SignIn, charges: str) -> None:
    sign_in(page, OWNER)
    page.keyboard.press("g")
    page.keyboard.press("a")
    arrive(page, "**/apis/")
    page.keyboard.press("/")
    page.keyboard.type("charges")
    page.wait_for_url("**/apis/?q=charges")
    expect(page.locator("[role=status].spacer")).to_contain_text("1 API,")
    expect(page.locator("[data-filter]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("j")
    expect(page.locator("tr.cursor a")).to_be_focused()
    page.keyboard.press("o")
    page.wait_for_url(f"**{charges}")
    page.goto(f"{charges}findings/")
    for _ in range(page.locator("tr[data-row] a.name").all_inner_texts().index(ANOTHER) + 1):
        page.keyboard.press("j")
    page.keyboard.press("x")
    opened = page.locator("tr.cursor details[open]")
    expect(opened).to_contain_text("returned <b>another</b> customer's refund.")
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog#keys")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("j")
    arrive(page, "**/jobs/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()


def test_a_theme_is_switched_at_once_and_kept(page: Page, sign_in: SignIn, charges: str) -> None:
    sign_in(page, OWNER)
    page.goto(charges)
    for theme in ("dark", "light"):
        with page.expect_response("**/settings/theme/"):
            page.get_by_role("button", name="Switch light or dark").click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        page.locator(f"[data-chart][data-drawn={theme}]").wait_for()
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)


def in_each_look(page: Page) -> Iterator[str]:
    """Yield after turning the page to each theme, and to the width of a phone."""
    for theme, width in (("light", 1280), ("dark", 1280), ("light", 390)):
        page.set_viewport_size({"width": width, "height": 844})
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        yield f"{theme} at {width}"


@pytest.mark.parametrize(
    "place", ["/apis/", "/apis/?q=nothing+like+it", "/upload/", "", "endpoints/", "findings/", "history/", "facts/"]
)
def test_every_page_is_accessible_and_holds_in_light_and_dark_and_on_a_phone(
    page: Page, sign_in: SignIn, axe: Axe, charges: str, place: str
) -> None:
    sign_in(page, OWNER)
    page.goto(place if place.startswith("/") else f"{charges}{place}")
    for look in in_each_look(page):
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look


def test_an_answer_that_comes_late_leaves_the_cursor_on_its_row(page: Page, sign_in: SignIn, charges: str) -> None:
    """Leaving the filter asks for the list once more; here it is answered after the next key."""
    sign_in(page, OWNER)
    page.goto("/apis/")
    page.locator("[data-filter]").fill("charges")
    page.wait_for_url("**/apis/?q=charges**")
    expect(page.locator("[role=status].spacer")).to_contain_text("1 API,")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/apis/?q=charges**", hold)
    page.locator("[data-filter]").dispatch_event("change")
    page.locator("[data-filter]").blur()
    page.keyboard.press("j")
    expect(page.locator("tr.cursor a")).to_be_focused()
    with page.expect_response("**/apis/?q=charges**"):
        for route in held:
            route.continue_()
    page.wait_for_timeout(300)
    expect(page.locator("tr.cursor a")).to_be_focused()
    page.keyboard.press("o")
    page.wait_for_url(f"**{charges}")


def test_the_pages_work_without_a_script(browser: Browser, stack: Stack, sign_in: SignIn, charges: str) -> None:
    context = browser.new_context(base_url=stack.base_url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, OWNER)
    page.goto("/apis/?sort=name")
    page.locator("[data-filter]").fill("charges")
    page.locator("[data-filter]").press("Enter")
    page.wait_for_url("**q=charges**")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    page.goto(f"{charges}findings/")
    page.locator("summary").first.click()
    expect(page.locator("details[open]")).to_have_count(1)
    page.goto(charges)
    page.locator("#facts").get_by_role("link", name="Change").click()
    expect(page.locator("h1")).to_contain_text("Facts of Charges")
    context.close()
