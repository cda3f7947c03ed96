"""Playbooks in a room: the version stays, steps are said by one at a time."""

from dataclasses import replace

import pytest

from incidents.choices import Stage, StepAct
from incidents.errors import IncidentChanged, IncidentRefused
from incidents.models import Entry, Incident, Playbook, StepMark
from incidents.playbooks.engine import steps_of
from incidents.playbooks.shelf import shelf
from incidents.selectors.room_playbook import StepRow, playbook_card
from incidents.services.incidents import move
from incidents.services.playing import current_run, follow, keep, mark, walk_of
from inventory.access.records import Principal
from tests.incidents.rooms import NOW, responder, room

pytestmark = pytest.mark.django_db


def say(incident: Incident, by: Principal, step: str, act: str, note: str = "x", seen: int | None = None) -> StepMark:
    return mark(incident=incident, step=step, act=StepAct(act), note=note, seen=seen, principal=by, now=NOW)


def test_a_playbook_is_followed_down_either_branch_and_ends() -> None:
    by, second = responder(), responder()
    ways = (("yes", "5.yes.1", "5.no.1", 5), ("no", "5.no.1", "5.yes.1", 4))
    for answer, there, not_there, questions in ways:
        one = room(by)
        run = follow(incident=one, slug="bola-scraping", seen=0, principal=by, now=NOW)
        while todo := [place for place in walk_of(run)[0].places if place.state == "open"]:
            step = todo[0].step
            say(one, second if step.is_approval else by, step.id, answer if step.is_question else "done")
        stand, said = walk_of(run)
        assert stand.finished_at == NOW
        assert there in said
        assert not_there not in said
        assert Entry.objects.filter(incident=one, kind="decision").count() == questions


def test_a_later_edition_changes_nothing_in_a_room_that_follows_an_earlier_one() -> None:
    by = responder()
    one = room(by)
    run = follow(incident=one, slug="bola-scraping", seen=None, principal=by, now=NOW)
    newer = replace(shelf()["bola-scraping"], digest="f" * 64, body=shelf()["bola-scraping"].body[:1])
    assert keep(newer, now=NOW).version == 2
    assert keep(newer, now=NOW).version == 2
    held = current_run(one)
    assert held == run
    assert held.playbook.version == 1
    assert Playbook.objects.count() == 2


def test_of_two_answers_to_one_question_the_slower_is_told() -> None:
    by, other = responder(), responder()
    one = room(by)
    follow(incident=one, slug="bola-scraping", seen=None, principal=by, now=NOW)
    first = say(one, by, "5", "yes", seen=0)
    with pytest.raises(IncidentChanged):
        say(one, other, "5", "no", seen=0)
    with pytest.raises(IncidentRefused, match="already"):
        say(one, other, "5", "no", seen=first.pk)
    say(one, other, "5", "reopened", seen=first.pk)
    assert say(one, other, "5", "no").act == "no"
    assert StepMark.objects.filter(step="5").count() == 3


def test_following_another_keeps_what_was_said_and_asks_whom_it_surprises() -> None:
    by = responder()
    one = room(by)
    first = follow(incident=one, slug="bola-scraping", seen=0, principal=by, now=NOW)
    say(one, by, "1.1", "done")
    with pytest.raises(IncidentChanged):
        follow(incident=one, slug="ssrf", seen=0, principal=by, now=NOW)
    second = follow(incident=one, slug="ssrf", seen=first.pk, principal=by, now=NOW)
    assert walk_of(second)[0].count[0] == 0
    assert StepMark.objects.get().run == first


def test_one_approves_what_another_did_whichever_is_done_first() -> None:
    first, second = responder(), responder()
    for early, late in (("drafts", "approves"), ("approves", "drafts")):
        one = room(first)
        run = follow(incident=one, slug="bola-scraping", seen=0, principal=first, now=NOW)
        [question] = [step for step in steps_of(run.playbook.body) if step.text == "Is any notification required?"]
        say(one, second, question.id, "yes")
        ids = {"drafts": f"{question.id}.yes.1", "approves": f"{question.id}.yes.2"}
        done = say(one, first, ids[early], "done")
        for act in ("done", "skipped"):
            with pytest.raises(IncidentRefused, match="another person does this one"):
                say(one, first, ids[late], act)
        say(one, first, ids[early], "reopened", seen=done.pk)
        say(one, second, ids[early], "done")
        told = {row.id: row for row in rows_of(one, me=second)}
        assert (told[ids[late]].is_mine, told[ids[late]].not_by) == (True, second.name)
        assert not {row.id: row for row in rows_of(one, me=first)}[ids[late]].is_mine
        assert say(one, first, ids[late], "done").step == ids[late]


def rows_of(incident: Incident, *, me: Principal) -> list[StepRow]:
    card = playbook_card(incident, {}, me=me.user_id, now=NOW)
    return [row for phase in card.phases for row in phase.rows]


def test_nothing_is_said_where_nothing_is_followed_or_all_is_over() -> None:
    by = responder()
    one = room(by)
    with pytest.raises(IncidentRefused, match="No playbook"):
        say(one, by, "1.1", "done")
    with pytest.raises(IncidentRefused, match="no such playbook"):
        follow(incident=one, slug="common-close", seen=None, principal=by, now=NOW)
    follow(incident=one, slug="ssrf", seen=None, principal=by, now=NOW)
    for to in (Stage.TRIAGE, Stage.FALSE_POSITIVE):
        move(incident=one, to=to, reason="nothing", seen=None, principal=by, now=NOW)
    with pytest.raises(IncidentRefused, match="over"):
        say(one, by, "1.1", "done")
