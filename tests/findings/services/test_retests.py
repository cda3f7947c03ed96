"""Retests: asked for by a person, answered by the first scan that can."""

import pytest

from findings.errors import FindingsChanged, FindingsRefused
from findings.models import Finding, Retest
from findings.services.work import ask_retest
from inventory.access.models import StateChange
from inventory.models import Api
from tests.findings.reports import NOW, analyst, openapi, result, sarif, settle, take_in
from tests.posture.services.estates import make_api, make_finding

pytestmark = pytest.mark.usefixtures("fresh_database")
FIRST = sarif(result("r1", "a.py"), result("r2", "b.py"), ended="2026-05-01T08:00:00Z")


def bring(document: bytes, name: str) -> None:
    take_in(document, name, analyst(), now=NOW, api=Api.objects.get().code, series="nightly")
    settle(now=NOW)


@pytest.fixture
def found() -> Finding:
    take_in(openapi("Shop", "/a"), "shop.json", analyst(), now=NOW)
    bring(FIRST, "first.sarif")
    return Finding.objects.get(rule="r1")


def ask(found: Finding, at: str) -> None:
    ask_retest(finding=found, note="Fixed in 2.4", principal=analyst(), now=NOW.fromisoformat(at))


def test_the_next_whole_scan_says_that_it_is_gone(found: Finding) -> None:
    ask(found, "2026-05-02T00:00:00+00:00")
    bring(sarif(result("r2", "b.py"), ended="2026-05-03T08:00:00Z"), "second.sarif")
    retest = Retest.objects.get()
    assert (retest.answer, retest.answered_at) == (Retest.GONE, NOW)
    assert StateChange.objects.get(verb="retest answered").new == "gone"


def test_the_next_scan_that_has_it_says_that_it_is_still_there_whatever_comes_later(found: Finding) -> None:
    ask(found, "2026-05-02T00:00:00+00:00")
    bring(sarif(result("r1", "a.py"), ended="2026-05-03T08:00:00Z"), "second.sarif")
    bring(sarif(result("r2", "b.py"), ended="2026-05-04T08:00:00Z"), "third.sarif")
    assert Retest.objects.get().answer == Retest.STILL_THERE


def test_a_scan_made_before_the_question_or_of_another_series_answers_nothing(found: Finding) -> None:
    ask(found, "2026-05-05T00:00:00+00:00")
    bring(sarif(result("r2", "b.py"), ended="2026-05-04T08:00:00Z"), "earlier.sarif")
    other = sarif(result("r9", "z.py"), ended="2026-05-06T08:00:00Z")
    take_in(other, "other.sarif", analyst(), now=NOW, api=Api.objects.get().code, series="pull requests")
    settle(now=NOW)
    assert Retest.objects.get().answer == ""


def test_one_is_asked_for_at_a_time_and_not_of_what_no_scan_saw(found: Finding) -> None:
    ask(found, "2026-05-02T00:00:00+00:00")
    with pytest.raises(FindingsChanged, match="asked for already"):
        ask(found, "2026-05-02T01:00:00+00:00")
    with pytest.raises(FindingsRefused, match="No scan"):
        ask(make_finding(make_api()), "2026-05-02T00:00:00+00:00")
