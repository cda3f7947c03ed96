"""What alerts do to a score: what weighs on an API, and which findings are under attack."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from incidents.models import Episode, ThreatState
from incidents.scoring.categories import category_of
from inventory.models import Api, Endpoint
from posture.models import ApiScore, CurrentScore
from posture.services.rescore import score_apis
from posture.services.runtime import runtime_of
from tests.posture.services.estates import NOW, make_api, make_finding

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def api() -> Api:
    return make_api()


def endpoint(api: Api, path: str = "/orders") -> Endpoint:
    return Endpoint.objects.create(api=api, path=path, path_key=path, method="GET", first_seen=NOW)


def attack(at: Endpoint, *, last: datetime = NOW, **more: Any) -> Episode:
    number = Episode.objects.count()
    facts = {
        "code": f"ALR-{number}", "key": str(number), "source_kind": "wall", "rule": "r", "title": "t", "severity": 3,
        "category": "API8", "outcome": "blocked", "window_start": last, "first_at": last, "last_at": last,
        "recorded_at": last, "alerts": 1, "api_id": at.api_id, "endpoint": at,
    }  # fmt: skip
    return Episode.objects.create(**{**facts, **more})


def exploited(api: Api, now: datetime = NOW) -> dict[int, str]:
    return dict(runtime_of(api_ids=[api.pk], now=now).exploited)


def test_a_weakness_is_exploited_where_it_was_attacked_by_the_worst_outcome(api: Api) -> None:
    here, there = endpoint(api), endpoint(api, "/other")
    injection = make_finding(api, endpoint=here, cwe=[89])
    make_finding(api, endpoint=there, cwe=[89])
    make_finding(api, endpoint=here, cwe=[639])
    make_finding(api, endpoint=here, cwe=[])
    attack(here)
    assert exploited(api) == {injection.pk: "blocked"}
    attack(here, outcome="allowed")
    assert exploited(api) == {injection.pk: "allowed"}
    attack(here, outcome="succeeded")
    assert exploited(api) == {injection.pk: "succeeded"}


def test_old_harmless_and_unnamed_attacks_say_nothing(api: Api) -> None:
    here = endpoint(api)
    make_finding(api, endpoint=here, cwe=[89])
    attack(here, last=NOW - 31 * DAY)
    attack(here, resolution="false_alarm")
    attack(here, resolution="duplicate")
    attack(here, category="")
    attack(here, moved_to=attack(here, category="API1"))
    assert exploited(api) == {}
    attack(here, resolution="true_positive", last=NOW - 29 * DAY)
    assert len(exploited(api)) == 1


def test_threats_decay_and_feed_the_score_with_their_factor(api: Api) -> None:
    ThreatState.objects.create(api=api, category="API1", passed=8, blocked=2, as_of=NOW - 7 * DAY)
    (threat,) = runtime_of(api_ids=[api.pk], now=NOW).threats[api.pk]
    assert threat.category == "API1"
    assert [threat.passed, threat.blocked] == pytest.approx([4, 1])
    (first,) = score_apis(api_ids=[api.pk], cause="alert", now=NOW).apis
    (later,) = score_apis(api_ids=[api.pk], cause="time passed", now=NOW + 7 * DAY).apis
    assert first.score > later.score > 0
    points = list(ApiScore.objects.filter(api=api).order_by("id"))
    assert [point.cause for point in points] == ["alert", "time passed"]
    assert "threat:API1" in str(points[0].factors)


def test_an_attack_raises_the_score_of_an_open_finding(api: Api) -> None:
    here = endpoint(api)
    make_finding(api, endpoint=here, cwe=[89], severity=2)
    (before,) = score_apis(api_ids=[api.pk], cause="a test", now=NOW).apis
    attack(here, outcome="succeeded")
    (after,) = score_apis(api_ids=[api.pk], cause="alert", now=NOW).apis
    assert after.score > before.score
    assert CurrentScore.objects.get(api=api).score == after.score


def test_the_lowest_cwe_with_a_category_speaks() -> None:
    assert [category_of(cwes) for cwes in ([], [89], [639, 89], [4], [4, 918], [200])] == [
        "", "API8", "API8", "", "API7", "API3",
    ]  # fmt: skip
