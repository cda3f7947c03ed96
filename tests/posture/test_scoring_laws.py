"""The laws of the risk model, each for any API."""

import random
from dataclasses import replace
from math import fsum

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from posture.records import ApiFacts, FindingFacts
from posture.scoring.portfolios import cube, cubic_mean
from posture.scoring.scores import if_fixed, score_api, two_decimals, without
from posture.scoring.weights import VERSION_1, Weights
from tests.posture.scoring_facts import CONFIDENCES, EXPLOITED, OPEN, REACHES, SEVERITIES, apis, findings

NOISE = 1e-9
opened = findings.map(lambda finding: replace(finding, status="new"))


def score(facts: ApiFacts) -> float:
    return score_api(facts).score


def with_first(facts: ApiFacts, **changes: object) -> ApiFacts:
    first, *others = facts.findings
    return replace(facts, findings=(replace(first, **changes), *others))  # type: ignore[arg-type]  # any field of it


@given(apis())
def test_a_score_lies_between_0_and_100_and_never_above_the_inherent_one(facts: ApiFacts) -> None:
    scored = score_api(facts)

    assert 0.0 <= scored.score <= scored.inherent + NOISE
    assert scored.inherent <= 100.0


@given(apis(found=findings.filter(lambda finding: finding.status not in (*OPEN, "accepted")), runtime=False))
def test_without_an_open_finding_an_alert_or_an_incident_it_is_exactly_0(facts: ApiFacts) -> None:
    scored = score_api(facts)

    assert (scored.score, scored.inherent, scored.band, scored.factors) == (0.0, 0.0, "none", ())


@given(apis(), opened)
def test_opening_a_finding_never_lowers_it(facts: ApiFacts, finding: FindingFacts) -> None:
    assume(finding.id not in {each.id for each in facts.findings})

    assert score(replace(facts, findings=(*facts.findings, finding))) >= score(facts) - NOISE


@pytest.mark.parametrize(
    ("field", "rising"), [("severity", SEVERITIES), ("confidence", CONFIDENCES), ("exploited", EXPLOITED)]
)
@given(facts=apis(found=opened).filter(lambda facts: bool(facts.findings)), data=st.data())
def test_raising_a_finding_never_lowers_it(
    field: str, rising: tuple[str, ...], facts: ApiFacts, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(rising) - 2))

    lower, higher = (with_first(facts, cvss=None, **{field: rising[place + step]}) for step in (0, 1))

    assert score(higher) >= score(lower) - NOISE


@given(apis(found=opened).filter(lambda facts: bool(facts.findings)), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_epss_never_lowers_it(facts: ApiFacts, one: float, other: float) -> None:
    lower, higher = sorted((one, other))

    assert score(with_first(facts, epss=higher)) >= score(with_first(facts, epss=lower)) - NOISE
    assert score(with_first(facts, epss=lower)) >= score(with_first(facts, epss=None)) - NOISE


@given(apis(), st.integers(0, len(REACHES) - 2))
def test_a_wider_reach_never_lowers_it(facts: ApiFacts, place: int) -> None:
    assert score(replace(facts, reach=REACHES[place + 1])) >= score(replace(facts, reach=REACHES[place])) - NOISE


@given(apis(), st.randoms())
def test_the_order_of_the_facts_does_not_matter(facts: ApiFacts, chance: random.Random) -> None:
    shuffled = {
        name: tuple(chance.sample(getattr(facts, name), len(getattr(facts, name))))
        for name in ("findings", "alerts", "threats", "incidents")
    }

    one, other = score_api(facts), score_api(replace(facts, **shuffled))  # type: ignore[arg-type]  # the same fields

    assert one == other


@given(apis())
def test_points_add_up_to_the_score(facts: ApiFacts) -> None:
    scored = score_api(facts)

    assert fsum(factor.points for factor in scored.factors) == pytest.approx(scored.score, abs=NOISE)
    assert [factor.hazard for factor in scored.factors] == sorted(
        (factor.hazard for factor in scored.factors), reverse=True
    )


@given(apis())
def test_if_fixed_is_the_score_now_less_the_score_without(facts: ApiFacts) -> None:
    for factor in score_api(facts).factors:
        assert factor.if_fixed == pytest.approx(if_fixed(facts, {factor.name}), abs=NOISE)


@given(apis())
def test_without_all_its_factors_it_is_0(facts: ApiFacts) -> None:
    names = {factor.name for factor in score_api(facts).factors}

    assert if_fixed(facts, names) == score(facts)


@given(apis())
def test_a_factor_without_hazard_has_no_points_and_its_removal_changes_nothing(facts: ApiFacts) -> None:
    for factor in score_api(facts).factors:
        if factor.hazard == 0.0:
            assert factor.points == 0.0
            assert score(without(facts, {factor.name})) == score(facts)


def test_the_weights_survive_json_and_cannot_be_changed() -> None:
    assert Weights.from_json(VERSION_1.as_json()) == VERSION_1
    with pytest.raises(TypeError):
        VERSION_1.reach["public"] = 0.0  # type: ignore[index]  # that is the point


@given(st.lists(st.floats(0, 100).map(two_decimals), min_size=1, max_size=50))
def test_a_portfolio_lies_between_the_plain_mean_and_the_worst(scores: list) -> None:  # type: ignore[type-arg]
    mean = cubic_mean(sum(cube(each) for each in scores), len(scores))

    assert mean is not None
    assert float(sum(scores) / len(scores)) - NOISE <= mean <= float(max(scores)) + NOISE


def test_a_portfolio_of_nothing_is_no_data() -> None:
    assert cubic_mean(0, 0) is None


def test_the_worst_api_dominates_a_portfolio_and_safe_ones_still_count() -> None:
    cubes = sum(cube(two_decimals(each)) for each in (80.0, 0.0, 0.0, 0.0))

    assert cubic_mean(cubes, 4) == pytest.approx((80.0**3 / 4) ** (1 / 3))
