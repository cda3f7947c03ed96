"""The score that follows when decay alone crosses a band, with a clock that is moved."""

from datetime import timedelta

import pytest

from inventory.jobs.models import Job
from posture.models import CurrentScore
from posture.records import Runtime, ThreatFacts
from posture.services.crossings import plan_crossings
from posture.services.rescore import score_apis
from tests.posture.services.estates import NOW, later, make_api, make_finding, worst

pytestmark = pytest.mark.django_db
BORDER = (1 / (1 - 0.29995)) ** (1 / 0.12) - 1
"""The weight of alerts alone at which the worst API keeps 30.00, the lowest of its band."""


def attacks(api_id: int, weight: float) -> Runtime:
    return Runtime(threats={api_id: (ThreatFacts(category="API1", passed=weight, blocked=0.0),)})


def test_the_job_waits_for_the_second_in_which_the_band_is_crossed() -> None:
    api = worst()
    score_apis(api_ids=[api.pk], cause="alerts", now=NOW, runtime=attacks(api.pk, 2 * BORDER))
    assert CurrentScore.objects.get(api=api).band == "high"

    assert plan_crossings(api_ids=[api.pk], now=NOW) == 1

    job = Job.objects.get()
    assert job.arguments == {"api_ids": [api.pk], "causes": ["alerts grew old"]}
    assert job.not_before is not None
    assert abs(job.not_before - later(days=7)) <= timedelta(seconds=2)
    for moment, band in ((job.not_before - timedelta(minutes=2), "high"), (job.not_before, "medium")):
        weight = 2 * BORDER * 0.5 ** ((moment - NOW) / timedelta(days=7))
        score_apis(api_ids=[api.pk], cause="alerts grew old", now=moment, runtime=attacks(api.pk, weight))
        assert CurrentScore.objects.get(api=api).band == band


def test_later_alerts_move_the_one_job_that_waits() -> None:
    api = worst()
    for weight, moment in ((2 * BORDER, NOW), (4 * BORDER, later(days=1)), (4 * BORDER, later(days=1))):
        score_apis(api_ids=[api.pk], cause="alerts", now=moment, runtime=attacks(api.pk, weight))
        plan_crossings(api_ids=[api.pk], now=moment)
    job = Job.objects.get()
    assert job.not_before is not None
    assert abs(job.not_before - later(days=15)) <= timedelta(seconds=2)


def test_it_is_planned_from_what_is_stored_also_some_days_later() -> None:
    api = worst()
    score_apis(api_ids=[api.pk], cause="alerts", now=NOW, runtime=attacks(api.pk, 2 * BORDER))
    plan_crossings(api_ids=[api.pk], now=later(days=3))
    job = Job.objects.get()
    assert job.not_before is not None
    assert abs(job.not_before - later(days=7)) <= timedelta(seconds=2)


def test_nothing_waits_where_nothing_decays() -> None:
    api, other = make_api(), worst()
    make_finding(other, severity=4, confidence="confirmed")
    score_apis(api_ids=[api.pk], cause="a test", now=NOW)
    score_apis(api_ids=[other.pk], cause="alerts", now=NOW, runtime=attacks(other.pk, 1))
    assert plan_crossings(api_ids=[api.pk, other.pk], now=NOW) == 0
    assert not Job.objects.exists()
