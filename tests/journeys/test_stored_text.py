"""Text that documents and people bring in stays text, on every page: markup, scripts, addresses, formulas.

The content security policy is switched off for it, so that only the pages themselves stand between the text and its
running.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, FilePayload, Page

from tests.conftest import TOLD, RecordProperty
from tests.findings.reports import sarif
from tests.journeys.conftest import Stack
from tests.journeys.test_line import OWNER, upload

MARKUP = (
    "<script>window.ran='script'</script>",
    "\"><img src=x onerror=window.ran='image'>",
    "' onmouseover=window.ran='quote' onfocus=window.ran='quote' autofocus x='",
    "</title></textarea></style></script><svg onload=window.ran='svg'>",
    "javascript:window.ran='address'",
    "<a href=javascript:window.ran='link'>x</a>",
    "--><iframe srcdoc=\"<script>parent.ran='frame'</script>\"></iframe><!--",
)
OTHER = (
    "{{ 7191*7 }}{% debug %}${7191*7}",
    '=HYPERLINK("http://x.example")',
    "@SUM(1+1)",
    "\u202egpj.exe",
    "bell\u0007\u001b[31m",
)
MOST_PAGES = 90
NOT_READ = re.compile(r"/export/|logout|\.csv")
INSPECT = """() => {
  const bad = [];
  for (const element of document.querySelectorAll("*")) {
    for (const {name, value} of element.attributes) {
      if (name.startsWith("on")) bad.push(`${element.tagName} ${name}`);
      const address = ["href", "src", "action", "formaction", "srcdoc"].includes(name);
      if (address && /^\\s*(javascript|data|vbscript):/i.test(value))
        bad.push(`${element.tagName} ${name}=${value.slice(0, 60)}`);
    }
    element.dispatchEvent(new MouseEvent("mouseover", {bubbles: false}));
  }
  if (window.ran) bad.push(`ran: ${window.ran}`);
  if (document.body.innerText.includes("50337")) bad.push("a template inside a text was worked out");
  const unseen = /[\\u202a-\\u202e\\u2066-\\u2069\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]/;
  if (unseen.test(document.documentElement.outerHTML)) bad.push("a character nobody sees");
  return bad;
}"""


def hostile_description(title: str) -> bytes:
    """Return an OpenAPI description with a hostile text wherever it holds one."""
    paths = {
        f"/t{number}/{text.replace('/', '~')}": {
            "get": {
                "summary": text,
                "description": text,
                "operationId": text,
                "tags": [text],
                "responses": {"200": {"description": text}},
            }
        }
        for number, text in enumerate([*MARKUP, *OTHER])
    }
    contact = {"name": MARKUP[2], "url": MARKUP[4]}
    info = {"title": title, "version": MARKUP[0], "description": MARKUP[1], "contact": contact}
    document = {"openapi": "3.0.3", "info": info, "servers": [{"url": "https://h.example/x"}], "paths": paths}
    return json.dumps(document).encode()


def hostile_report() -> bytes:
    """Return a SARIF log of one result for each hostile text, in rule, message, file, help and address."""
    texts = [*MARKUP, *OTHER]
    log = json.loads(sarif(*(hostile_result(*each) for each in enumerate(texts)), tool=MARKUP[1]))
    log["runs"][0]["tool"]["driver"]["rules"] = [
        {
            "id": text,
            "name": text,
            "helpUri": MARKUP[4],
            "shortDescription": {"text": text},
            "help": {"text": text, "markdown": text},
        }
        for text in texts
    ]
    return json.dumps(log).encode()


def hostile_result(number: int, text: str) -> dict[str, Any]:
    """Return a SARIF result made of one text."""
    region = {"startLine": 1, "snippet": {"text": text}}
    return {
        "ruleId": text,
        "level": "error",
        "message": {"text": text, "markdown": f"[x]({MARKUP[4]}) {text}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": f"src/{number}{text}"}, "region": region}}],
        "properties": {"tags": [text]},
    }


def file(name: str, content: bytes) -> FilePayload:
    """Return a file as the browser takes it."""
    return {"name": name, "mimeType": "application/json", "buffer": content}


def signed_in(browser: Browser, stack: Stack, role: str) -> Page:
    """Return a page of somebody in a browser that obeys no policy of ours."""
    context = browser.new_context(base_url=stack.base_url, bypass_csp=True)
    page = context.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog on {page.url}: {dialog.message}"))
    email, password = stack.people[role]
    page.goto("/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def shape(path: str) -> str:
    """Return a path without what tells one object from another."""
    return re.sub(r"[A-Z]{2,4}-[0-9A-Z]{5,}|[0-9a-f]{8}-[0-9a-f-]{27}", "*", path)


def walked(page: Page, start: list[str], most: dict[str, int]) -> Iterator[str]:
    """Yield each page that can be reached by links, a few of each shape; it stands open meanwhile."""
    waiting, seen, met = list(start), set(start), dict[str, int]()
    while waiting and len(met) < MOST_PAGES:
        path = waiting.pop(0)
        kind = shape(path.partition("?")[0])
        if met.get(kind, 0) >= most.get(kind, 1):
            continue
        met[kind] = met.get(kind, 0) + 1
        answer = page.goto(path)
        if answer is None or "html" not in answer.headers.get("content-type", ""):
            continue
        assert answer.status < 500, path
        yield path
        for link in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
            there = urlsplit(link)
            target = there.path + (f"?{there.query}" if there.query else "")
            if there.netloc == urlsplit(page.url).netloc and target not in seen and not NOT_READ.search(target):
                seen.add(target)
                waiting.append(target)


def test_nothing_that_was_brought_in_runs_on_any_page(
    browser: Browser, stack: Stack, record_property: RecordProperty
) -> None:
    page = signed_in(browser, stack, OWNER)
    page.goto("/upload/")
    upload(page, file(f"{MARKUP[0][:20]}.json", hostile_description(f"Hostile {MARKUP[1]}")))
    page.goto("/apis/?q=Hostile")
    page.locator("[data-row] a").first.click()
    page.wait_for_url("**/apis/API-*/")
    own = urlsplit(page.url).path
    page.get_by_role("link", name="Upload a report").click()
    upload(page, file("x.sarif", hostile_report()))
    wrong, count = [], 0
    for role in (OWNER, "Administrator"):
        visitor = page if role == OWNER else signed_in(browser, stack, role)
        start = [own, "/", f"{own}findings/", f"{own}endpoints/", f"{own}history/", "/findings/?q=script"]
        for path in walked(visitor, start, {"/findings/*/": len(MARKUP) + len(OTHER)}):
            count += 1
            wrong += [f"{role} {path}: {line}" for line in visitor.evaluate(INSPECT)]
        visitor.context.close()
    record_property(TOLD, f"Stored text: {count} pages looked at, {len(wrong)} complaints.")
    assert not wrong, "\n".join(wrong)
