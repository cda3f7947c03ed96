"""The parts of every page, as template tags: `{% load ui %}`.

Each tag writes the markup of the design system in `static/app.css`. Whatever is passed in is text and is escaped;
a class name that is not one of ours becomes the neutral one, so that a scanner's word never reaches a class attribute.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from django.template import Context, Library
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

register = Library()

SEVERITIES = ("critical", "high", "medium", "low", "info")
SHADES = frozenset({*SEVERITIES, "ok"})
REACH_ICONS = {"public": "world", "partner": "affiliate", "internal": "building", "unknown": "user-question"}
BAND_WORDS = {
    "critical": "Critical",
    "high": "High",
    "medium": "Medium",
    "low": "Low",
    "none": "No known",
    "": "Not scored",
}
AVATAR_TINTS = 6
SPARK_WIDTH, SPARK_HEIGHT = 70, 17
SPARK_LEAST_RANGE = 14
"""Points: below that spread a line is drawn flatter than it could be, so that noise does not look like a jump."""
DAYS_IN_WORDS = 7
"""An older moment is shown as a date, a nearer one as its distance."""
MINUTE = 60
UNITS = (("d", 24 * 60 * MINUTE), ("h", 60 * MINUTE), ("min", MINUTE))

Number: TypeAlias = int | float | Decimal


@register.simple_tag
def icon(name: str, label: str = "", cls: str = "") -> SafeString:
    """Draw an icon of the sprite; without a label it is decoration and hidden from screen readers."""
    classes = f"icon {cls}" if cls else "icon"
    use = format_html('<use href="#i-{}"/>', name)
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}">{}</svg>', classes, label, use)
    return format_html('<svg class="{}" aria-hidden="true">{}</svg>', classes, use)


@register.simple_tag
def sev(severity: str, *, pill: bool = False) -> SafeString:
    """Draw a severity as shape and word."""
    name = severity if severity in SEVERITIES else "info"
    return format_html(
        '<span class="sev {}{}">{}<span>{}</span></span>',
        name,
        " pill" if pill else "",
        icon(f"sev-{name}"),
        str(severity).capitalize() or "Info",
    )


def whole(score: Number) -> str:
    """Return a score as it is shown: a whole number, halves up, and never 0 for what is more than 0."""
    if 0 < score < Decimal("0.5"):
        return "<1"
    return str(math.floor(Decimal(str(score)) + Decimal("0.5")))


@register.simple_tag
def risk(
    score: Number | None,
    band: str = "",
    *,
    label: bool = False,
    xl: bool = False,
    computed: datetime | None = None,
) -> SafeString:
    """Draw a risk badge: a number in its band's tint, on hover when it was computed. Not scored is a dash, never 0."""
    band = band if score is not None and band in BAND_WORDS else ""
    shade = band if band in SHADES else "info"
    word = BAND_WORDS[band]
    if label or xl:
        text = f"{word} risk" if xl and band else word
        words = format_html("<span>{}</span>", text)
    else:
        words = format_html('<span class="sr-only">{}</span>', f"{word.lower()} risk" if band else "not scored")
    return format_html(
        '<span class="risk {}{}"{}><b>{}</b>{}</span>',
        shade,
        " xl" if xl else "",
        format_html(' title="Computed {}"', exact(computed)) if computed else "",
        "–" if score is None else whole(score),
        words,
    )


@register.simple_tag
def delta(change: Number, unit: str = "") -> SafeString:
    """Draw a change of a score: the arrow shows the direction, the colour and the hidden word the judgement."""
    if not change:
        return format_html('<span class="delta same">0<span class="sr-only">{}</span></span>', " no change")
    word, arrow = ("worse", "arrow-up-right") if change > 0 else ("better", "arrow-down-right")
    return format_html(
        '<span class="delta {0}">{1}{2}{3}<span class="sr-only"> {0}</span></span>',
        word,
        icon(arrow),
        whole(abs(Decimal(str(change)))),
        unit,
    )


@register.simple_tag
def spark(points: Sequence[Number], direction: str = "") -> SafeString:
    """Draw a small line beside a number, which screen readers read instead. `direction`: up, down or nothing.

    One point is a dot: there is nothing yet that it came from.
    """
    numbers = [float(point) for point in points]
    if len(numbers) == 1:
        return format_html(
            '<svg class="spark dot {}" viewBox="0 0 8 20" aria-hidden="true"><circle cx="4" cy="10" r="2.5"/></svg>',
            direction,
        )
    low = min(numbers, default=0.0)
    spread = max(max(numbers, default=0.0) - low, SPARK_LEAST_RANGE)
    step = SPARK_WIDTH / max(len(numbers) - 1, 1)
    places = " ".join(
        f"{round(index * step, 1)},{round(19 - (number - low) / spread * SPARK_HEIGHT, 1)}"
        for index, number in enumerate(numbers)
    )
    return format_html(
        '<svg class="spark {}" viewBox="0 0 72 20" aria-hidden="true"><polyline points="{}"/></svg>', direction, places
    )


def initials(name: str) -> str:
    """Return the first letters of the first and last word of a name."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.simple_tag
def avatar(name: str | None, *, large: bool = False) -> SafeString:
    """Draw a person's initials on a tint of their own; nobody is a dashed ring."""
    letters = initials(name or "")
    tint = f"h{sum(map(ord, name or '')) % AVATAR_TINTS + 1}" if letters else "none"
    return format_html(
        '<span class="avatar {}{}" aria-hidden="true">{}</span>', tint, " lg" if large else "", letters or "?"
    )


@register.simple_tag
def who(name: str | None, nobody: str = "Unowned") -> SafeString:
    """Draw a person or team with its initials."""
    return format_html('<span class="who">{}<span>{}</span></span>', avatar(name), name or nobody)


@register.simple_tag
def clock(state: str, text: str) -> SafeString:
    """Draw the time left to a deadline. `state`: overdue, soon or ok."""
    shape = "alert-triangle" if state == "overdue" else "clock"
    return format_html('<span class="sla {}">{}{}</span>', state, icon(shape), text)


@register.simple_tag
def bar(parts: Iterable[tuple[str, Number]], total: Number, label: str, *, thin: bool = False) -> SafeString:
    """Draw a stacked bar of (class, amount) parts of a total, with the message in its label."""
    rects, start = [], 0.0
    for cls, amount in parts:
        if amount and total:
            width = float(amount) / float(total) * 100
            rects.append((cls, f"{start:.1f}", f"{width:.1f}"))
            start += width
    return format_html(
        '<svg class="bar{}" role="img" aria-label="{}">{}</svg>',
        " thin" if thin else "",
        label,
        format_html_join("", '<rect class="{}" x="{}%" width="{}%" height="100%"/>', rects),
    )


@register.simple_tag
def share(cls: str, amount: Number, total: Number, label: str) -> SafeString:
    """Draw a bar of one part."""
    return bar([(cls, amount)], total, label)


@register.simple_tag
def counts(numbers: Mapping[str, int], *, fixed: bool = True) -> SafeString:
    """Draw counts by severity; `fixed` keeps the place of a zero, so that numbers line up down a list."""
    shown = ((name, number) for name, number in numbers.items() if number or fixed)
    inside = format_html_join("", "{}", ((_count(name, number),) for name, number in shown))
    return format_html('<span class="sevcount">{}</span>', inside)


def _count(name: str, number: int) -> SafeString:
    parts = (name, icon(f"sev-{name}"), number)
    if number:
        return format_html('<span class="{0}">{1}{2}<span class="sr-only"> {0}</span></span>', *parts)
    return format_html(
        '<span class="{0} zero" aria-hidden="true">{1}{2}<span class="sr-only"> {0}</span></span>', *parts
    )


@register.simple_tag
def reach(value: str, *, short: bool = False) -> SafeString:
    """Draw who can reach an API; `short` under a heading that says what it is about."""
    shape = REACH_ICONS.get(value, "user-question")
    text = "Reach unknown" if value == "unknown" and not short else str(value).capitalize()
    return format_html('<span class="tag">{}{}</span>', icon(shape), text)


@register.simple_tag
def tag(text: str, shape: str = "", cls: str = "") -> SafeString:
    """Draw one tag. `cls`: hot, warn, bad, good or nothing."""
    return format_html('<span class="tag{}">{}{}</span>', f" {cls}" if cls else "", icon(shape) if shape else "", text)


@register.simple_tag
def tags(texts: Iterable[str], nothing: str = "None") -> SafeString:
    """Draw a list of tags."""
    inside = format_html_join("", '<span class="tag">{}</span>', ((text,) for text in texts))
    return format_html('<span class="tags">{}</span>', inside or format_html('<span class="muted">{}</span>', nothing))


def exact(moment: datetime) -> str:
    """Return a moment to the second, in the zone of the person."""
    return f"{timezone.localtime(moment):%-d %b %Y, %H:%M:%S %Z}"


@register.simple_tag
def moment(value: datetime) -> SafeString:
    """Draw a moment in full, in the zone of the person, for facts whose very second matters."""
    local = timezone.localtime(value)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), exact(value))


@register.simple_tag(takes_context=True)
def when(context: Context, moment: datetime | None, nothing: str = "Never", *, short: bool = False) -> SafeString:
    """Draw a moment: near ones as their distance from the context's `now`, far ones as a date, exact on hover."""
    if moment is None:
        return format_html('<span class="muted">{}</span>', nothing)
    local = timezone.localtime(moment)
    now: datetime | None = context.get("now")
    if short:
        this_year = now is not None and timezone.localtime(now).year == local.year
        text = _short_distance(moment, now) or (f"{local:%-d %b}" if this_year else f"{local:%b %Y}")
    else:
        text = _distance(moment, now) or f"{local:%-d %b %Y}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        exact(moment),
        text,
    )


def _distance(moment: datetime, now: datetime | None) -> str:
    if now is None or abs((now - moment).days) >= DAYS_IN_WORDS:
        return ""
    if abs((now - moment).total_seconds()) < MINUTE:
        return "now"
    if moment > now:
        return f"in {timesince(now, moment, depth=1)}"
    return f"{timesince(moment, now, depth=1)} ago"


def _short_distance(moment: datetime, now: datetime | None) -> str:
    if now is None or abs((now - moment).days) >= DAYS_IN_WORDS:
        return ""
    seconds = abs((now - moment).total_seconds())
    return next((f"{seconds // size:.0f}\xa0{unit}" for unit, size in UNITS if seconds >= size), "now")
