"""Parts of pages about findings: `{% load findings %}`."""

from collections.abc import Mapping
from datetime import datetime

from django.template import Context, Library
from django.utils.html import format_html
from django.utils.safestring import SafeString

from findings.deadlines import due, state, words
from findings.status import SeverityRank
from inventory.templatetags.ui import clock, exact

register = Library()


@register.simple_tag(takes_context=True)
def deadline(context: Context, severity: str, opened: datetime, days: Mapping[SeverityRank, int | None]) -> SafeString:
    """Draw the time left of an open finding by the policy's days; the moment itself on hover."""
    now: datetime | None = context.get("now")
    until = due(opened=opened, severity=SeverityRank[severity.upper()], days=days)
    if until is None or now is None:
        return format_html('<span class="muted xs">{}</span>', "No deadline")
    told = clock(state(due=until, now=now), words(due=until, now=now))
    return format_html('<time datetime="{}" title="Due {}">{}</time>', until.isoformat(), exact(until), told)
