"""Alerts taken in: once, whatever the order, tied to what is known then or later."""

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from incidents.models import Alert, Episode, ThreatState
from incidents.scoring.threat import Pair
from incidents.services.weighing import weigh_anew
from inventory.access.records import Principal
from tests.findings.reports import analyst, told
from tests.incidents.attacks import AN_HOUR, NOW, alert, bring, describe, document, shown


@pytest.fixture
def principal(fresh_database: str) -> Principal:
    return analyst()


def threats() -> dict[tuple[str, str], Any]:
    """Return what weighs on APIs as of one moment."""
    found = {}
    for state in ThreatState.objects.select_related("api"):
        pair = Pair(passed=state.passed, blocked=state.blocked, as_of=state.as_of).at(NOW + AN_HOUR)
        found[state.api.name, state.category] = (pytest.approx(pair.passed), pytest.approx(pair.blocked))
    return found


def test_alerts_of_one_client_rule_endpoint_and_hour_are_one_episode(principal: Principal) -> None:
    describe(principal)
    job = bring(document(alert(1), alert(2, outcome="blocked"), alert(3, client="203.0.113.5")), principal)
    counts = told(job)
    assert (counts["alerts"], counts["created"], counts["episodes"], counts["unmapped"]) == (3, 3, 2, 0)
    first = Episode.objects.get(actor="198.51.100.7")
    assert (first.alerts, first.outcome, first.outcomes) == (2, "allowed", {"allowed": 1, "blocked": 1})
    assert str(first.endpoint) == "GET /orders/{id}"
    assert first.path == "/orders/{}"
    assert first.code.startswith("ALR-")


def test_an_alert_without_a_host_is_of_the_only_api_whose_base_path_fits(principal: Principal) -> None:
    describe(principal)
    told_path = {"url": "", "path": "/v1/orders/7"}
    bring(document(alert(1, **told_path), alert(2, url="", path="/v2/orders/7")), principal)
    tied, loose = Episode.objects.get(api__isnull=False), Episode.objects.get(api=None)
    assert (str(tied.endpoint), tied.path) == ("GET /orders/{id}", "/orders/{}")
    assert loose.path == "/v2/orders/{}"


def test_the_same_bytes_twice_change_nothing(principal: Principal) -> None:
    describe(principal)
    content = document(alert(1), alert(2))
    bring(content, principal)
    before, weight = shown(), threats()
    counts = told(bring(content, principal))
    assert (counts["created"], counts["unchanged"]) == (0, 2)
    assert "nothing changed" in counts["note"]
    assert (shown(), threats()) == (before, weight)
    assert Alert.objects.count() == 2


@pytest.mark.parametrize("seed", range(4))
def test_order_split_and_repetition_of_documents_change_nothing(principal: Principal, seed: int) -> None:
    chance = random.Random(seed)
    alerts = [
        alert(n, client=f"198.51.100.{n % 3}", outcome=chance.choice(["allowed", "blocked", "succeeded"]),
              severity=chance.choice(["low", "critical"]), time=(NOW - n * timedelta(minutes=17)).isoformat())
        for n in range(24)
    ]  # fmt: skip
    describe(principal)
    bring(document(*alerts), principal)
    whole, weight = shown(), threats()
    Alert.objects.all().delete()
    Episode.objects.all().delete()
    ThreatState.objects.all().delete()
    chance.shuffle(alerts)
    for start in range(0, len(alerts), 5):
        bring(document(*alerts[start : start + 7]), principal)
    assert shown() == whole
    assert threats() == weight


@pytest.mark.parametrize("order", tuple(permutations(("description", "here", "elsewhere"))), ids=str)
def test_a_description_before_or_after_the_alerts_ends_the_same(principal: Principal, order: tuple[str, ...]) -> None:
    steps: dict[str, Callable[[], object]] = {
        "description": lambda: describe(principal),
        "here": lambda: bring(document(alert(1), alert(2, url="https://shop.example/v1/orders/o'clock")), principal),
        "elsewhere": lambda: bring(document(alert(3, url="https://other.example/v1/orders/3")), principal),
    }
    for name in order:
        steps[name]()
    elsewhere, here = shown()
    assert elsewhere[:2] == ("", "")
    assert elsewhere[10] == "/v1/orders/{}"
    assert here[:2] == ("Orders", "GET /orders/{id}")
    assert here[10:16:4] == ("/orders/{}", 2)
    # Two allowed alerts of high severity, a second apart, seven days being half of their weight.
    state = ThreatState.objects.get()
    assert (state.category, state.blocked) == ("API8", 0)
    assert state.passed == pytest.approx(4 + 4 * 2 ** (-1 / 86_400 / 7))


def test_alerts_without_an_api_are_counted_and_kept_and_weigh_nothing(principal: Principal) -> None:
    counts = told(bring(document(alert(1, url="https://nobody.example/x")), principal))
    assert counts["unmapped"] == 1
    episode = Episode.objects.get()
    assert (episode.api, episode.host, episode.path) == (None, "nobody.example", "/x")
    assert not ThreatState.objects.exists()


def test_nothing_that_a_client_sent_is_stored(principal: Principal) -> None:
    describe(principal)
    hostile = "https://user:hunter2@shop.example/v1/orders/1%27%20OR%20%271%27=%271?token=s3cr3t#frag"
    bring(document(alert(1, url=hostile, evidence="password=hunter2", payload="<script>s3cr3t")), principal)
    stored = " ".join(str(row) for model in (Alert, Episode) for row in model.objects.values())
    for secret in ("hunter2", "s3cr3t", "OR", "<script>"):
        assert secret not in stored
    assert str(Episode.objects.get().endpoint) == "GET /orders/{id}"


def test_alerts_out_of_time_are_left_out_and_counted(principal: Principal) -> None:
    far = [alert(1, time=(NOW + timedelta(days=2)).isoformat()), alert(2, time="1999-01-01T00:00:00Z"), alert(3)]
    counts = told(bring(document(*far), principal))
    assert (counts["created"], counts["out_of_time"]) == (1, 2)


def test_alerts_of_earlier_months_find_their_place(principal: Principal) -> None:
    old = [alert(n, time=(NOW - timedelta(days=31 * n)).isoformat()) for n in range(12)]
    assert told(bring(document(*old), principal))["created"] == 12


def test_a_broken_document_leaves_nothing(principal: Principal) -> None:
    job = bring(b'[{"rule": "x", "severity": "high", "time": "2026-01-01T00:00:00Z", "client": "y"}, ', principal,
                format="alerts")  # fmt: skip
    assert job.state == "failed"
    assert not Episode.objects.exists()


def test_counted_anew_nothing_differs(principal: Principal) -> None:
    describe(principal)
    for n in range(6):
        bring(document(alert(n, time=(NOW - n * timedelta(days=3)).isoformat(), severity="critical")), principal)
    before = threats()
    weigh_anew(api_ids=set(ThreatState.objects.values_list("api", flat=True)), cause="a test")
    assert before
    assert threats() == before
