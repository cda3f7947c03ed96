"""The change points that a scoring writes, and when it writes none."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection, transaction

from findings.models import Finding
from findings.status import SeverityRank, Status
from inventory.models import Api
from posture.models import ApiScore, CurrentScore
from posture.records import Runtime
from posture.scoring.scores import score_api
from posture.services.rescore import score_apis
from tests.posture.services.estates import (
    NOW,
    facts_of,
    finding,
    later,
    make_finding,
    score_of,
    single,
    worst,
)

AGREED = 1e-6
pytestmark = pytest.mark.django_db


def test_where_nothing_changed_nothing_is_written_but_the_time() -> None:
    api = worst()
    make_finding(api)
    score_apis(api_ids=[api.pk], cause="first", now=NOW)

    result = score_apis(api_ids=[api.pk], cause="second", now=later(hours=1))

    assert result.changed == 0
    assert [point.cause for point in ApiScore.objects.filter(api=api)] == ["first"]
    assert CurrentScore.objects.get(api=api).computed_at == later(hours=1)


def test_other_factors_under_the_same_score_are_a_change() -> None:
    api = worst()
    first, second = make_finding(api), finding(api)
    score_apis(api_ids=[api.pk], cause="first", now=NOW)
    Finding.objects.filter(pk=first.pk).update(status=Status.CLOSED)
    second.save()

    result = score_apis(api_ids=[api.pk], cause="second", now=later(hours=1))

    assert [(each.score, each.changed) for each in result.apis] == [(score_of(api), True)]
    points = ApiScore.objects.filter(api=api).order_by("at")
    assert [(point.cause, point.score) for point in points] == [("first", score_of(api)), ("second", score_of(api))]


def test_a_finding_without_hazard_changes_nothing() -> None:
    api = worst()
    make_finding(api)
    score_apis(api_ids=[api.pk], cause="first", now=NOW)
    make_finding(api, severity=SeverityRank.INFO)

    assert score_apis(api_ids=[api.pk], cause="second", now=NOW).changed == 0


def test_a_finding_that_comes_to_be_of_another_class_is_a_change() -> None:
    api = worst()
    found = make_finding(api)
    score_apis(api_ids=[api.pk], cause="first", now=NOW)
    Finding.objects.filter(pk=found.pk).update(weakness_class="CWE-862")

    assert score_apis(api_ids=[api.pk], cause="second", now=NOW).changed == 1


def test_another_setting_under_the_same_score_is_a_change() -> None:
    api = worst(reach="internal", sensitivity="public", criticality="unknown")
    score_apis(api_ids=[api.pk], cause="first", now=NOW)
    Api.objects.filter(pk=api.pk).update(reach="public")

    assert score_apis(api_ids=[api.pk], cause="second", now=NOW).changed == 1


def test_a_change_point_is_never_dated_before_the_one_it_follows() -> None:
    api = worst()
    score_apis(api_ids=[api.pk], cause="first", now=NOW)
    make_finding(api)

    score_apis(api_ids=[api.pk], cause="a worker with a slow clock", now=NOW - timedelta(minutes=1))

    newest = ApiScore.objects.filter(api=api).order_by("-at", "-pk")[0]
    assert (newest.cause, newest.at) == ("a worker with a slow clock", NOW)
    assert CurrentScore.objects.get(api=api).point == newest


def test_a_long_list_of_findings_is_stored_short_and_still_adds_up() -> None:
    api = worst()
    Finding.objects.bulk_create(
        finding(api, weakness_class=f"CWE-{number % 60}", severity=SeverityRank.LOW, epss=(number % 97) / 5000)
        for number in range(700)
    )

    score_apis(api_ids=[api.pk], cause="a test", now=NOW)

    point = ApiScore.objects.get(api=api)
    named, rest = single(point), point.factors["rest"]
    assert (len(named), len(rest)) == (50, 21)
    assert sum(n for _, n, _ in rest) == 650
    points = sum(each[2] for each in (*named, *rest))
    assert points == pytest.approx(score_api(facts_of(api, Runtime())).score, abs=1e-4)
    assert min(each[2] for each in named) * 50 <= points


def test_hazards_beyond_all_measure_end_at_the_impact() -> None:
    api = worst()
    Finding.objects.bulk_create(
        finding(api, weakness_class=f"CWE-{number}", epss=1.0, confidence="confirmed") for number in range(200)
    )

    score_apis(api_ids=[api.pk], cause="a test", now=NOW)

    assert score_of(api) == Decimal("100.00")


def test_ids_that_do_not_exist_are_left_out_and_doubles_count_once() -> None:
    api = worst()

    result = score_apis(api_ids=[api.pk, api.pk, 10**12], cause="a test", now=NOW)

    assert [each.api_id for each in result.apis] == [api.pk]
    assert score_apis(api_ids=[], cause="a test", now=NOW).apis == ()


def test_a_setting_the_weights_do_not_know_is_an_error_and_no_silence() -> None:
    api = worst(reach="moon")

    with pytest.raises(ValueError, match=r"1 of 1 APIs have a setting that version 1 cannot weigh\."):
        score_apis(api_ids=[api.pk], cause="a test", now=NOW)


def test_the_application_may_not_rewrite_a_stored_score() -> None:
    api = worst()
    score_apis(api_ids=[api.pk], cause="a test", now=NOW)

    for statement in (
        "UPDATE posture_apiscore SET score = 0",
        "DELETE FROM posture_apiscore",
        "TRUNCATE posture_apiscore",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement)
