"""Following a playbook: by hand through both branches, and by chance through all of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.choices import StepAct
from incidents.playbooks.engine import Mark, last_marks, not_a_mark, steps_of, walk
from incidents.playbooks.shelf import playbook_for, shelf

START = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)


def action(place: str, **more: Any) -> dict[str, Any]:
    return {"step": "action", "id": place, "text": f"do {place}", "phase": "detect", "role": "scribe",
            "minutes": 10, "evidence": "", **more}  # fmt: skip


def question(place: str, yes: list[Any], no: list[Any]) -> dict[str, Any]:
    return {"step": "decision", "id": place, "text": f"{place}?", "phase": "detect", "role": "scribe",
            "yes": yes, "no": no}  # fmt: skip


BODY = [
    action("1"),
    {"step": "parallel", "branches": [[action("2.a")], [action("2.b"), action("2.c")]]},
    question("3", [action("3.y"), question("3.q", [action("3.q.y")], [])], [action("3.n")]),
    action("4"),
]


def stand(said: list[tuple[str, str]]) -> dict[str, str]:
    marks = (Mark(step=step, act=StepAct(act), at=START + timedelta(minutes=n)) for n, (step, act) in enumerate(said))
    found = walk(BODY, last_marks(marks), started_at=START)
    return {place.step.id: place.state for place in found.places} | {"": "finished" if found.finished_at else "open"}


def test_one_step_opens_the_next_and_branches_side_by_side_open_together() -> None:
    assert stand([]) == {"1": "open", "2.a": "later", "2.b": "later", "2.c": "later", "3": "later", "4": "later",
                         "": "open"}  # fmt: skip
    assert stand([("1", "done")])["2.a"] == "open"
    assert stand([("1", "done")])["2.b"] == "open"
    assert stand([("1", "done")])["2.c"] == "later"
    both = [("1", "done"), ("2.a", "done"), ("2.b", "skipped")]
    assert stand(both)["3"] == "later"
    assert stand([*both, ("2.c", "done")])["3"] == "open"


def test_an_answer_shows_its_branch_and_hides_the_other() -> None:
    there = [("1", "done"), ("2.a", "done"), ("2.b", "done"), ("2.c", "done")]
    yes, no = stand([*there, ("3", "yes")]), stand([*there, ("3", "no")])
    assert (yes["3.y"], "3.n" in yes) == ("open", False)
    assert (no["3.n"], "3.y" in no) == ("open", False)
    assert stand([*there, ("3", "no"), ("3.n", "done"), ("4", "done")])[""] == "finished"
    ended = stand([*there, ("3", "yes"), ("3.y", "done"), ("3.q", "no"), ("4", "done")])
    assert ended[""] == "finished"


def test_what_was_said_on_the_branch_that_is_left_counts_again_when_it_is_taken_again() -> None:
    there = [("1", "done"), ("2.a", "done"), ("2.b", "done"), ("2.c", "done"), ("3", "yes"), ("3.y", "done")]
    left = [*there, ("3", "reopened"), ("3", "no")]
    assert "3.y" not in stand(left)
    assert stand([*left, ("3", "reopened"), ("3", "yes")])["3.y"] == "done"


def test_a_step_done_early_opens_nothing_before_its_turn() -> None:
    early = stand([("4", "done")])
    assert (early["1"], early["4"], early[""]) == ("open", "done", "open")


def test_a_step_is_due_from_when_it_opened() -> None:
    marks = last_marks([Mark(step="1", act=StepAct.DONE, at=START + timedelta(minutes=7))])
    place = walk(BODY, marks, started_at=START).at("2.a")
    assert place
    assert place.due_at == START + timedelta(minutes=17)


@pytest.mark.parametrize(
    ("step", "act", "note", "wrong"),
    [
        ("1", "done", "", ""), ("1", "skipped", "", "Say why"), ("1", "skipped", "x", ""),
        ("1", "yes", "", "A question"),
        ("1", "reopened", "", "Nothing was said"), ("3", "yes", "", ""), ("3", "done", "x", "A question"),
        ("3.y", "done", "", "not on the way"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_told(step: str, act: str, note: str, wrong: str) -> None:
    found = walk(BODY, {}, started_at=START).at(step)
    told = not_a_mark(found, StepAct(act), note)
    assert told.startswith(wrong) or wrong in told
    assert bool(told) == bool(wrong)


def test_a_step_that_asks_for_evidence_is_done_with_it_named_only() -> None:
    body = [action("1", evidence="alert ids")]
    place = walk(body, {}, started_at=START).at("1")
    assert "alert ids" in not_a_mark(place, StepAct.DONE, " ")
    assert not_a_mark(place, StepAct.DONE, "ALR-1") == ""


@settings(max_examples=150, deadline=None)
@given(slug=st.sampled_from(sorted(shelf())), data=st.data())
def test_whatever_is_answered_in_whatever_order_every_playbook_comes_to_its_end(slug: str, data: st.DataObject) -> None:
    body, said, at = shelf()[slug].body, list[Mark](), START
    every = {step.id for step in steps_of(body)}
    seen: set[str] = set()
    while True:
        found = walk(body, last_marks(said), started_at=START)
        ids = [place.step.id for place in found.places]
        assert len(ids) == len(set(ids))
        assert set(ids) <= every
        assert seen <= set(ids), "a step that was finished is still on the way"
        todo = [place for place in found.places if place.act is None]
        assert bool(todo) == (found.finished_at is None)
        if not todo:
            break
        assert any(place.state == "open" for place in todo), "something can always be done"
        place = data.draw(st.sampled_from(todo))
        acts = [StepAct.YES, StepAct.NO] if place.step.is_question else [StepAct.DONE, StepAct.SKIPPED]
        at += timedelta(minutes=1)
        said.append(Mark(step=place.step.id, act=data.draw(st.sampled_from(acts)), at=at))
        seen.add(place.step.id)
    assert found.finished_at == max(mark.at for mark in said)


def test_every_step_of_every_playbook_is_reached_by_some_answers() -> None:
    for slug, each in shelf().items():
        reached: set[str] = set()
        ways = [StepAct.YES, StepAct.NO]
        for bits in range(64):
            said: list[Mark] = []
            asked = 0
            while todo := [one for one in walk(each.body, last_marks(said), started_at=START).places if not one.act]:
                step = todo[0].step
                act = ways[bits >> asked & 1] if step.is_question else StepAct.DONE
                asked += step.is_question
                said.append(Mark(step=step.id, act=act, at=START))
            reached |= {mark.step for mark in said}
        assert reached == {step.id for step in steps_of(each.body)}, slug


def test_the_shelf_holds_what_incidents_need_and_offers_what_fits() -> None:
    assert len(shelf()) == 13
    bola = shelf()["bola-scraping"]
    assert bola.level == "SEV2"
    assert {"gdpr-33", "nydfs-72"} <= set(bola.obligations)
    assert len(bola.body) == 11
    assert playbook_for("API1") == "bola-scraping"
    assert playbook_for("") == ""
    assert len({step.id for step in steps_of(bola.body)}) == len(list(steps_of(bola.body)))
