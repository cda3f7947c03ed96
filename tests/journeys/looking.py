"""What is asked of every page in a browser: its frame, its rules, its width, and a walk by the Tab key alone."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WATCH = """
window.mice = 0;
window.walked = [];
for (const name of ["mousedown", "pointerdown", "touchstart", "click"])
  addEventListener(name, event => { if (event.isTrusted) window.mice++; }, true);
addEventListener("keydown", event => { if (event.key === "Tab") window.walked.push(window.told?.()); }, true);
"""
"""Counts what comes of a mouse, and notes where the focus stands whenever the Tab key takes it on."""

PREPARE = """() => {
  const all = "a[href], button, input, select, textarea, summary, [tabindex]";
  const shown = element => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length;
  const name = element => `${element.tagName.toLowerCase()} “${(element.ariaLabel || element.innerText || element.name
    || element.id || "").trim().replace(/\\s+/g, " ").slice(0, 60)}”`;
  const takes = element => shown(element) && !element.disabled && element.tabIndex >= 0 && element.type !== "hidden"
    && !element.closest("[inert]") && !(element.type === "radio" && !element.checked
      && document.querySelector(`input[type=radio][name="${CSS.escape(element.name)}"]:checked`));
  const wanted = [...document.querySelectorAll(all)].filter(takes);
  const radios = new Set();
  window.wanted = wanted.filter(element => {
    if (element.type !== "radio") return true;
    const first = !radios.has(element.name); radios.add(element.name); return first;
  });
  const covered = element => {
    const box = (element.closest("label") ?? element).getBoundingClientRect();
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    if (right <= left || bottom <= top) return "outside the window";
    const hit = document.elementFromPoint((left + right) / 2, Math.min(top + 6, (top + bottom) / 2));
    const bar = hit?.closest(".top, .bulk, .side");
    return bar && !bar.contains(element) ? `under ${bar.className}` : "";
  };
  const outlined = element => {
    const near = [element, element.nextElementSibling, element.closest("label, .drop, tr, li, .input-group, .filters")];
    return near.some(each => each && (style => (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)
      || style.boxShadow !== "none")(getComputedStyle(each)));
  };
  window.told = () => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    return { at: window.wanted.indexOf(element), name: name(element), covered: covered(element),
      seen: outlined(element) };
  };
  window.walked.length = 0;
  document.activeElement?.blur?.();
  scrollTo(0, 0);
  document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute("tabindex");
  return window.wanted.map(name);
}"""
"""Notes what Tab should reach, in the order of the document, and puts the focus before the first of it."""

FRAME = """() => {
  const wrong = [];
  const say = (bad, text) => { if (bad) wrong.push(text); };
  const heads = [...document.querySelectorAll("h1")].filter(head => head.checkVisibility());
  say(heads.length !== 1, `${heads.length} h1`);
  say(!/^\\S.* · Posture$/.test(document.title), `title “${document.title}”`);
  const skip = document.querySelector("a.skip");
  say(document.querySelector(".side") && !(skip && document.querySelector(skip.getAttribute("href"))), "no skip link");
  say(!document.documentElement.lang, "no language");
  const inline = element => getComputedStyle(element).display === "inline";
  const fields = "main form :is(input:not([type=hidden], [hidden]), select, textarea)";
  for (const field of document.querySelectorAll(fields)) {
    const around = field.parentElement.checkVisibility() && !field.closest(".sr-only, .drop, dialog, [popover]");
    say(around && !field.getClientRects().length, `nobody sees the field ${field.outerHTML.slice(0, 120)}`);
  }
  for (const element of document.querySelectorAll("a[href], button, input, select, textarea, summary")) {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest(".skip, .sr-only")) continue;
    if (element.type === "hidden" || (element.matches("a") && inline(element))) continue;
    const own = element.getBoundingClientRect(), label = element.closest("label") ?? element.labels?.[0];
    const box = label && own.width < 24 ? label.getBoundingClientRect() : own;
    const small = box.width && (box.width < 23.5 || box.height < 23.5);
    say(small, `target of ${Math.round(box.width)} × ${Math.round(box.height)}: ${element.outerHTML.slice(0, 120)}`);
  }
  return wrong;
}"""

WIDE = """() => {
  const page = document.documentElement, wrong = [];
  if (page.scrollWidth > innerWidth) wrong.push(`scrolls sideways: ${page.scrollWidth} > ${innerWidth}`);
  const held = element => {
    for (let each = element.parentElement; each !== document.body; each = each.parentElement) {
      const flow = getComputedStyle(each);
      if (flow.overflowX !== "visible" || flow.position === "fixed" || each.matches("[popover], dialog")) return true;
    }
  };
  for (const element of document.querySelectorAll("main *")) {
    const box = element.getBoundingClientRect();
    const out = box.width && box.right > innerWidth + 1 && !element.closest("svg, .sr-only");
    if (wrong.length < 4 && out && !held(element))
      wrong.push(`sticks out to ${Math.round(box.right)}: ${element.outerHTML.slice(0, 120)}`);
  }
  for (const card of document.querySelectorAll(".card")) {
    const edge = card.getBoundingClientRect().right;
    for (const element of card.querySelectorAll(".tag, .btn, .sev, .who, h2, p, .name, .sub, code, dd")) {
      const box = element.getBoundingClientRect();
      if (wrong.length < 8 && box.width && box.right > edge + 1 && !element.closest(".table-wrap, .sr-only, [popover]"))
        wrong.push(`out of its card by ${Math.round(box.right - edge)}: ${element.outerHTML.slice(0, 140)}`);
    }
  }
  return wrong;
}"""

AXE_TAGS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


MORE = (
    "/apis/?q=nothing+like+it", "/apis/?view=all&reach=public", "/findings/?q=nothing+like+it", "/search?q=umkehr",
    "/connections/new/?kind=url", "/connections/new/?kind=webhook", "/alerts/?q=no", "/incidents/?q=no", "/nowhere/",
)  # fmt: skip
"""Pages that are looked at besides: lists that match nothing, forms of a kind, an address that is none."""


@dataclass
class Looked:
    """What was counted, and what is wrong with which page."""

    pages: set[str] = field(default_factory=set)
    looks: int = 0
    presses: int = 0
    wrong: list[str] = field(default_factory=list)

    def say(self, page: Page, look: str, faults: list[str]) -> None:
        """Note faults of a page."""
        path = page.url.partition("://")[2].partition("/")[2]
        self.wrong += [f"/{path[:90]} [{look}] {fault}" for fault in faults]


def turn(page: Page, theme: str, width: int) -> str:
    """Show a page from its top in a theme and width and return the name of that look.

    Where another look left off, the bar that stays at the top would cover parts of what may be pressed.
    """
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate(
        """theme => {
          document.documentElement.dataset.theme = theme; document.activeElement?.blur?.();
          scrollTo({ top: 0, behavior: "instant" });
        }""",
        theme,
    )
    return f"{theme} {width}"


def obeys(page: Page) -> list[str]:
    """Return what breaks the rules of accessibility, each with its elements."""
    found: list[dict[str, Any]] = Axe().run(page, options=AXE_TAGS).response["violations"]
    return [f"axe {item['id']}: {[node['target'] for node in item['nodes']][:4]}" for item in found]


def walk(page: Page, looked: Looked) -> list[str]:
    """Go through a page by the Tab key alone and return what is not reached, not seen, hidden or out of order."""
    wanted: list[str] = page.evaluate(PREPARE)
    dates = page.locator("input[type=date]").count() + 2 * page.locator("input[type=datetime-local]").count()
    presses = len(wanted) + page.locator(".table-wrap, pre, [data-chart]").count() + 4 * dates + 2
    for _ in range(presses):
        page.keyboard.down("Tab")  # Held down, as it repeats by itself: half the events of pressing it each time.
    page.keyboard.up("Tab")
    looked.presses += presses
    walked = [stop for stop in page.evaluate("[...window.walked, window.told()]") if stop]
    order = list(dict.fromkeys(stop["at"] for stop in walked if stop["at"] >= 0))
    wrong = [f"not reached by Tab: {name}" for at, name in enumerate(wanted) if at not in order]
    ahead = [wanted[b] for a, b in pairwise(order) if b < a and b != 0]
    wrong += [f"out of order: {name}" for name in ahead]
    wrong += [f"{stop['covered']}: {stop['name']}" for stop in walked if stop["covered"]]
    seen = {stop["at"] for stop in walked if stop["seen"]}  # A date is several stops, its last one a button within.
    wrong += [f"focus not seen: {stop['name']}" for stop in walked if stop["at"] not in seen]
    mice = page.evaluate("window.mice")
    return wrong + ([f"{mice} events of a mouse"] if mice else [])
