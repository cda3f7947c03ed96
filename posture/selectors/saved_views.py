"""The saved views of a list, as the tabs above it."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from inventory.access.records import Principal
from posture.choices import ListName
from posture.models import FirstView, SavedView


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One saved view: `current` when the list is narrowed to just that, `shared` the team or nothing."""

    code: str
    name: str
    query: str
    shared: str
    own: bool
    first: bool
    current: bool = False


def visible_view(*, principal: Principal, code: str) -> SavedView:
    """Return a saved view the principal may see; raises SavedView.DoesNotExist for foreign and for none."""
    if "\0" in code:
        raise SavedView.DoesNotExist
    return SavedView.objects.visible_to(principal).select_related("owner", "team").get(code=code)


def saved_views(*, principal: Principal, listed: ListName, query: str) -> tuple[Tab, ...]:
    """Return the views of a list, one's own first, by name; one query. `query` is what is asked for now, tidied."""
    first = FirstView.objects.filter(view=OuterRef("pk"), user=principal.user_id)
    views = SavedView.objects.visible_to(principal).filter(listed=listed).select_related("team")
    tabs = [
        Tab(
            code=view.code,
            name=view.name,
            query=view.query,
            shared=view.team.name if view.team else "",
            own=view.owner_id == principal.user_id,
            first=is_first,
            current=view.query == query,
        )
        for view in views.annotate(is_first=Exists(first)).order_by("name", "pk")
        for is_first in (bool(getattr(view, "is_first", False)),)
    ]
    return tuple(sorted(tabs, key=lambda tab: not tab.own))
