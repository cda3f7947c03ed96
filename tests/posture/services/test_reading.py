"""What is read back from stored scores."""

from itertools import pairwise

import pytest
from pytest_django import DjangoAssertNumQueries

from findings.models import Finding
from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.records import Principal
from inventory.models import Api
from posture.models import ApiScore, CurrentScore
from posture.records import Runtime, ThreatFacts
from posture.scoring.plans import plan
from posture.scoring.scores import OPEN, if_fixed, score_api, two_decimals
from posture.scoring.weights import Weights
from posture.services.reading import factors_of, fixes_of, plan_of
from posture.services.reading import facts_of as stored_facts
from posture.services.rescore import score_apis
from tests.posture.services.estates import (
    NOW,
    facts_of,
    finding,
    luck,
    make_api,
    make_finding,
    make_team,
    random_api,
)

pytestmark = pytest.mark.django_db


def person(*, roles: tuple[OrganisationRole, ...] = (), teams: tuple[int, ...] = ()) -> Principal:
    return Principal(
        kind=PrincipalKind.USER,
        name="Ada",
        organisation_roles=frozenset(roles),
        team_roles=tuple((team, TeamRole.MEMBER) for team in teams),
    )


@pytest.mark.parametrize("seed", range(8))
def test_a_stored_score_can_be_computed_again_from_what_is_stored_with_it(seed: int) -> None:
    api = random_api(luck(seed))
    runtime = Runtime(
        threats={api.pk: (ThreatFacts(category="API1", passed=2.5, blocked=7.0),)} if seed % 2 else {},
        incidents={api.pk: ("SEV3", "SEV2")} if seed % 3 else {},
        exploited=dict.fromkeys(Finding.objects.filter(api=api).values_list("pk", flat=True)[:4], "succeeded"),
    )
    score_apis(api_ids=[api.pk], cause="a test", now=NOW, runtime=runtime)
    Finding.objects.filter(api=api).update(severity=0, status="closed")

    point = ApiScore.objects.select_related("model").get(api=api)
    again = score_api(stored_facts(point.inputs), Weights.from_json(point.model.weights))

    assert two_decimals(again.score) == point.score
    assert two_decimals(again.inherent) == point.inherent
    assert again.band == point.band


def under_attack(api: Api) -> Runtime:
    """Return an incident, attacks, and some findings that attacks reached."""
    hit = Finding.objects.filter(api=api).order_by("pk").values_list("pk", flat=True)[:4]
    return Runtime(
        threats={api.pk: (ThreatFacts(category="API1", passed=2.5, blocked=7.0),)},
        incidents={api.pk: ("SEV4",)},
        exploited=dict.fromkeys(hit, "succeeded"),
    )


QUIET = Runtime()


def scored(api: Api, runtime: Runtime = QUIET) -> ApiScore:
    """Score an API and return the point."""
    score_apis(api_ids=[api.pk], cause="a test", now=NOW, runtime=runtime)
    return ApiScore.objects.select_related("model").filter(api=api).order_by("-pk")[0]


@pytest.mark.parametrize("seed", range(8))
def test_the_plan_of_a_stored_api_is_that_of_the_pure_model(seed: int) -> None:
    api = random_api(luck(seed))
    runtime = under_attack(api)
    codes = {f"finding:{row.fingerprint}": f"finding:{row.code}" for row in Finding.objects.filter(api=api)}

    steps = plan_of(api=api, point=scored(api, runtime), now=NOW, steps=30)

    pure = list(plan(facts_of(api, runtime)))[:30]
    assert [step.gain for step in steps] == pytest.approx([step.gain for step in pure], abs=1e-9)
    assert [step.score for step in steps] == pytest.approx([step.score for step in pure], abs=1e-9)
    assert {step.name for step in steps} <= set(codes.values())
    assert len({step.name for step in steps}) == len(steps)


@pytest.mark.parametrize("seed", range(8))
def test_the_first_step_begins_where_the_stored_score_stands_whatever_came_since(seed: int) -> None:
    api = random_api(luck(seed))
    point = scored(api, under_attack(api))
    Finding.objects.filter(api=api).update(severity=0, status="closed")

    fixes = fixes_of(point)

    for step in fixes.steps[:1]:
        assert step.score + step.gain == pytest.approx(float(point.score), abs=0.005)
    assert all(before.score > after.score for before, after in pairwise(fixes.steps))


def test_a_step_too_small_to_be_named_with_the_score_has_its_name_in_the_plan() -> None:
    api = make_api()
    Finding.objects.bulk_create(
        finding(api, weakness_class=f"CWE-{number}", severity=4) for number in range(10) for _ in range(40)
    )
    small = [make_finding(api, weakness_class="CWE-77", severity=severity, cvss=None) for severity in (2, 1)]
    point = scored(api)
    assert not {f"finding:{each.code}" for each in small} & set(point.factors["names"])

    steps = plan_of(api=api, point=point, now=NOW, steps=2)

    assert steps[0].name == f"finding:{small[0].code}"
    assert fixes_of(point, steps=2).steps[0].name == ""
    assert all(step.name for step in steps)


def test_what_fixing_buys_is_told_without_a_question(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    api = make_api()
    Finding.objects.bulk_create(finding(api, severity=severity) for severity in (4, 1, 1))
    point = scored(api)
    with django_assert_num_queries(0):
        assert len(fixes_of(point).steps) == 3


def test_a_plan_stops_after_the_steps_asked_for() -> None:
    api = make_api()
    Finding.objects.bulk_create(finding(api) for _ in range(30))

    assert len(plan_of(api=api, point=scored(api), now=NOW, steps=4)) == 4
    assert fixes_of(scored(make_api())).steps == ()


def test_factors_are_read_with_their_kind_and_key() -> None:
    api = make_api()
    made = make_finding(api, weakness_class="CWE-89")
    Finding.objects.bulk_create(finding(api, weakness_class=f"CWE-{number}", severity=1) for number in range(100, 180))
    runtime = Runtime(incidents={api.pk: ("SEV1",)})
    score_apis(api_ids=[api.pk], cause="a test", now=NOW, runtime=runtime)

    point = ApiScore.objects.get(api=api)
    factors = factors_of(point)

    assert [(each.kind, each.key) for each in factors[:2]] == [("incident", ""), ("finding", made.code)]
    assert {each.kind for each in factors[2:]} == {"finding", "class", "rest"}
    assert sum(each.count for each in factors) == 82
    assert sum(each.points for each in factors) == pytest.approx(float(point.score), abs=0.01)


def test_scores_of_other_teams_are_out_of_sight() -> None:
    blue, red = make_team("blue"), make_team("red")
    mine, theirs, nobodys = make_api(team=blue), make_api(team=red), make_api()
    score_apis(api_ids=[mine.pk, theirs.pk, nobodys.pk], cause="a test", now=NOW)
    member = person(teams=(blue.pk,))

    for model in (CurrentScore, ApiScore):
        assert [row.api_id for row in model.objects.visible_to(member)] == [mine.pk]
        assert model.objects.visible_to(person(roles=(OrganisationRole.ANALYST,))).count() == 3


def test_the_plan_leaves_what_alerts_and_incidents_add() -> None:
    quiet, attacked = make_api(), make_api()
    for api in (quiet, attacked):
        make_finding(api)

    [step] = fixes_of(scored(attacked, Runtime(incidents={attacked.pk: ("SEV1",)}))).steps

    assert step.score > 0
    assert fixes_of(scored(quiet)).steps[0].score == 0


@pytest.mark.parametrize("seed", range(4))
def test_what_a_whole_class_buys_is_what_the_model_says_without_its_findings(seed: int) -> None:
    api = random_api(luck(seed), largest=60)
    runtime = under_attack(api)
    point = scored(api, runtime)
    facts = facts_of(api, runtime)
    counted: dict[str, set[str]] = {}
    for each in facts.findings:
        if each.status in OPEN:
            counted.setdefault(each.group, set()).add(f"finding:{each.id}")
    falls = {group: if_fixed(facts, names) for group, names in counted.items()}
    best = fixes_of(point).best_class
    assert best is not None
    assert falls[best.group] == pytest.approx(max(falls.values()))
    assert best.score == pytest.approx(score_api(facts).score - falls[best.group])
    assert 0 < best.count <= len(counted[best.group])


def test_without_findings_no_class_is_worth_fixing() -> None:
    assert fixes_of(scored(make_api())).best_class is None
