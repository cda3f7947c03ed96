"""Incidents: declared once, changed by one at a time, and seen by whom they are for."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from incidents.choices import Level, Seat, Stage
from incidents.errors import IncidentChanged, IncidentRefused
from incidents.models import Entry, Evidence, Incident, IncidentTask, Participant
from incidents.services.evidence import freeze
from incidents.services.incidents import Declared, Stated, change, declare, declare_once, move
from incidents.services.people import join, leave, seat
from incidents.services.tasks_of import add_task
from inventory.access.choices import OrganisationRole, PrincipalKind
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange, User
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from tests.incidents.rooms import NOW, again, responder, room
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db


def stated(incident: Incident, **more: object) -> Stated:
    held = {"title": incident.title, "summary": incident.summary, "level": Level(incident.level), "restricted": False}
    return Stated(**{**held, **more})  # type: ignore[arg-type]  # by name


def test_of_two_who_change_it_at_once_the_slower_is_told() -> None:
    by = responder()
    one = room(by)
    change(incident=one, said=stated(one, title="First"), seen=one.version, principal=by, now=NOW)
    with pytest.raises(IncidentChanged, match="somebody else"):
        change(incident=one, said=stated(one, title="Second"), seen=one.version, principal=by, now=NOW)
    with pytest.raises(IncidentChanged):
        move(incident=one, to=Stage.TRIAGE, reason="x", seen=one.version, principal=by, now=NOW)
    assert again(one).title == "First"


def test_what_one_person_sends_twice_is_one_incident_one_task_and_one_freezing() -> None:
    by, other, api = responder(), responder(), make_api()
    said = Declared(title="Orders read", level=Level.SEV2, apis=(api,))
    one = declare_once(said=said, principal=by, now=NOW)
    assert declare_once(said=said, principal=by, now=NOW) == one
    for more in (replace(said, title="Carts read"), replace(said, apis=()), replace(said, restricted=True)):
        assert declare_once(said=more, principal=by, now=NOW) != one
    assert declare_once(said=said, principal=other, now=NOW) != one
    assert declare_once(said=said, principal=by, now=NOW + timedelta(hours=1)) != one
    asked: dict[str, Any] = {"incident": one, "title": "Call them", "assignee": None, "due_at": None, "now": NOW}
    assert add_task(**asked, principal=by) == add_task(**asked, principal=by) != add_task(**asked, principal=other)
    assert IncidentTask.objects.count() == 2
    assert freeze(incident=one, principal=by, now=NOW) == freeze(incident=one, principal=by, now=NOW)
    assert freeze(incident=one, principal=other, now=NOW) not in Evidence.objects.filter(by=by.user_id)
    assert Evidence.objects.count() == Entry.objects.filter(kind="evidence").count() == 2


def test_lowering_the_severity_and_going_on_with_something_open_take_a_reason() -> None:
    by = responder()
    one = room(by)
    with pytest.raises(IncidentRefused, match="SEV4 is enough"):
        change(incident=one, said=stated(one, level=Level.SEV4), seen=None, principal=by, now=NOW)
    with pytest.raises(IncidentRefused, match="no playbook is followed"):
        move(incident=one, to=Stage.CONTAINMENT, reason=" ", seen=None, principal=by, now=NOW)
    with pytest.raises(IncidentRefused, match="goes to"):
        move(incident=one, to=Stage.MONITORING, reason="x", seen=None, principal=by, now=NOW)
    move(incident=one, to=Stage.CONTAINMENT, reason="we know what to do", seen=None, principal=by, now=NOW)
    told = StateChange.objects.get(kind="incident", verb="containment")
    assert (told.old, told.new, told.reason) == ("declared", "containment", "we know what to do")


def test_a_team_declares_for_its_own_apis_only_and_acts_on_none() -> None:
    crew, others = team("Payments"), team("Logistics")
    owner = principal_of(person(owner_of=crew), now=NOW)
    one = room(owner, make_api(team=crew))
    assert Participant.objects.get(incident=one).seat == ""
    for apis in ((make_api(team=others),), ()):
        with pytest.raises(AccessRefused):
            room(owner, *apis)
    with pytest.raises(AccessRefused):
        move(incident=one, to=Stage.TRIAGE, reason="x", seen=None, principal=owner, now=NOW)
    member = principal_of(person(member_of=crew), now=NOW)
    with pytest.raises(AccessRefused):
        room(member, make_api(team=crew))


def test_who_sees_an_incident_and_who_a_restricted_one() -> None:
    crew = team("Payments")
    api, by = make_api(team=crew), responder()
    one, secret = room(by, api), room(by, api, restricted=True)
    guest = person()

    def sees(*roles: OrganisationRole, user: User | None = None) -> set[str]:
        principal = principal_of(user or person(*roles), now=NOW)
        return set(Incident.objects.visible_to(principal).values_list("code", flat=True))

    both = {one.code, secret.code}
    assert sees(OrganisationRole.SECURITY_MANAGER) == both
    assert sees(OrganisationRole.AUDITOR) == {one.code}
    assert sees(OrganisationRole.ADMINISTRATOR) == {one.code}
    assert sees(user=person(owner_of=crew)) == {one.code}
    assert sees(user=person(owner_of=team("Logistics"))) == set()
    assert sees(user=guest) == set()
    join(incident=secret, who=guest, reason="knows the supplier", principal=by, now=NOW)
    assert sees(user=guest) == {secret.code}
    leave(incident=secret, who=guest, principal=by, now=NOW)
    assert sees(user=guest) == set()


def test_the_trail_of_a_restricted_incident_holds_no_words() -> None:
    by = responder()
    secret = room(by, restricted=True)
    row = StateChange.objects.get(kind="incident", code=secret.code)
    assert (row.verb, row.new, row.reason) == ("declared", None, "")


def test_a_seat_has_one_person_who_may_sit_there_and_others_stay_in_the_room() -> None:
    by, new = responder(), person(OrganisationRole.SECURITY_MANAGER)
    one = room(by)
    with pytest.raises(IncidentRefused, match="may not act"):
        seat(incident=one, who=person(), seat=Seat.COMMANDER, seen=None, principal=by, now=NOW)
    with pytest.raises(IncidentChanged):
        seat(incident=one, who=new, seat=Seat.COMMANDER, seen=0, principal=by, now=NOW)
    seat(incident=one, who=new, seat=Seat.COMMANDER, seen=by.user_id, principal=by, now=NOW)
    there = set(Participant.objects.filter(incident=one, until=None).values_list("user", "seat"))
    assert there == {(new.pk, "incident_commander"), (by.user_id, "")}


def test_programs_act_on_no_incident() -> None:
    token = Principal(
        kind=PrincipalKind.TOKEN, name="t", user_id=person(OrganisationRole.RESPONDER).pk, token_id=1,
        organisation_roles=frozenset({OrganisationRole.RESPONDER}), scopes=frozenset({"see"}),
    )  # fmt: skip
    with pytest.raises(AccessRefused):
        room(token)


def test_a_title_is_needed_and_long_or_broken_text_is_refused() -> None:
    by = responder()
    for title, summary in ((" ", ""), ("x", "y" * 10_001), ("x", "a\0b")):
        said = Declared(title=title, level=Level.SEV3, summary=summary)
        with pytest.raises(IncidentRefused):
            declare(said=said, principal=by, now=NOW)
    assert not Incident.objects.exists()


@pytest.mark.parametrize("statement", ["UPDATE incidents_entry SET text = 'x'", "DELETE FROM incidents_entry",
                                       "UPDATE incidents_stepmark SET note = 'x'", "DELETE FROM incidents_evidence",
                                       "UPDATE incidents_review SET lessons = 'x'", "TRUNCATE incidents_playbook",
                                       "DELETE FROM incidents_playbook"])  # fmt: skip
def test_the_application_rewrites_no_line_of_it(statement: str) -> None:
    room(responder())
    with connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
        cursor.execute(statement)


def test_moments_of_containment_and_end_are_kept() -> None:
    by = responder()
    one = room(by)
    now = NOW
    for to in (Stage.CONTAINMENT, Stage.ERADICATION):
        now += timedelta(hours=1)
        move(incident=one, to=to, reason="on", seen=None, principal=by, now=now)
    assert again(one).contained_at == now
    move(incident=one, to=Stage.CONTAINMENT, reason="it is back", seen=None, principal=by, now=now)
    assert again(one).contained_at is None
