"""The states of endpoints: every combination of facts by the written definitions, and the same in the database."""

import itertools
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import uuid4

import pytest

from inventory.choices import Discovery
from inventory.discovery import DEFINITIONS, SINCE_EVER, EndpointFacts, Watch, discover, watch_of
from inventory.models import Api, DiscoveryPolicy, Endpoint, ObservedDay
from inventory.models.traffic import in_state
from inventory.selectors.endpoints import discovered

NOW = datetime(2026, 6, 1, tzinfo=UTC)
EARLY, REMOVED, SUNSET, LATE = (date(2026, 5, number) for number in (1, 10, 12, 20))
DAYS = 3
UNTIMED = {Discovery.DOCUMENTED, Discovery.REMOVED}
WATCHES = {
    "never observed": [],
    "observed too few days": [date(2026, 5, 19), LATE],
    "observed long before": [date(2026, 4, number) for number in (1, 2, 3)],
    "observed since": [date(2026, 5, number) for number in (1, 20, 21, 22)],
    "observed long since": [date(2026, 5, number) for number in (1, 20, 21, 22, 23)],
}


def combinations() -> list[dict[str, Any]]:
    """Return every combination of what may be known of an endpoint and of its gateway."""
    found = []
    for since, removed, deprecated, sunset, called, watch in itertools.product(
        (None, SINCE_EVER, date(2026, 5, 21)), (None, REMOVED), (False, True), (None, SUNSET), (None, EARLY, LATE),
        WATCHES,
    ):  # fmt: skip
        if since is None and (removed or deprecated or sunset):
            continue  # only a specification says such things
        found.append(
            {"since": since, "removed": removed, "deprecated": deprecated, "sunset": sunset, "called": called,
             "watch": watch}
        )  # fmt: skip
    return found


def expected(case: dict[str, Any]) -> Discovery:
    """Return the state by the words of the definitions, from the observed days themselves."""
    observed, last = WATCHES[case["watch"]], case["called"]
    silent = len([day for day in observed if last is None or day > last])
    still = last is not None and silent < DAYS
    if case["since"] is None:
        return Discovery.SHADOW if still else Discovery.UNUSED
    if case["removed"]:
        if last is None or last <= REMOVED:
            return Discovery.REMOVED
        return Discovery.ZOMBIE if still else Discovery.UNUSED
    if still and (case["deprecated"] or (case["sunset"] and last >= SUNSET)):
        return Discovery.ZOMBIE
    if last is None:
        known = [day for day in observed if day >= case["since"]]
        return Discovery.ORPHAN if silent >= DAYS and len(known) >= DAYS else Discovery.DOCUMENTED
    return Discovery.DOCUMENTED if still else Discovery.UNUSED


def facts(case: dict[str, Any]) -> EndpointFacts:
    return EndpointFacts(
        specified_since=case["since"], removed_on=case["removed"], deprecated=case["deprecated"],
        sunset=case["sunset"], last_called=case["called"],
    )  # fmt: skip


def test_every_combination_has_the_state_of_the_written_definitions() -> None:
    met = set()
    for case in combinations():
        found = discover(facts(case), watch_of(WATCHES[case["watch"]], days=DAYS), days=DAYS)
        assert found.state == expected(case), (case, found)
        assert found.reason.endswith(".")
        met.add(found.state)
    assert met == set(Discovery)


def test_a_reason_names_the_day_and_the_threshold() -> None:
    watch = watch_of(WATCHES["observed long since"], days=DAYS)
    zombie = EndpointFacts(specified_since=SINCE_EVER, deprecated=True, last_called=date(2026, 5, 22))
    assert discover(zombie, watch, days=DAYS).reason == "Deprecated, and still called, last on 2026-05-22."
    orphan = EndpointFacts(specified_since=SINCE_EVER)
    assert discover(orphan, watch, days=DAYS).reason == "In the specification, and no call on 5 observed days."
    unused = EndpointFacts(specified_since=SINCE_EVER, last_called=EARLY)
    told = discover(unused, watch, days=DAYS).reason
    assert told == "No call on the last 3 observed days; the last one was on 2026-05-01."
    assert all("{days}" in DEFINITIONS[state] for state in Discovery if state not in UNTIMED)


def test_days_that_are_observed_twice_count_once() -> None:
    days = [EARLY, LATE, LATE]
    assert watch_of(days, days=2) == Watch(days=2, edge=EARLY)
    assert watch_of(days, days=3) == Watch(days=2, edge=None)


@pytest.mark.django_db
def test_the_database_finds_the_same_endpoints_in_each_state() -> None:
    DiscoveryPolicy.objects.create(days=DAYS)
    rows: dict[int, Discovery] = {}
    for name, observed in WATCHES.items():
        api = Api.objects.create(
            code=f"API-{uuid4().hex[:8]}", stable_id=uuid4(), name=name, slug=uuid4().hex, first_seen=NOW, last_seen=NOW
        )
        ObservedDay.objects.bulk_create([ObservedDay(api=api, day=day, calls=1, untold=0) for day in observed])
        for number, case in enumerate(case for case in combinations() if case["watch"] == name):
            removed = case["removed"] and datetime.combine(case["removed"], time(18), UTC)
            row = Endpoint.objects.create(
                api=api, method="GET", path=f"/{number}", path_key=f"/{number}", first_seen=NOW, removed_at=removed,
                documented=case["since"] is not None and not removed, deprecated=case["deprecated"],
                specified_since=case["since"], sunset=case["sunset"], last_called=case["called"],
            )  # fmt: skip
            rows[row.pk] = expected(case)
    every = Endpoint.objects.filter(pk__in=rows)
    for state in Discovery:
        found = set(in_state(every, state).values_list("pk", flat=True))
        assert found == {pk for pk, held in rows.items() if held == state}, state
    assert {pk: told.state for pk, told in discovered(list(every)).items()} == rows
