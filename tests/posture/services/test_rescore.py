"""Scores in SQL against the pure model, and what a scoring writes."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from findings.models import Finding
from findings.status import SeverityRank, Status
from inventory.choices import Stage
from inventory.models import Api, ApiTeam
from posture.models import ApiScore, CurrentScore, Portfolio
from posture.records import Runtime, ThreatFacts
from posture.scoring.scores import score_api, two_decimals
from posture.services.rescore import score_apis
from tests.posture.services.estates import (
    NOW,
    OPEN,
    facts_of,
    later,
    luck,
    make_finding,
    make_team,
    random_api,
    score_of,
    single,
    worst,
)

AGREED = 1e-6
pytestmark = pytest.mark.django_db


def random_runtime(chance: random.Random, apis: list[Api]) -> Runtime:
    """Return alerts, incidents and exploited findings for some of the APIs."""
    some = chance.sample(apis, len(apis) // 2)
    found = list(Finding.objects.filter(api__in=some).values_list("pk", flat=True))
    return Runtime(
        threats={
            api.pk: (
                ThreatFacts(category="API1", passed=chance.uniform(0, 50), blocked=chance.uniform(0, 90)),
                ThreatFacts(category="other", passed=0.0, blocked=chance.choice((0.0, 3.0))),
            )
            for api in some[::2]
        },
        incidents={api.pk: ("SEV4", chance.choice(("SEV1", "SEV2", "SEV3"))) for api in some[1::2]},
        exploited={key: chance.choice(("succeeded", "allowed", "unknown", "blocked")) for key in found[::3]},
    )


def recount() -> dict[tuple[str, int], tuple[int, int]]:
    """Return number and sum of cubes of every portfolio, counted from the scores one by one."""
    totals: dict[tuple[str, int], tuple[int, int]] = {}
    teams = dict(ApiTeam.objects.filter(until=None).values_list("api_id", "team_id"))
    for api_id, score in CurrentScore.objects.exclude(api__stage="retired").values_list("api_id", "score"):
        for kind, key in (("organisation", 0), ("team", teams.get(api_id, 0))):
            if kind == "organisation" or key:
                n, cubes = totals.get((kind, key), (0, 0))
                totals[kind, key] = (n + 1, cubes + int(score * 100) ** 3)
    return totals


def portfolios() -> dict[tuple[str, int], tuple[int, int]]:
    return {(row.kind, row.key): (row.n, row.cubes) for row in Portfolio.objects.exclude(n=0)}


@pytest.mark.parametrize("seed", range(12))
def test_sql_and_the_pure_model_agree_on_any_estate(seed: int) -> None:
    chance = luck(seed)
    apis = [random_api(chance) for _ in range(12)]
    runtime = random_runtime(chance, apis)

    result = score_apis(api_ids=[api.pk for api in apis], cause="a test", now=NOW, runtime=runtime)

    for api, scored in zip(apis, result.apis, strict=True):
        pure = score_api(facts_of(api, runtime))
        current = CurrentScore.objects.get(api=api)
        assert scored.exact == pytest.approx(pure.score, abs=AGREED)
        assert (current.score, current.inherent) == (two_decimals(pure.score), two_decimals(pure.inherent))
        assert current.band == pure.band


@pytest.mark.parametrize("seed", range(6))
def test_sql_and_the_pure_model_agree_on_every_factor(seed: int) -> None:
    chance = luck(seed)
    apis = [random_api(chance) for _ in range(8)]
    runtime = random_runtime(chance, apis)

    score_apis(api_ids=[api.pk for api in apis], cause="a test", now=NOW, runtime=runtime)

    for api in apis:
        codes = {f"finding:{row.fingerprint}": f"finding:{row.code}" for row in Finding.objects.filter(api=api)}
        pure = {
            codes.get(each.name, each.name): each for each in score_api(facts_of(api, runtime)).factors if each.hazard
        }
        stored = CurrentScore.objects.get(api=api).point
        assert stored is not None
        assert {name for name, _, _, _ in single(stored)} == pure.keys() if pure else "names" not in stored.factors
        for name, group, points, fixed in single(stored) if pure else ():
            assert group == pure[name].group
            assert points == pytest.approx(pure[name].points, abs=2 * AGREED)
            assert fixed == pytest.approx(pure[name].if_fixed, abs=2 * AGREED)


def test_scoring_one_by_one_gives_what_scoring_all_gives() -> None:
    chance = luck(7)
    apis = [random_api(chance) for _ in range(15)]

    alone = [score_apis(api_ids=[api.pk], cause="one", now=NOW).apis[0].exact for api in apis]
    together = score_apis(api_ids=[api.pk for api in apis], cause="all", now=NOW)

    assert [each.exact for each in together.apis] == alone
    assert together.changed == 0


def test_what_does_not_count_is_left_out() -> None:
    api, other = worst(), worst()
    stays = make_finding(api, severity=SeverityRank.LOW, confidence="confirmed")
    make_finding(api, status=Status.CLOSED)
    make_finding(api, status=Status.FALSE_POSITIVE)
    make_finding(api, moved_to=stays)
    make_finding(None)
    make_finding(other, severity=SeverityRank.CRITICAL)

    score_apis(api_ids=[api.pk], cause="a test", now=NOW)

    assert score_of(api) == Decimal("2.00")
    assert not CurrentScore.objects.filter(api=other).exists()


def test_an_accepted_finding_stands_in_the_inherent_score_only() -> None:
    api = worst()
    make_finding(api, severity=SeverityRank.MEDIUM, confidence="confirmed", weakness_class="CWE-1")
    make_finding(api, severity=SeverityRank.CRITICAL, confidence="confirmed", status="accepted", weakness_class="CWE-2")

    score_apis(api_ids=[api.pk], cause="a test", now=NOW)

    current = CurrentScore.objects.get(api=api)
    assert (current.score, current.band) == (Decimal("10.00"), "medium")
    assert current.inherent == two_decimals(100 * (1 - 0.9 * 0.25))


@pytest.mark.parametrize("status", OPEN)
def test_each_open_status_counts(status: str) -> None:
    api = worst()
    make_finding(api, confidence="confirmed", status=status)

    score_apis(api_ids=[api.pk], cause="a test", now=NOW)

    assert score_of(api) == Decimal("35.00")


def test_each_api_keeps_its_own_cause() -> None:
    apis = [worst(), worst()]

    score_apis(api_ids=[api.pk for api in apis], cause={apis[0].pk: "a report", apis[1].pk: "b" * 400}, now=NOW)

    assert [point.cause for point in ApiScore.objects.order_by("api")] == ["a report", "b" * 300]


def test_an_api_without_findings_is_scored_0_and_not_unscored() -> None:
    api = worst()

    score_apis(api_ids=[api.pk], cause="it was found", now=NOW)

    current = CurrentScore.objects.select_related("point__model").get(api=api)
    assert (current.score, current.band, current.computed_at) == (Decimal(0), "none", NOW)
    assert current.point is not None
    assert (current.point.cause, current.point.model.version) == ("it was found", 1)


def test_portfolios_are_what_a_recount_finds_whatever_happens() -> None:
    chance = luck(3)
    teams = [make_team("blue"), make_team("red"), None]
    apis = [random_api(chance, team=chance.choice(teams), largest=6) for _ in range(20)]
    for turn in range(12):
        some = chance.sample(apis, 5)
        score_apis(api_ids=[api.pk for api in some], cause="a test", now=later(hours=turn))
        assert portfolios().keys() <= recount().keys()
        for api in chance.sample(apis, 4):
            ApiTeam.objects.filter(api=api, until=None).update(until=later(hours=turn))
            if team := chance.choice(teams):
                ApiTeam.objects.create(api=api, team=team, since=later(hours=turn))
            Api.objects.filter(pk=api.pk).update(stage=chance.choice(Stage.values))
            Finding.objects.filter(api=api).update(status=chance.choice(Status.values))

    score_apis(api_ids=[api.pk for api in apis], cause="a test", now=later(hours=99))

    assert portfolios() == recount()
    assert portfolios()["organisation", 0][0] == Api.objects.exclude(stage="retired").count()


def test_a_tie_in_a_class_goes_to_the_smaller_fingerprint() -> None:
    api = worst()
    make_finding(api, code="FND-B", fingerprint="b" * 64)
    make_finding(api, code="FND-A", fingerprint="a" * 64)

    score_apis(api_ids=[api.pk], cause="a test", now=NOW)

    first, second = single(ApiScore.objects.get(api=api))
    assert (first[0], second[0]) == ("finding:FND-A", "finding:FND-B")
    assert first[2] == pytest.approx(2 * second[2], abs=AGREED)


def test_runtime_makes_factors_of_its_own() -> None:
    api = worst()
    runtime = Runtime(
        threats={api.pk: (ThreatFacts(category="API1", passed=10.0, blocked=0.0),)}, incidents={api.pk: ("SEV2",)}
    )

    score_apis(api_ids=[api.pk], cause="an incident", now=NOW, runtime=runtime)

    pure = score_api(replace(facts_of(api, runtime)))
    assert {name for name, _, _, _ in single(ApiScore.objects.get(api=api))} == {"threat:API1", "incident"}
    assert score_of(api) == two_decimals(pure.score)
