"""What people are told of: whom it concerns, many as one line, and the same in every look."""

from datetime import UTC, datetime, timedelta

import pytest

from findings.models import Due
from findings.services.decide import Statement, Target, ask_acceptance, decide
from findings.services.work import pause_clock
from findings.status import DecisionKind
from incidents.choices import Seat
from incidents.models import Episode
from incidents.services.clocks import switch_on
from incidents.services.people import join, seat
from incidents.services.tasks_of import add_task
from inventory.access.choices import OrganisationRole
from inventory.access.models import User
from inventory.access.selectors import principal_of
from inventory.jobs.models import Job
from inventory.models import Api
from posture.choices import NoticeKind
from posture.models import Notice
from posture.services.notices import store
from posture.services.noticing import look_around
from tests.incidents.rooms import MINUTE, NOW, responder, room
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding, seen_by_a_scan

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def told(user: User, now: datetime = NOW) -> list[tuple[str, str]]:
    """Return what somebody is told in one look, as kind and text."""
    return sorted((one.kind.value, one.text) for one in look_around(now=now) if one.user_id == user.pk)


def alerts(api: Api, number: int, *, now: datetime = NOW, severity: int = 4) -> None:
    already = Episode.objects.count()
    Episode.objects.bulk_create(
        Episode(
            code=f"ALR-{already + n}", key=str(already + n), api=api, source_kind="wall", rule="r", title="t",
            severity=severity, category="API8", outcome="allowed", window_start=now, first_at=now, last_at=now,
            recorded_at=now, alerts=1, events=1,
        )
        for n in range(number)
    )  # fmt: skip


def test_a_thousand_alerts_on_an_api_are_one_line_for_its_owner_and_nobody_else() -> None:
    crew = team("Payments")
    owner, other = person(owner_of=crew), person(owner_of=team("Logistics"))
    api = make_api(team=crew, owner=owner, deputy=other, name="Tolls")
    alerts(api, 1000)
    alerts(api, 5, severity=1)
    assert told(owner) == [("alert", "1,000 new alerts, critical or high, on Tolls")]
    assert told(other) == []
    assert store(look_around(now=NOW)) == 1
    assert store(look_around(now=NOW + MINUTE)) == 1
    assert Notice.objects.get().count == 1000


def test_more_of_a_kind_within_the_hour_grow_the_line_and_let_it_ask_again() -> None:
    owner = person(OrganisationRole.ANALYST)
    api = make_api(owner=owner, name="Tolls")
    alerts(api, 1)
    store(look_around(now=NOW))
    Notice.objects.update(read_at=NOW)
    store(look_around(now=NOW))
    assert Notice.objects.get().read_at == NOW
    alerts(api, 1)
    store(look_around(now=NOW))
    grown = Notice.objects.get()
    assert (grown.count, grown.read_at) == (2, None)


def test_who_is_let_into_a_room_and_given_a_task_is_told_and_who_did_it_is_not() -> None:
    by, guest = responder(), person(OrganisationRole.RESPONDER)
    one = room(by)
    join(incident=one, who=guest, reason="x", principal=by, now=NOW)
    seat(incident=one, who=guest, seat=Seat.API_OWNER, seen=None, principal=by, now=NOW)
    add_task(incident=one, title="Call them", assignee=guest, due_at=NOW + HOUR, principal=by, now=NOW)
    me = User.objects.get(pk=by.user_id or 0)
    add_task(incident=one, title="Mine", assignee=me, due_at=None, principal=by, now=NOW)
    assert told(guest) == [
        ("assigned", f"Your task in {one.code}: Call them"),
        ("deadline", f"Due within a day, your task in {one.code}: Call them"),
        ("incident", f"You are in the room of {one.code} as API owner: Orders read"),
    ]
    assert told(me) == []
    assert ("deadline", f"Overdue, your task in {one.code}: Call them") in told(guest, NOW + 2 * HOUR)


def test_an_incident_that_nobody_commands_is_told_to_all_who_could_and_may_see_it() -> None:
    """Its declarer may not act on it; then its commander leaves the seat."""
    payments, manager = team(), person(OrganisationRole.SECURITY_MANAGER)
    owner, other = person(owner_of=payments), person(OrganisationRole.RESPONDER)
    api, auditor = make_api(team=payments), person(OrganisationRole.AUDITOR)
    open_one, closed_one = (
        room(principal_of(owner, now=NOW), api, restricted=restricted) for restricted in (False, True)
    )
    words = [("incident", f"Nobody commands {one.code}: Orders read") for one in (open_one, closed_one)]
    assert told(manager) == sorted(words)
    assert told(other) == [words[0]]
    assert told(auditor) == told(owner) == []

    acting = principal_of(manager, now=NOW)
    for one in (open_one, closed_one):
        seat(incident=one, who=manager, seat=Seat.COMMANDER, seen=None, principal=acting, now=NOW + HOUR)
    assert words[0] not in told(other, NOW + HOUR)
    seat(incident=open_one, who=None, seat=Seat.COMMANDER, seen=manager.pk, principal=acting, now=NOW + 2 * HOUR)
    assert told(other, NOW + 2 * HOUR) == [words[0]]
    assert told(other, NOW + timedelta(days=4)) == []


@pytest.mark.parametrize(("hours", "words"), [(35, ""), (36, "half used"), (54, "75 % used"), (65, "90 % used"),
                                              (72, "is over")])  # fmt: skip
def test_a_clock_is_told_of_as_its_time_is_used_to_those_who_watch_it(hours: int, words: str) -> None:
    by, privacy = responder(), person()
    one = room(by)
    seat(incident=one, who=privacy, seat=Seat.PRIVACY, seen=None, principal=by, now=NOW)
    switch_on(incident=one, rule="gdpr-33", aware_at=NOW, principal=by, now=NOW)
    now = NOW + timedelta(hours=hours)
    found = [text for kind, text in told(privacy, now) if kind == "deadline"]
    assert bool(found) == bool(words)
    assert all(words in text and one.code in text for text in found)


def test_who_may_answer_for_a_risk_is_told_that_it_is_asked_and_who_asked_is_not() -> None:
    crew = team("Payments")
    manager, owner, asker = person(OrganisationRole.SECURITY_MANAGER), person(owner_of=crew), person(member_of=crew)
    found = make_finding(make_api(team=crew))
    seen_by_a_scan(found)
    statement = Statement(kind=DecisionKind.ASKED, reason="x", until=NOW + timedelta(days=30))
    by = principal_of(asker, now=NOW)
    ask_acceptance(target=Target(finding_ids=(found.pk,)), statement=statement, principal=by, now=NOW)
    line = ("acceptance", f"An acceptance of {found.code} waits for an answer")
    assert told(manager) == [line]
    assert told(owner) == [line]
    assert told(asker) == []
    assert told(person(OrganisationRole.ANALYST)) == []
    decide(
        target=Target(finding_ids=(found.pk,)), principal=by, now=NOW,
        statement=Statement(kind=DecisionKind.FALSE_POSITIVE, reason="None"),
    )  # fmt: skip
    assert told(manager) == []


def test_findings_that_become_due_are_one_line_a_day_for_who_owns_the_api() -> None:
    owner = person(OrganisationRole.ANALYST)
    api = make_api(owner=owner)
    for days in (1, 1, -1):
        found = make_finding(api)
        Due.objects.update_or_create(
            finding=found, defaults={"api": api, "severity": 3, "weakness": 1, "due_at": NOW + timedelta(days=days)}
        )
    lines = told(owner)
    assert ("deadline", "2 findings of yours are due within two days") in lines
    assert any("became overdue" in text for _, text in lines)


def test_that_clocks_stand_and_run_again_is_told_to_whose_findings_they_are_and_not_to_who_did_it() -> None:
    crew = team("Payments")
    owner, by = person(owner_of=crew), principal_of(person(OrganisationRole.ANALYST), now=NOW)
    api = make_api(team=crew, owner=owner)
    first, second = make_finding(api), make_finding(api)
    until = NOW + timedelta(days=3)
    pause_clock(finding=first, until=until, reason="Freeze", principal=by, now=NOW)
    assert told(owner) == [("deadline", f"The clock of {first.code} stands until {until:%d %b %Y}")]
    pause_clock(finding=second, until=until, reason="Freeze", principal=by, now=NOW)
    assert told(owner) == [("deadline", "The clocks of 2 findings of yours stand")]
    assert told(User.objects.get(pk=by.user_id or 0)) == []
    assert ("deadline", "The clocks of 2 findings of yours run again") in told(owner, until + HOUR)
    pause_clock(finding=make_finding(api), until=until, reason="Mine", principal=principal_of(owner, now=NOW), now=NOW)
    assert told(owner) == [("deadline", "The clocks of 2 findings of yours stand")]


def test_an_import_that_failed_is_told_to_who_asked_for_it() -> None:
    user = person(OrganisationRole.ANALYST)
    for number in range(2):
        Job.objects.create(
            kind="findings.report", title=f"Read {number}.sarif", arguments={}, principal={}, user=user, queue="bulk",
            state="failed", created_at=NOW, sent_at=NOW, finished_at=NOW,
        )  # fmt: skip
    assert told(user) == [("import", "2 imports failed")]
    assert {kind.value for kind in NoticeKind} >= {"import"}


def test_what_happened_in_another_time_zone_falls_into_hours_of_one_clock() -> None:
    owner = person(OrganisationRole.ANALYST)
    alerts(make_api(owner=owner, name="Tolls"), 1, now=datetime.now(UTC) - HOUR)
    assert len(told(owner, datetime.now(UTC))) == 1
