"""Two who say the same of one incident at the same moment: it counts once, and the slower is told."""

from functools import partial
from typing import Any

from incidents.choices import StepAct
from incidents.errors import IncidentChanged, IncidentRefused
from incidents.models import Entry, IncidentTask, Review, StepMark
from incidents.services.closing import Action, Learned, close
from incidents.services.playing import follow, mark
from tests.faults.meeting import meet_at
from tests.incidents.rooms import NOW, again, responder, room
from tests.incidents.services.test_closing import reviewing
from tests.inventory.access.people import person


def test_a_step_is_done_once_whoever_says_so_at_the_same_moment(fresh_database: str) -> None:
    by, other = responder(), responder()
    one = room(by)
    follow(incident=one, slug="bola-scraping", seen=0, principal=by, now=NOW)
    before = Entry.objects.count()
    said: dict[str, Any] = {"incident": one, "step": "1.1", "act": StepAct.DONE, "note": "x", "now": NOW}
    first, seeing, blind, twice = meet_at(
        one,
        [
            partial(mark, seen=0, principal=by, **said),
            partial(mark, seen=0, principal=other, **said),
            partial(mark, seen=None, principal=other, **said),
            partial(mark, seen=None, principal=by, **said),
        ],
    )
    assert first is None
    assert isinstance(seeing, IncidentChanged)
    assert "already" in str(blind)
    assert "already" in str(twice)
    assert StepMark.objects.get(step="1.1").by_id == by.user_id
    assert Entry.objects.count() == before + 1


def test_an_incident_closes_once_with_one_review(fresh_database: str) -> None:
    by, other, keeper = responder(), responder(), person()
    one = again(reviewing(by))
    before = Entry.objects.count()
    learned = Learned(parts={"lessons": "Ask who owns it"}, actions=(Action(title="Test", assignee=keeper),))
    said: dict[str, Any] = {"incident": one, "learned": learned, "now": NOW}
    first, seeing, blind = meet_at(
        one,
        [
            partial(close, seen=one.version, principal=by, **said),
            partial(close, seen=one.version, principal=other, **said),
            partial(close, seen=None, principal=other, **said),
        ],
    )
    assert first is None
    assert isinstance(seeing, IncidentChanged)
    assert isinstance(blind, IncidentRefused)
    assert Review.objects.get().by_id == by.user_id
    assert IncidentTask.objects.count() == 1
    assert Entry.objects.count() == before + 1
    assert again(one).stage == "closed"
