"""The way to the trail of one thing: `{% load trail_link %}{% trail_link "connection" connection.code %}`."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.http import urlencode

from inventory.access.rights import Verb, may_somewhere

register = template.Library()


@register.inclusion_tag("access/_trail_link.html", takes_context=True)
def trail_link(context: dict[str, Any], kind: str, code: str) -> dict[str, str]:
    """Show the link to who may read a trail at all; of what is not their own they find nothing there."""
    if not may_somewhere(context["request"].principal, Verb.READ_TRAIL):
        return {"url": ""}
    return {"url": f"{reverse('access:trail')}?{urlencode({'kind': kind, 'code': code})}"}
