"""Save a list as somebody wants to see it again, share it with a team, and see it first."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.http import QueryDict

from inventory.access.errors import ChangeRefused
from inventory.access.models import User
from inventory.access.records import Principal
from inventory.access.services.trail import record_change
from inventory.codes import chance_code
from posture.choices import ListName
from posture.models import FirstView, SavedView

POSITION = ("after", "before", "view")
"""Where in a list one stands is no part of a view."""
MOST = 50
"""Views of one list that a person may keep."""
LONGEST = 2000
"""Letters of what a list is narrowed by, as they stand in an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to save: which list, under which name, what stands in its address, and the team to share it with."""

    listed: ListName
    name: str
    query: str
    team_id: int | None = None


def tidy_query(query: str) -> str:
    """Return the part of an address after the question mark without empty parts and position, in one fixed order."""
    asked = QueryDict(query)
    kept = QueryDict(mutable=True)
    for name in sorted(asked):
        if name not in POSITION and (value := asked[name]):
            kept[name] = value
    return str(kept.urlencode())


@transaction.atomic
def save_view(*, wish: Wish, principal: Principal, now: datetime) -> SavedView:
    """Save a view, or save it anew where one's own of that name stands for this list; return it.

    Raises ChangeRefused for a team that is not the principal's, for somebody who is no person, past fifty views, and
    for more than can be kept.
    """
    if principal.user_id is None:
        msg = "Only people save views."
        raise ChangeRefused(msg)
    if wish.team_id is not None and wish.team_id not in principal.team_ids:
        msg = "Share a view with a team you are in, or keep it private."
        raise ChangeRefused(msg)
    query = tidy_query(wish.query)
    if len(query) > LONGEST:
        msg = "This list is narrowed by more than can be kept; leave some of it out."
        raise ChangeRefused(msg)
    own = SavedView.objects.filter(owner=principal.user_id, listed=wish.listed)
    before = own.filter(name=wish.name).select_for_update().first()
    if before is None and own.count() >= MOST:
        msg = f"You have {MOST} views of this list; delete one first."
        raise ChangeRefused(msg)
    given = {"query": query, "team_id": wish.team_id, "saved_at": now}
    view, _ = SavedView.objects.update_or_create(
        owner_id=principal.user_id,
        listed=wish.listed,
        name=wish.name,
        defaults=given,
        create_defaults={"code": chance_code("VIEW"), **given},
    )
    if before is not None and before.team_id != view.team_id:
        FirstView.objects.filter(view=view).exclude(user=view.owner_id).delete()
    _record(view, "save view", principal, now, old=None if before is None else _told(before), new=_told(view))
    return view


@transaction.atomic
def drop_view(*, view: SavedView, principal: Principal, now: datetime) -> None:
    """Delete one's own view, for everybody it is shared with; raises ChangeRefused for somebody else's."""
    if view.owner_id != principal.user_id:
        msg = f"{view.owner} shared this view; only they can delete it."
        raise ChangeRefused(msg)
    _hold(view)
    FirstView.objects.filter(view=view).delete()
    _record(view, "delete view", principal, now, old=_told(view), new=None)
    view.delete()


@transaction.atomic
def see_first(*, view: SavedView, first: bool, principal: Principal, now: datetime) -> None:
    """Open the list with this view from now on, or no longer; `view` is one the principal sees.

    Raises ChangeRefused when it was deleted meanwhile.
    """
    _hold(view)
    if first:
        person = User.objects.get(pk=principal.user_id or 0)
        FirstView.objects.update_or_create(user=person, listed=view.listed, defaults={"view": view})
    else:
        FirstView.objects.filter(user=principal.user_id, listed=view.listed, view=view).delete()
    _record(view, "see view first" if first else "see list first", principal, now, old=None, new={"first": first})


def _hold(view: SavedView) -> None:
    """Hold a view until the transaction ends; of two at once one finds it gone."""
    if not SavedView.objects.select_for_update().filter(pk=view.pk).exists():
        msg = "This view was deleted a moment ago."
        raise ChangeRefused(msg)


def _told(view: SavedView) -> dict[str, object]:
    return {"list": view.listed, "name": view.name, "query": view.query, "team": view.team.slug if view.team else None}


def _record(view: SavedView, verb: str, principal: Principal, now: datetime, *, old: object, new: object) -> None:
    record_change(principal=principal, kind="view", code=view.code, verb=verb, old=old, new=new, now=now)
