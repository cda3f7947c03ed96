"""A report that speaks of many series at once leaves what its series would have left one after another."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from findings.choices import Severity
from findings.models import Finding, Presence, Report, Scan, Series
from findings.records import FindingRecord, ReportSummary, RunSummary
from findings.services import folding
from findings.services.ingest import Document, UploadOptions, ingest_report
from findings.services.scans import Stated
from findings.services.staging import Share
from inventory.access.records import SYSTEM
from inventory.models import Api, BaseUrl

START = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOSTS = ("orders.example", "refunds.example", "stock.example")

Place = tuple[str, str, str]
"""Series, host and rule of a finding."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A report as the test writes it: what it says in which place, when, and whether it is all there is."""

    hour: int
    said: dict[Place, str]
    complete: bool = True

    def apart(self) -> list["Upload"]:
        """Return the report as one for each of its series and APIs."""
        shares = {place[:2] for place in self.said}
        return [
            Upload(
                hour=self.hour,
                said={place: text for place, text in self.said.items() if place[:2] == share},
                complete=self.complete,
            )
            for share in sorted(shares)
        ]


@pytest.fixture
def apis(db: None) -> None:
    for host in HOSTS:
        api = Api.objects.create(
            code=f"API-{uuid4().hex[:8]}", stable_id=uuid4(), name=host, slug=uuid4().hex, first_seen=NOW, last_seen=NOW
        )
        BaseUrl.objects.create(api=api, scheme="https", host=host, port=443)


def send(upload: Upload) -> None:
    report = Report.objects.create(
        code=uuid4().hex[:16], digest=uuid4().hex, name="report.sarif", format="sarif", uploaded_at=NOW
    )
    records = [
        FindingRecord(
            source_kind="scanner", rule=rule, title=f"Rule {rule}", message=message, severity=Severity.HIGH,
            series=series, url=f"https://{host}/", path="/",
        )
        for (series, host, rule), message in upload.said.items()
    ]  # fmt: skip
    at = START + timedelta(hours=upload.hour)
    runs = tuple(
        RunSummary(source_kind="scanner", scanned_at=at, series=series)
        for series in sorted({place[0] for place in upload.said})
    )
    document = Document(records=records, summary=lambda: ReportSummary(runs=runs))
    ingest_report(
        report=report, document=document, options=UploadOptions(complete=upload.complete), principal=SYSTEM, now=NOW
    )


def left_by(uploads: Iterable[Upload]) -> dict[str, object]:
    """Return everything the uploads leave, and take it back."""
    with transaction.atomic():
        for upload in uploads:
            send(upload)
        assert not Series.objects.filter(api=None).exists()
        result: dict[str, object] = {
            "presence": sorted(
                Presence.objects.values_list("series__name", "finding__api__name", "finding__rule", "since", "until"),
                key=str,
            ),
            "facts": sorted(
                Finding.objects.values_list("api__name", "rule", "message", "first_seen", "present", "status"),
                key=str,
            ),
            "scans": sorted(
                Scan.objects.values_list("series__name", "series__api__name", "scanned_at", "digest", "complete"),
                key=str,
            ),
        }
        transaction.set_rollback(True)
    return result


places = st.tuples(st.sampled_from(["nightly", "pull requests"]), st.sampled_from(HOSTS), st.sampled_from("ab"))
reports = st.lists(
    st.tuples(st.dictionaries(places, st.sampled_from(["one", "two"]), min_size=1, max_size=8), st.booleans()),
    min_size=1,
    max_size=4,
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=reports, order=st.randoms(use_true_random=False))
def test_many_series_folded_together_leave_what_they_leave_one_by_one(
    apis: None, said: list[tuple[dict[Place, str], bool]], order: random.Random
) -> None:
    uploads = [Upload(hour=hour, said=places, complete=complete) for hour, (places, complete) in enumerate(said)]
    order.shuffle(uploads)
    together = left_by(uploads)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(folding, "TOGETHER", 1)
        assert left_by(uploads) == together
    assert left_by(piece for upload in uploads for piece in upload.apart()) == together


shares = st.lists(
    st.tuples(st.sampled_from(["scanner", "Scanner", "proxy"]), st.sampled_from("xyz"), st.sampled_from([1, 2, None])),
    unique=True,
    min_size=1,
)


@given(shares=shares, sizes=st.randoms(use_true_random=False), most=st.integers(1, 9))
def test_a_wave_holds_no_two_series_that_could_touch_one_finding_and_not_too_many_rows(
    shares: list[Share], sizes: random.Random, most: int
) -> None:
    stated = Stated(at=NOW, at_source="upload", scan_id="", parts=None, complete=True)
    staged = [(share, number, stated) for number, share in enumerate(shares)]
    rows = {number: (sizes.randint(1, 5), "digest") for number in range(len(shares))}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(folding, "TOGETHER", most)
        waves = list(folding._waves(staged, rows))  # the rule that lets shares go together
    assert sorted(number for wave in waves for _, number, _ in wave) == list(range(len(shares)))
    for wave in waves:
        touched = [(source.lower(), api_id) for (source, _, api_id), _, _ in wave]
        assert len(touched) == len(set(touched))
        assert len(wave) == 1 or sum(rows[number][0] for _, number, _ in wave) <= most
