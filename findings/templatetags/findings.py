"""Parts of pages about findings: `{% load findings %}`."""

from datetime import datetime

from django.template import Context, Library
from django.utils.html import format_html
from django.utils.safestring import SafeString

from findings.deadlines import state, words
from inventory.templatetags.ui import clock, exact

register = Library()


@register.simple_tag(takes_context=True)
def deadline(context: Context, until: datetime | None) -> SafeString:
    """Draw the time left of an open finding until it is due; the moment itself on hover. None is no deadline."""
    now: datetime | None = context.get("now")
    if until is None or now is None:
        return format_html('<span class="muted xs">{}</span>', "No deadline")
    told = clock(state(due=until, now=now), words(due=until, now=now))
    return format_html('<time datetime="{}" title="Due {}">{}</time>', until.isoformat(), exact(until), told)
