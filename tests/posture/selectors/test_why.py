"""The explanation of a score, for factors of every kind."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string

from inventory.access.records import SYSTEM
from inventory.models import Api
from posture.models import ApiScore, CurrentScore
from posture.records import ClassFix, Step
from posture.selectors.api_page import visible_api
from posture.selectors.why import Reason, Why, why
from posture.services.reading import Fixes
from posture.services.rescore import score_apis
from tests.posture.services.estates import NOW, make_api, make_finding

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Line:
    """One line of what a score is made of."""

    kind: str
    key: str
    points: float
    if_fixed: float | None = None
    group: str = ""
    count: int = 1


@pytest.fixture
def api() -> Api:
    made = make_api(reach="partner")
    score_apis(api_ids=[made.pk], cause="a test", now=NOW)
    return made


def explained(api: Api, *lines: Line, fixes: Fixes | None = None) -> Why:
    told = why(principal=SYSTEM, api=visible_api(principal=SYSTEM, code=api.code), factors=lines, fixes=fixes)
    assert told is not None
    return told


def step(score: float) -> Step:
    return Step(name="finding:X", group="", gain=1.0, score=score)


def test_every_kind_of_factor_has_words(api: Api) -> None:
    found = make_finding(api, title="Anybody may refund", method="POST", path="/refunds")
    told = explained(
        api,
        Line("finding", found.code, 20, 12.5),
        Line("finding", "FND-GONE", 5, 1),
        Line("threat", "API4", 4, 2),
        Line("incident", "", 3, 2),
        Line("class", "CWE-79", 2, count=7),
        Line("rest", "", 1, count=1),
    )
    assert [(reason.title, reason.place, reason.if_fixed) for reason in told.reasons] == [
        ("Anybody may refund", "POST /refunds", "fixed alone −12.5"),
        ("A finding that has left this API since: FND-GONE", "", "fixed alone −1.0"),
        ("Attacks seen in the last weeks: Unrestricted resource consumption", "", "without it −2.0"),
        ("An incident is open", "", "without it −2.0"),
        ("7 more findings of CWE-79", "", ""),
        ("One more finding of other classes", "", ""),
    ]
    assert told.largest == 20
    assert [row.code for row in told.findings] == [found.code]


def test_a_finding_that_now_belongs_elsewhere_is_not_told_of(api: Api) -> None:
    elsewhere = make_finding(make_api(), title="Secret of others")
    told = explained(api, Line("finding", elsewhere.code, 5))
    assert "Secret" not in told.reasons[0].title


def test_what_is_too_small_to_name_is_added_up(api: Api) -> None:
    lines = [Line("class", f"CWE-{number}", 10 - number, count=number + 1) for number in range(10)]
    told = explained(api, *lines)
    assert len(told.reasons) == 9
    assert told.reasons[-1].title == "19 more findings"
    assert sum(reason.points for reason in told.reasons) == sum(line.points for line in lines)


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ((), ""),
        ((0.0,), "Fixing the top one brings it to 0"),
        ((70.2, 48.6), "Fixing the top two brings it to 49"),
        ((70.0, 48.0, 20.0), "Fixing the top two brings it to 48"),
    ],
)
def test_the_plan_is_one_sentence(api: Api, steps: tuple[float, ...], sentence: str) -> None:
    scored_at(api, 90)
    assert explained(api, fixes=Fixes(steps=tuple(map(step, steps)), best_class=None)).plan == sentence


def scored_at(api: Api, score: int) -> None:
    first = ApiScore.objects.get(api=api)
    point = ApiScore.objects.create(
        api=api, at=NOW, score=score, inherent=score, band="high", cause="x", factors={},
        inputs=first.inputs, model=first.model,
    )  # fmt: skip
    CurrentScore.objects.filter(api=api).update(score=score, point=point)


@pytest.mark.parametrize(
    ("steps", "best", "sentence"),
    [
        ((62.9, 62.8), (312, 57.6), "No two fixes move it: 63 stays 63. Fixing all 312 of CWE-614 brings it to 58"),
        ((62.9, 62.8), (1312, 62.7), "No two fixes move it: 63 stays 63. Not even fixing all 1,312 of CWE-614 does"),
        ((62.9, 62.8), (2, 62.8), "No two fixes move it: 63 stays 63"),
        ((62.9,), None, "No single fix moves it: 63 stays 63"),
        ((62.9, 62.4), (312, 57.6), "Fixing the top two brings it to 62"),
    ],
)
def test_a_plan_that_moves_nothing_says_so_and_names_the_class_that_would(
    api: Api, steps: tuple[float, ...], best: tuple[int, float] | None, sentence: str
) -> None:
    scored_at(api, 63)
    whole_class = ClassFix(group="CWE-614", count=best[0], score=best[1]) if best else None
    assert explained(api, fixes=Fixes(steps=tuple(map(step, steps)), best_class=whole_class)).plan == sentence


def test_a_plan_calls_a_class_as_the_reasons_do(api: Api) -> None:
    """The class of a tool is a code; nobody knows by it what to fix."""
    scored_at(api, 63)
    worst = make_finding(api, title="Requests without authentication", weakness_class="tool:T401")
    lines = [Line("finding", code, 8.0, 0.0, group="tool:T401") for code in (worst.code, "FND-GONE")]
    fixes = Fixes(steps=(step(62.9), step(62.8)), best_class=ClassFix(group="tool:T401", count=3, score=57.6))
    plan = explained(api, *lines, fixes=fixes).plan
    assert plan.endswith("Fixing all 3 of Requests without authentication (tool:T401) brings it to 58")


def test_more_than_eight_reasons_are_told_by_class_and_still_add_up(api: Api) -> None:
    worst = make_finding(api, title="Cookie without Secure flag", weakness_class="CWE-614")
    alone = make_finding(api, title="Anybody may refund", method="POST", path="/refunds", weakness_class="CWE-306")
    lines = [
        Line("finding", alone.code, 9.0, 2.0, group="CWE-306"),
        Line("finding", worst.code, 8.0, 1.0, group="CWE-614"),
        *(Line("finding", f"FND-S{number}", 1.0, 0.0, group="CWE-614") for number in range(7)),
        Line("threat", "API4", 0.5, 0.5),
        Line("class", "CWE-614", 4.0, group="CWE-614", count=304),
        Line("rest", "", 0.25, count=6),
    ]
    told = explained(api, *lines)
    assert [(reason.title, reason.count, reason.code, reason.weakness_class) for reason in told.reasons] == [
        ("Cookie without Secure flag (CWE-614)", 312, worst.code, "CWE-614"),
        ("Anybody may refund", 1, alone.code, ""),
        ("Attacks seen in the last weeks: Unrestricted resource consumption", 1, "", ""),
        ("6 more findings of other classes", 6, "", ""),
    ]
    assert [reason.points for reason in told.reasons] == [19.0, 9.0, 0.5, 0.25]
    assert told.largest == 19.0


def test_a_class_that_is_only_counted_is_told_by_its_name(api: Api) -> None:
    lines = [Line("finding", f"FND-{number}", 1.0, group=f"CWE-{number}") for number in range(8)]
    told = explained(api, *lines, Line("class", "CWE-79", 3.0, group="CWE-79", count=40))
    assert (told.reasons[0].title, told.reasons[0].count) == ("40 more findings of CWE-79", 40)


def test_settings_say_what_they_weigh_and_unknown_ones_that_they_are(api: Api) -> None:
    # The numbers are those of the risk model's text.
    assert [(weight.text, weight.is_unknown) for weight in explained(api).weights] == [
        ("Partner, counted as 0.6", False),
        ("Environment is unknown: counted as 1", True),
        ("Data is unknown: counted as 0.6", True),
        ("Criticality is unknown: counted as 0.5", True),
    ]


def test_settings_are_those_the_score_was_made_with_not_those_of_now(api: Api) -> None:
    Api.objects.update(reach="public")
    assert explained(api).weights[0].text == "Partner, counted as 0.6"


@pytest.mark.parametrize(
    ("score", "inherent", "words"),
    [
        ("40", "40", "None: the inherent score is the same"),
        ("40", "48.1", "Inherent score 48: what was accepted takes 8.1 off"),
        ("40", "40.02", "Inherent score 40: what was accepted takes less than 0.1 off"),
    ],
)
def test_the_inherent_score_stands_beside(api: Api, score: str, inherent: str, words: str) -> None:
    shown: Any = visible_api(principal=SYSTEM, code=api.code)
    shown.current_score.point.score, shown.current_score.point.inherent = Decimal(score), Decimal(inherent)
    told = why(principal=SYSTEM, api=shown, factors=(), fixes=None)
    assert told is not None
    assert told.inherent == words


def test_without_a_score_there_is_nothing_to_explain() -> None:
    api = make_api()
    assert why(principal=SYSTEM, api=visible_api(principal=SYSTEM, code=api.code), factors=(), fixes=None) is None


def test_a_reason_without_a_place_begins_with_what_is_won() -> None:
    reasons = (
        Reason(title="Attacks seen", points=4.0, if_fixed="fixed alone −1.2"),
        Reason(title="Open door", points=3.0, place="GET /a", if_fixed="fixed alone −0.9"),
    )
    told = Why(shown="7", reasons=reasons, weights=(), plan="", inherent="", model=1, findings=())
    head = {"code": "API-1", "coverage_words": "", "computed_at": None}
    page = render_to_string("posture/_why.html", {"why": told, "head": head})
    assert '<span class="sub">fixed alone −1.2</span>' in page
    assert '<span class="sub">GET /a · fixed alone −0.9</span>' in page


@pytest.mark.parametrize(
    ("kind", "place"), [("incident", "/incidents/?api=API-1"), ("threat", "/alerts/?state=any&amp;api=API-1")]
)
def test_a_reason_that_passes_leads_to_what_it_is_made_of(kind: str, place: str) -> None:
    reason = Reason(title="It passes", points=4.0, passing=kind, if_fixed="without it −1.2")
    told = Why(shown="4", reasons=(reason,), weights=(), plan="", inherent="", model=1, findings=())
    head = {"code": "API-1", "coverage_words": "", "computed_at": None}
    page = render_to_string("posture/_why.html", {"why": told, "head": head})
    assert re.search(f'<a href="{re.escape(place)}">[A-Z][a-z ]+API</a> · without it −1.2</span>', page)
