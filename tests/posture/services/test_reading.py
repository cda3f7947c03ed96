"""What is read back from stored scores."""

import pytest
from pytest_django import DjangoAssertNumQueries

from findings.models import Finding
from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.records import Principal
from posture.models import ApiScore, CurrentScore
from posture.records import QUIET, Runtime, ThreatFacts
from posture.scoring.plans import plan
from posture.scoring.scores import OPEN, if_fixed, score_api, two_decimals
from posture.services.reading import factors_of, fixes_at, fixes_of, plan_of, portfolio_of, recompute
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
    again = recompute(point)

    assert two_decimals(again.score) == point.score
    assert two_decimals(again.inherent) == point.inherent
    assert again.band == point.band


@pytest.mark.parametrize("seed", range(8))
def test_the_plan_of_a_stored_api_is_that_of_the_pure_model(seed: int) -> None:
    api = random_api(luck(seed))
    runtime = Runtime(incidents={api.pk: ("SEV4",)})
    codes = {f"finding:{row.fingerprint}": f"finding:{row.code}" for row in Finding.objects.filter(api=api)}

    steps = plan_of(api=api, now=NOW, steps=30, runtime=runtime)

    pure = list(plan(facts_of(api, runtime)))[:30]
    assert [step.gain for step in steps] == pytest.approx([step.gain for step in pure], abs=1e-9)
    assert [step.score for step in steps] == pytest.approx([step.score for step in pure], abs=1e-9)
    assert {step.name for step in steps} <= set(codes.values())


@pytest.mark.parametrize("seed", range(8))
def test_what_the_first_fixes_buy_is_told_without_all_their_names_as_the_plan_tells_it(seed: int) -> None:
    api = random_api(luck(seed))
    runtime = Runtime(
        incidents={api.pk: ("SEV4",)},
        exploited=dict.fromkeys(Finding.objects.filter(api=api).values_list("pk", flat=True)[:4], "succeeded"),
    )

    fixes = fixes_of(api=api, now=NOW, steps=2, runtime=runtime)

    whole = plan_of(api=api, now=NOW, steps=2, runtime=runtime)
    assert [step.score for step in fixes.steps] == pytest.approx([step.score for step in whole], abs=1e-9)
    assert [step.gain for step in fixes.steps] == pytest.approx([step.gain for step in whole], abs=1e-9)
    assert [step.name for step in fixes.steps][:1] == [step.name for step in whole][:1]
    assert all(step.name in {"", again.name} for step, again in zip(fixes.steps, whole, strict=True))


def test_fixes_are_kept_until_the_score_has_a_new_point(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    api = make_api()
    made = make_finding(api, severity=4)
    Finding.objects.bulk_create(finding(api, severity=1) for _ in range(3))
    score_apis(api_ids=[api.pk], cause="a test", now=NOW)
    point = ApiScore.objects.filter(api=api).order_by("-pk")[0]
    fixes = fixes_at(api=api, point=point, now=NOW)
    assert fixes == fixes_of(api=api, now=NOW)
    with django_assert_max_num_queries(1):
        assert fixes_at(api=api, point=point, now=NOW) is fixes
    Finding.objects.filter(pk=made.pk).update(status="false_positive")
    score_apis(api_ids=[api.pk], cause="a test", now=NOW)
    anew = fixes_at(api=api, point=ApiScore.objects.filter(api=api).order_by("-pk")[0], now=NOW)
    assert len(anew.steps) == len(fixes.steps) - 1
    assert anew == fixes_of(api=api, now=NOW)


def test_a_plan_stops_after_the_steps_asked_for() -> None:
    api = make_api()
    Finding.objects.bulk_create(finding(api) for _ in range(30))

    assert len(plan_of(api=api, now=NOW, steps=4)) == 4
    assert plan_of(api=make_api(), now=NOW) == ()


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


def test_a_team_sees_its_own_portfolio_and_never_the_organisation_s() -> None:
    blue, red = make_team("blue"), make_team("red")
    apis = [make_api(team=blue), make_api(team=red), make_api()]
    make_finding(apis[0])
    score_apis(api_ids=[api.pk for api in apis], cause="a test", now=NOW)
    member, auditor = person(teams=(blue.pk,)), person(roles=(OrganisationRole.AUDITOR,))

    own = portfolio_of(principal=member, team_id=blue.pk)
    whole = portfolio_of(principal=auditor)

    assert own is not None
    assert (own.n, own.score) == (1, CurrentScore.objects.get(api=apis[0]).score)
    assert portfolio_of(principal=member, team_id=red.pk) is None
    assert portfolio_of(principal=member) is None
    assert whole is not None
    assert whole.n == 3
    assert whole.score == two_decimals(float(own.score) / 3 ** (1 / 3)) if own.score else False
    assert portfolio_of(principal=auditor, team_id=red.pk) is not None


def test_scores_of_other_teams_are_out_of_sight() -> None:
    blue, red = make_team("blue"), make_team("red")
    mine, theirs, nobodys = make_api(team=blue), make_api(team=red), make_api()
    score_apis(api_ids=[mine.pk, theirs.pk, nobodys.pk], cause="a test", now=NOW)
    member = person(teams=(blue.pk,))

    for model in (CurrentScore, ApiScore):
        assert [row.api_id for row in model.objects.visible_to(member)] == [mine.pk]
        assert model.objects.visible_to(person(roles=(OrganisationRole.ANALYST,))).count() == 3


def test_the_plan_leaves_out_what_alerts_and_incidents_add() -> None:
    api = make_api()
    make_finding(api)
    runtime = Runtime(incidents={api.pk: ("SEV1",)})

    [step] = plan_of(api=api, now=NOW, runtime=runtime)

    assert step.score > 0
    assert plan_of(api=api, now=NOW, runtime=QUIET)[0].score == 0


@pytest.mark.parametrize("seed", range(4))
def test_what_a_whole_class_buys_is_what_the_model_says_without_its_findings(seed: int) -> None:
    api = random_api(luck(seed), largest=60)
    score_apis(api_ids=[api.pk], cause="a test", now=NOW)
    facts = facts_of(api, QUIET)
    counted: dict[str, set[str]] = {}
    for each in facts.findings:
        if each.status in OPEN:
            counted.setdefault(each.group, set()).add(f"finding:{each.id}")
    falls = {group: if_fixed(facts, names) for group, names in counted.items()}
    best = fixes_of(api=api, now=NOW).best_class
    assert best is not None
    assert falls[best.group] == pytest.approx(max(falls.values()))
    assert best.score == pytest.approx(score_api(facts).score - falls[best.group])
    assert 0 < best.count <= len(counted[best.group])


def test_without_findings_no_class_is_worth_fixing() -> None:
    assert fixes_of(api=make_api(), now=NOW).best_class is None
