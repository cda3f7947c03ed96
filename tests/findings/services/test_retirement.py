"""Series that nobody scans any more, their cover, and their return."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from findings.choices import Severity
from findings.models import Finding, Presence, Report, Series
from findings.records import FindingRecord, ReportSummary, RunSummary
from findings.services.ingest import Document, UploadOptions, ingest_report
from findings.services.retirement import Retirement, retire_series
from inventory.access.models import StateChange
from inventory.access.records import SYSTEM
from inventory.models import Api
from tests.posture.services.estates import make_api

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    return make_api(name="Orders")


def scan(day: float, series: str, *rules: str, api: Api | None, source: str = "zap", complete: bool = True) -> None:
    at = START + timedelta(days=day)
    records = [FindingRecord(source_kind=source, rule=rule, title=rule, severity=Severity.HIGH) for rule in rules]
    report = Report.objects.create(code=uuid4().hex[:16], digest=uuid4().hex, name="r", format="sarif", uploaded_at=at)
    told = ReportSummary(runs=(RunSummary(source_kind=source, scanned_at=at),))
    with transaction.atomic():
        ingest_report(
            report=report, document=Document(records=records, summary=lambda: told), principal=SYSTEM, now=at,
            options=UploadOptions(api_id=api.pk if api else None, series=series, complete=complete),
        )  # fmt: skip


def retire(day: float) -> Retirement:
    return retire_series(now=START + timedelta(days=day))


def statuses() -> dict[str, str]:
    return dict(Finding.objects.values_list("rule", "status"))


def test_a_silent_series_is_retired_as_of_its_thirtieth_day(api: Api) -> None:
    scan(0, "nightly", "a", api=api)
    assert retire(29) == Retirement(retired=0, changed=0)
    assert retire(45).retired == 1
    assert Series.objects.get().retired_at == START + timedelta(days=30)
    assert retire(60).retired == 0
    row = StateChange.objects.get(kind="series")
    assert (row.verb, row.api_id, row.reason) == ("retired", api.pk, "no scan for 30 days")


def test_without_a_live_series_beside_it_what_it_had_stays_open(api: Api) -> None:
    scan(0, "nightly", "a", api=api)
    retire(45)
    assert statuses() == {"a": "new"}


def test_with_a_live_series_of_the_same_source_what_it_had_ends(api: Api) -> None:
    scan(0, "old", "a", "both", api=api)
    scan(40, "nightly", "both", api=api)
    assert retire(45) == Retirement(retired=1, changed=1)
    assert statuses() == {"a": "closed", "both": "new"}
    assert Presence.objects.filter(until_scan=None).count() == 3


@pytest.mark.parametrize("cover", ["another source", "another API", "parts only"])
def test_nothing_else_covers_it(cover: str, api: Api) -> None:
    scan(0, "old", "a", api=api)
    other = make_api(name="Other") if cover == "another API" else api
    source = "nuclei" if cover == "another source" else "zap"
    scan(40, "nightly", api=other, source=source, complete=cover != "parts only")
    retire(45)
    assert statuses() == {"a": "new"}


def test_a_cover_that_comes_after_the_retirement_ends_it_too(api: Api) -> None:
    scan(0, "old", "a", api=api)
    retire(45)
    scan(46, "nightly", api=api)
    assert statuses() == {"a": "closed"}


def test_a_cover_that_falls_silent_itself_covers_nothing_more(api: Api) -> None:
    scan(0, "old", "a", api=api)
    scan(20, "nightly", api=api)
    retire(45)
    assert statuses() == {"a": "closed"}
    retire(51)
    assert statuses() == {"a": "new"}


def test_a_later_scan_brings_the_series_back_and_an_older_one_does_not(api: Api) -> None:
    scan(0, "old", "a", "gone", api=api)
    scan(40, "nightly", api=api)
    retire(45)
    scan(-3, "old", "a", "gone", api=api)
    assert Series.objects.get(name="old").retired_at
    assert statuses() == {"a": "closed", "gone": "closed"}
    scan(46, "old", "a", api=api)
    assert Series.objects.get(name="old").retired_at is None
    assert statuses() == {"a": "new", "gone": "closed"}


def test_what_has_no_api_stays_open(api: Api) -> None:
    scan(0, "old", "a", api=None)
    scan(40, "nightly", api=None)
    assert retire(45).retired == 1
    assert statuses() == {"a": "new"}


def test_the_last_order_of_scans_does_not_matter(api: Api) -> None:
    scan(40, "nightly", "b", api=api)
    retire(45)
    scan(0, "old", "a", api=api)
    retire(46)
    assert statuses() == {"a": "closed", "b": "new"}
