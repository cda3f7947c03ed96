"""The tabs of the settings: `{% load settings_nav %}{% settings_nav "tokens" %}` below the head of the page."""

from typing import Any, Final

from django import template

from inventory.access.routes import address_for

register = template.Library()

TABS: Final = (
    ("profile", "Profile"),
    ("security", "Sign-in and security"),
    ("tokens", "Tokens"),
    ("sign-in-rules", "Rules of sign-in"),
)


@register.inclusion_tag("access/_settings_nav.html", takes_context=True)
def settings_nav(context: dict[str, Any], current: str) -> dict[str, Any]:
    """Show the settings whose routes let the person in; `current` is the route name of the page without `access:`."""
    principal = context["request"].principal
    found = ((name, label, address_for(principal, f"access:{name}")) for name, label in TABS)
    tabs = [(label, url, name == current) for name, label, url in found if url]
    # Only an installation with the demo has it; a higher floor says where.
    if demo := context["shell"].ways.get("demo", ""):
        tabs.append(("Demo", demo, current == "demo-reset"))
    return {"tabs": tabs}
