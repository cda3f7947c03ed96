"""The end: a review that is kept, actions with owners, frozen evidence, and the way back."""

import pytest

from incidents.choices import ClockState, Level, Stage, TaskState
from incidents.errors import IncidentChanged, IncidentRefused
from incidents.models import Incident, IncidentTask, Review
from incidents.services.clocks import Filed, stop, switch_on
from incidents.services.closing import Action, Learned, close, reopen
from incidents.services.incidents import move
from incidents.services.tasks_of import add_task, end_task
from inventory.access.records import Principal
from tests.incidents.rooms import NOW, again, responder, room
from tests.inventory.access.people import person

pytestmark = pytest.mark.django_db
LINE = (Stage.CONTAINMENT, Stage.ERADICATION, Stage.RECOVERY, Stage.MONITORING, Stage.REVIEW)


def reviewing(by: Principal, level: Level = Level.SEV2) -> Incident:
    one = room(by, level=level)
    for to in LINE:
        move(incident=one, to=to, reason="on", seen=None, principal=by, now=NOW)
    return one


def test_it_closes_with_lessons_and_actions_become_tasks_of_somebody() -> None:
    by, keeper = responder(), person()
    one = reviewing(by)
    with pytest.raises(IncidentRefused, match="learned"):
        close(incident=one, learned=Learned(parts={}), seen=None, principal=by, now=NOW)
    nobody = Learned(parts={"lessons": "Ask who owns it"}, actions=(Action(title="Test each route"),))
    with pytest.raises(IncidentRefused, match="who sees to it"):
        close(incident=one, learned=nobody, seen=None, principal=by, now=NOW)
    assert not Review.objects.exists()
    learned = Learned(
        parts={"lessons": "Ask who owns it"}, actions=(Action(title="Test", assignee=keeper), Action(title=""))
    )
    closed = close(incident=one, learned=learned, seen=again(one).version, principal=by, now=NOW)
    assert (closed.stage, closed.ended_at) == ("closed", NOW)
    task = IncidentTask.objects.get()
    assert (task.assignee, task.is_improvement) == (keeper, True)
    with pytest.raises(IncidentRefused):
        close(incident=one, learned=learned, seen=None, principal=by, now=NOW)


def test_nothing_closes_while_a_clock_runs() -> None:
    by = responder()
    one = reviewing(by, Level.SEV4)
    switch_on(incident=one, rule="gdpr-33", aware_at=NOW, principal=by, now=NOW)
    with pytest.raises(IncidentRefused, match="clock"):
        close(incident=one, learned=Learned(parts={}), seen=None, principal=by, now=NOW)
    filed = Filed(state=ClockState.NOT_REQUIRED, reason="no personal data")
    stop(incident=one, rule="gdpr-33", filed=filed, seen=None, principal=by, now=NOW)
    assert close(incident=one, learned=Learned(parts={}), seen=None, principal=by, now=NOW).stage == "closed"


def test_it_opens_again_with_a_reason_and_closes_with_another_review() -> None:
    by = responder()
    one = reviewing(by, Level.SEV4)
    close(incident=one, learned=Learned(parts={"lessons": "a"}), seen=None, principal=by, now=NOW)
    with pytest.raises(IncidentRefused, match="why"):
        reopen(incident=one, reason=" ", seen=None, principal=by, now=NOW)
    with pytest.raises(IncidentChanged):
        reopen(incident=one, reason="x", seen=1, principal=by, now=NOW)
    reopen(incident=one, reason="it is back", seen=None, principal=by, now=NOW)
    assert (again(one).stage, again(one).ended_at) == ("triage", None)
    for to in (Stage.DECLARED, *LINE):
        move(incident=one, to=to, reason="on", seen=None, principal=by, now=NOW)
    close(incident=one, learned=Learned(parts={"lessons": "b"}), seen=None, principal=by, now=NOW)
    assert [review.lessons for review in Review.objects.order_by("pk")] == ["a", "b"]


def test_a_task_is_done_once_and_the_slower_is_told() -> None:
    by = responder()
    one = room(by)
    who = person()
    task = add_task(incident=one, title="Call them", assignee=who, due_at=None, principal=by, now=NOW)
    end_task(task=task, state=TaskState.DONE, seen=1, principal=by, now=NOW)
    with pytest.raises(IncidentChanged):
        end_task(task=task, state=TaskState.DROPPED, seen=1, principal=by, now=NOW)
    with pytest.raises(IncidentRefused):
        add_task(incident=one, title=" ", assignee=None, due_at=None, principal=by, now=NOW)
