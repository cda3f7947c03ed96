"""The policy of deadlines: who sets it, what it keeps, and two at once."""

import pytest

from findings.errors import FindingsChanged, FindingsRefused
from findings.selectors import deadline_days
from findings.services.deadlines import set_deadlines
from findings.status import SeverityRank
from inventory.access.choices import OrganisationRole
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from tests.inventory.access.people import NOW, person, team

pytestmark = pytest.mark.django_db

HIGH, LOW = SeverityRank.HIGH, SeverityRank.LOW


def manager() -> Principal:
    return principal_of(person(OrganisationRole.SECURITY_MANAGER), now=NOW)


def test_before_anybody_sets_them_the_usual_days_stand() -> None:
    assert [deadline_days()[rank] for rank in reversed(SeverityRank)] == [7, 30, 90, 180, None]


def test_what_is_set_stands_and_only_what_changed_is_on_the_trail() -> None:
    changed = set_deadlines(days={HIGH: 14, LOW: 180}, principal=manager(), now=NOW, reason="Audit asked.")
    assert changed == (HIGH,)
    assert deadline_days()[HIGH] == 14
    change = StateChange.objects.get(kind="policy")
    assert (change.code, change.verb, change.old, change.new) == ("deadlines", "set high", 30, 14)
    assert change.reason == "Audit asked."
    set_deadlines(days={HIGH: None}, principal=manager(), now=NOW)
    assert deadline_days()[HIGH] is None


def test_only_who_sets_policies_may() -> None:
    others = [person(role) for role in OrganisationRole if role != OrganisationRole.SECURITY_MANAGER]
    for user in (*others, person(owner_of=team())):
        with pytest.raises(AccessRefused):
            set_deadlines(days={HIGH: 1}, principal=principal_of(user, now=NOW), now=NOW)


@pytest.mark.parametrize("number", [0, -1, 3651])
def test_days_out_of_range_are_refused(number: int) -> None:
    with pytest.raises(FindingsRefused):
        set_deadlines(days={HIGH: number}, principal=manager(), now=NOW)


def test_who_saw_other_days_than_stand_now_is_refused_and_nothing_changes() -> None:
    seen = deadline_days()
    set_deadlines(days={HIGH: 14}, principal=manager(), now=NOW, stood=seen)
    with pytest.raises(FindingsChanged):
        set_deadlines(days={LOW: 60}, principal=manager(), now=NOW, stood=seen)
    assert (deadline_days()[HIGH], deadline_days()[LOW]) == (14, 180)
