"""Due dates in the database: the same as the pure rule says, after each thing that moves them."""

from datetime import date, datetime, timedelta

import pytest

from findings.deadlines import DEFAULT_DAYS, NEVER, Calendar, Rule
from findings.models import Due
from findings.services.deadlines import set_deadlines, set_exception
from findings.services.decide import Statement, Target, decide
from findings.services.due import stamp_due
from findings.services.work import pause_clock, resume_clock
from findings.status import DecisionKind, SeverityRank
from inventory.access.choices import OrganisationRole
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from tests.inventory.access.people import person
from tests.posture.services.estates import NOW, luck, make_api, make_finding, seen_by_a_scan

pytestmark = pytest.mark.django_db
HIGH = SeverityRank.HIGH


def manager() -> Principal:
    return principal_of(person(OrganisationRole.SECURITY_MANAGER), now=NOW)


def test_the_database_counts_as_the_pure_rule_does() -> None:
    chance = luck(7)
    calendar = Calendar(business=True, holidays=frozenset({date(2026, 1, 1), date(2026, 3, 2), date(2026, 4, 6)}))
    set_deadlines(days={HIGH: 12}, principal=manager(), now=NOW, calendar=calendar)
    rows = [
        make_finding(
            make_api(), severity=chance.choice(list(SeverityRank)),
            first_seen=NOW - timedelta(minutes=chance.randrange(600_000)),
        )
        for _ in range(60)
    ]  # fmt: skip
    assert stamp_due(now=NOW) == 60
    days = {**DEFAULT_DAYS, HIGH: 12}
    for row in rows:
        number = days[SeverityRank(row.severity)]
        assert row.due.due_at == (calendar.after(row.first_seen, number) if number else NEVER)
    assert stamp_due(now=NOW) == 0


def due_at(code: str) -> datetime:
    return Due.objects.get(finding__code=code).due_at


def test_an_exception_holds_for_its_apis_alone_and_moves_what_is_open() -> None:
    public, internal = make_api(reach="public"), make_api(reach="internal")
    codes = [make_finding(api).code for api in (public, internal)] + [make_finding(None).code]
    stamp_due(now=NOW)
    assert {due_at(code) for code in codes} == {NOW + timedelta(days=30)}
    set_exception(rule=Rule(severity=HIGH, days=3, reach="public"), principal=manager(), now=NOW)
    stamp_due(now=NOW, api_ids=[public.pk, internal.pk])
    assert [due_at(code) - NOW for code in codes] == [timedelta(days=number) for number in (3, 30, 30)]


def test_what_is_decided_has_no_clock_and_what_is_taken_up_keeps_its() -> None:
    api = make_api()
    judged, taken = make_finding(api), make_finding(api)
    seen_by_a_scan(judged, taken)
    stamp_due(now=NOW)
    for row, kind in ((judged, DecisionKind.FALSE_POSITIVE), (taken, DecisionKind.IN_PROGRESS)):
        statement = Statement(kind=kind, reason="Looked at it.")
        decide(target=Target(finding_ids=(row.pk,)), statement=statement, principal=manager(), now=NOW)
    assert not Due.objects.filter(finding=judged).exists()
    assert due_at(taken.code) == NOW + timedelta(days=30)


def test_a_pause_moves_the_due_date_by_as_long_as_the_clock_stood() -> None:
    row = make_finding(make_api())
    stamp_due(now=NOW)
    pause_clock(finding=row, until=NOW + timedelta(days=10), reason="The vendor answers.", principal=manager(), now=NOW)
    assert due_at(row.code) == NOW + timedelta(days=40)
    resume_clock(finding=row, principal=manager(), now=NOW + timedelta(days=4))
    assert due_at(row.code) == NOW + timedelta(days=34)
