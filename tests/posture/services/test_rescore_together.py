"""Several who score at once: nobody's cause is lost, no sum drifts, nobody waits for ever."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TypeVar

import pytest
from django.db import connection, transaction

from findings.models import Finding
from inventory.models import ApiTeam
from posture.models import CurrentScore
from posture.services.rescore import score_apis
from tests.posture.services.estates import NOW, luck, make_api, make_finding, make_team, random_api
from tests.posture.services.test_rescore import portfolios, recount

T = TypeVar("T")
SOON = 20

pytestmark = pytest.mark.usefixtures("fresh_database")


def alone(work: Callable[[], T]) -> Callable[[], T]:
    """Return `work` with a connection of its own that is closed after it."""

    def run() -> T:
        try:
            return work()
        finally:
            connection.close()

    return run


def test_who_comes_second_waits_and_reads_what_was_committed_meanwhile() -> None:
    api = make_api(reach="public", environment="production", sensitivity="restricted", criticality="mission")
    found = make_finding(api, confidence="confirmed")
    scored, told = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic():
            score_apis(api_ids=[api.pk], cause="first", now=NOW)
            scored.set()
            assert told.wait(SOON)

    def second() -> None:
        assert scored.wait(SOON)
        Finding.objects.filter(pk=found.pk).update(severity=4)
        told.set()
        score_apis(api_ids=[api.pk], cause="second", now=NOW)

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(alone(work)) for work in (first, second)]:
            each.result(SOON)

    current = CurrentScore.objects.select_related("point").get(api=api)
    assert current.score == Decimal("75.00")
    assert current.point is not None
    assert current.point.cause == "second"


def test_two_who_score_an_api_for_the_first_time_agree() -> None:
    apis = [make_api() for _ in range(6)]
    start = threading.Barrier(2)

    def work() -> int:
        start.wait(SOON)
        return score_apis(api_ids=[api.pk for api in apis], cause="a test", now=NOW).changed

    with ThreadPoolExecutor(2) as pool:
        changed = [each.result(SOON) for each in [pool.submit(alone(work)) for _ in range(2)]]

    assert sorted(changed) == [0, 6]
    assert portfolios() == recount() == {("organisation", 0): (6, 0)}


def test_portfolios_do_not_drift_while_many_score_and_change_things() -> None:
    chance = luck(11)
    teams = [make_team("blue"), make_team("red")]
    apis = [random_api(chance, team=chance.choice(teams), largest=8) for _ in range(12)]

    def work(seed: int) -> Callable[[], None]:
        own = luck(seed)

        def run() -> None:
            for _ in range(12):
                some = own.sample(apis, 7)
                team = own.choice(teams)
                ApiTeam.objects.filter(api=some[0], until=None).update(team=team)
                Finding.objects.filter(api=some[1]).update(severity=own.randrange(5))
                score_apis(api_ids=[api.pk for api in some], cause="a test", now=NOW)

        return run

    with ThreadPoolExecutor(3) as pool:
        for each in [pool.submit(alone(work(seed))) for seed in range(3)]:
            each.result(120)
    score_apis(api_ids=[api.pk for api in apis], cause="a test", now=NOW)

    assert portfolios() == recount()
