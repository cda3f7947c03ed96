"""The plan against trying everything that remains, one step after another."""

import time
from itertools import islice

import pytest
from hypothesis import given

from posture.records import ApiFacts, FindingFacts
from posture.scoring.plans import plan
from posture.scoring.scores import if_fixed, score_api, without
from tests.posture.scoring_facts import OPEN, apis

NOISE = 1e-9


@given(apis(largest=12))
def test_each_step_is_the_best_of_what_remains(facts: ApiFacts) -> None:
    rest = facts
    for step in plan(facts):
        best = max(if_fixed(rest, {f"finding:{finding.id}"}) for finding in rest.findings if finding.status in OPEN)
        assert step.gain == pytest.approx(best, abs=NOISE)
        assert step.gain == pytest.approx(if_fixed(rest, {step.name}), abs=NOISE)
        rest = without(rest, {step.name})
        assert step.score == pytest.approx(score_api(rest).score, abs=NOISE)


@given(apis(largest=12))
def test_a_plan_ends_where_no_finding_buys_anything(facts: ApiFacts) -> None:
    steps = list(plan(facts))

    left = without(facts, {step.name for step in steps})
    assert len({step.name for step in steps}) == len(steps)
    assert score_api(left).score == pytest.approx(
        score_api(without(facts, {f"finding:{finding.id}" for finding in facts.findings})).score, abs=NOISE
    )


def test_the_first_steps_of_twenty_thousand_findings_take_less_than_a_second() -> None:
    severities = ("critical", "high", "medium", "low")
    findings = tuple(
        FindingFacts(id=number, group=f"CWE-{number % 40}", severity=severities[number % 4], status="new")
        for number in range(20_000)
    )
    facts = ApiFacts(
        reach="public", environment="production", sensitivity="internal", criticality="medium", findings=findings
    )

    start = time.process_time()
    steps = list(islice(plan(facts), 20))

    assert time.process_time() - start < 1
    assert len(steps) == 20
