"""The machine state of findings is a function of the set of reports held, not of the order they came in."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from findings.choices import Severity
from findings.models import Finding, Presence, Report, Scan
from findings.records import FindingRecord, ReportSummary, RunSummary
from findings.services.ingest import Document, IngestCounts, UploadOptions, ingest_report
from inventory.access.records import SYSTEM
from inventory.models import Api

START = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
RULES = "abcd"
pytestmark = pytest.mark.django_db


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One report as the test writes it: which rules it has, with which message, and what was said beside it."""

    hour: int
    rules: dict[str, str]
    complete: bool = True
    scan_id: str = ""
    parts: int | None = None
    series: str = "nightly"

    @property
    def at(self) -> datetime:
        """Return the scan time."""
        return START + timedelta(hours=self.hour)


def record(rule: str, message: str) -> FindingRecord:
    return FindingRecord(
        source_kind="scanner", rule=rule, title=f"Rule {rule}", message=message, severity=Severity.HIGH
    )


@pytest.fixture
def api() -> Api:
    return Api.objects.create(
        code=f"API-{uuid4().hex[:8]}", stable_id=uuid4(), name="Orders", slug=uuid4().hex, first_seen=NOW, last_seen=NOW
    )


def send(upload: Upload, api: Api) -> IngestCounts:
    report = Report.objects.create(
        code=uuid4().hex[:16], digest=uuid4().hex, name="report.sarif", format="sarif", uploaded_at=NOW
    )
    document = Document(
        records=[record(rule, message) for rule, message in upload.rules.items()],
        summary=lambda: ReportSummary(runs=(RunSummary(source_kind="scanner", scanned_at=upload.at),)),
    )
    options = UploadOptions(
        api_id=api.pk, series=upload.series, scan_id=upload.scan_id, parts=upload.parts, complete=upload.complete
    )
    return ingest_report(report=report, document=document, options=options, principal=SYSTEM, now=NOW)


def intervals(series: str = "nightly") -> dict[str, list[tuple[int, int | None]]]:
    """Return where each rule is open in a series, as hours since the start."""
    found: dict[str, list[tuple[int, int | None]]] = {}
    rows = Presence.objects.filter(series__name=series).select_related("finding").order_by("since")
    for row in rows:
        until = None if row.until is None else hours(row.until)
        found.setdefault(row.finding.rule, []).append((hours(row.since), until))
    return found


def hours(at: datetime) -> int:
    return int((at - START) / timedelta(hours=1))


def replayed(uploads: list[Upload]) -> dict[str, list[tuple[int, int | None]]]:
    """Return the same by the definition: go through the scans in order of time with a dictionary."""
    out: dict[str, list[tuple[int, int | None]]] = {}
    started: dict[str, int] = {}
    for scan in sorted(uploads, key=lambda upload: upload.hour):
        for rule in scan.rules:
            started.setdefault(rule, scan.hour)
        if scan.complete:
            for rule in [rule for rule in started if rule not in scan.rules]:
                out.setdefault(rule, []).append((started.pop(rule), scan.hour))
    for rule, hour in started.items():
        out.setdefault(rule, []).append((hour, None))
    return {rule: sorted(spans, key=lambda span: span[0]) for rule, spans in out.items()}


def state(uploads: list[Upload], api: Api) -> dict[str, object]:
    """Return everything the uploads leave, and take it back."""
    result: dict[str, object] = {}
    with transaction.atomic():
        for upload in uploads:
            send(upload, api)
        result = {
            "intervals": intervals(),
            "facts": sorted(Finding.objects.values_list("rule", "message", "first_seen", "present", "status")),
            "scans": sorted(Scan.objects.values_list("scanned_at", "digest", "complete")),
        }
        transaction.set_rollback(True)
    return result


rule_sets = st.dictionaries(st.sampled_from(RULES), st.sampled_from(["one", "two"]), max_size=4)
scan_lists = st.lists(
    st.builds(lambda rules, complete: (rules, complete), rule_sets, st.booleans()), min_size=1, max_size=5
)
quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(scans=scan_lists, order=st.randoms(use_true_random=False))
def test_presence_equals_the_replay_in_every_order(
    api: Api, scans: list[tuple[dict[str, str], bool]], order: random.Random
) -> None:
    uploads = [Upload(hour=hour, rules=rules, complete=complete) for hour, (rules, complete) in enumerate(scans)]
    shuffled = order.sample(uploads, len(uploads))
    kept = state(shuffled, api)
    assert kept["intervals"] == replayed(uploads)
    assert kept == state(uploads, api)


@quick
@given(scans=scan_lists, order=st.randoms(use_true_random=False))
def test_facts_are_those_of_the_last_scan_that_has_the_finding(
    api: Api, scans: list[tuple[dict[str, str], bool]], order: random.Random
) -> None:
    uploads = [Upload(hour=hour, rules=rules, complete=complete) for hour, (rules, complete) in enumerate(scans)]
    last = {rule: message for upload in uploads for rule, message in upload.rules.items()}
    first = {rule: upload.at for upload in reversed(uploads) for rule in upload.rules}
    kept = state(order.sample(uploads, len(uploads)), api)
    facts = kept["facts"]
    assert isinstance(facts, list)
    assert {rule: message for rule, message, *_ in facts} == last
    assert {rule: seen for rule, _, seen, *_ in facts} == first


@quick
@given(scans=scan_lists, cut=st.randoms(use_true_random=False))
def test_a_scan_cut_into_parts_leaves_what_the_whole_leaves(
    api: Api, scans: list[tuple[dict[str, str], bool]], cut: random.Random
) -> None:
    whole = [Upload(hour=hour, rules=rules, scan_id=f"scan {hour}") for hour, (rules, _) in enumerate(scans)]
    pieces: list[Upload] = []
    for upload in whole:
        rules = list(upload.rules.items())
        cut.shuffle(rules)
        at = cut.randint(1, len(rules)) if rules else 0
        shares = [dict(rules[:at]), dict(rules[at:])] if rules[at:] else [dict(rules)]
        pieces += [replace(upload, rules=share, parts=len(shares)) for share in shares]
    cut.shuffle(pieces)
    assert state(pieces, api) == state([replace(upload, parts=1) for upload in whole], api)


@quick
@given(scans=scan_lists, order=st.randoms(use_true_random=False))
def test_sending_a_report_again_changes_nothing(
    api: Api, scans: list[tuple[dict[str, str], bool]], order: random.Random
) -> None:
    uploads = [Upload(hour=hour, rules=rules, complete=complete) for hour, (rules, complete) in enumerate(scans)]
    doubled = uploads + order.choices(uploads, k=3)
    order.shuffle(doubled)
    assert state(doubled, api) == state(uploads, api)


def test_a_narrower_series_closes_nothing_outside_it(api: Api) -> None:
    send(Upload(hour=0, rules={"a": "one", "b": "one"}), api)
    counts = send(Upload(hour=1, rules={"a": "one"}, series="pull requests"), api)
    assert counts.closed == 0
    assert Finding.objects.get(rule="b").present


def test_what_a_complete_scan_lacks_is_closed_and_comes_back_reopened(api: Api) -> None:
    assert send(Upload(hour=0, rules={"a": "one", "b": "one"}), api).created == 2
    assert send(Upload(hour=1, rules={"a": "one"}), api).closed == 1
    assert Finding.objects.get(rule="b").status == "closed"
    counts = send(Upload(hour=2, rules={"a": "one", "b": "one"}), api)
    assert (counts.reopened, counts.created, counts.unchanged) == (1, 0, 1)
    assert Finding.objects.get(rule="b").status == "reopened"


def test_parts_of_an_unfinished_scan_close_nothing(api: Api) -> None:
    send(Upload(hour=0, rules={"a": "one", "b": "one", "c": "one"}), api)
    assert send(Upload(hour=1, rules={"a": "one"}, scan_id="s", parts=2), api).closed == 0
    counts = send(Upload(hour=1, rules={"b": "one"}, scan_id="s", parts=2), api)
    assert counts.closed == 1
    assert Finding.objects.get(rule="c").status == "closed"


def test_a_scan_without_findings_closes_what_its_series_had(api: Api) -> None:
    send(Upload(hour=0, rules={"a": "one"}), api)
    assert send(Upload(hour=1, rules={}), api).closed == 1


def test_a_scan_that_comes_late_is_put_where_it_belongs(api: Api) -> None:
    send(Upload(hour=0, rules={"a": "one", "b": "one"}), api)
    send(Upload(hour=2, rules={"a": "one"}), api)
    send(Upload(hour=1, rules={"b": "late"}), api)
    assert intervals() == {"a": [(0, 1), (2, None)], "b": [(0, 2)]}
    assert Finding.objects.get(rule="a").present
    assert Finding.objects.get(rule="b").status == "closed"


def test_two_scanners_that_see_it_in_turn_leave_no_gap(api: Api) -> None:
    send(Upload(hour=0, rules={"a": "one"}), api)
    send(Upload(hour=1, rules={"a": "one"}, series="weekly"), api)
    send(Upload(hour=2, rules={}), api)
    assert Finding.objects.get(rule="a").status == "new"
    send(Upload(hour=3, rules={"a": "one"}), api)
    assert Finding.objects.get(rule="a").status == "new"


def test_a_complete_scan_writes_nothing_for_findings_that_stay(api: Api) -> None:
    send(Upload(hour=0, rules={"a": "one"}), api)
    query = """
        SELECT xmin::text || ctid::text FROM findings_finding UNION ALL
        SELECT xmin::text || ctid::text FROM findings_presence
    """
    with connection.cursor() as cursor:
        cursor.execute(query)
        before = set(cursor.fetchall())
        send(Upload(hour=1, rules={"a": "one"}), api)
        cursor.execute(query)
        assert set(cursor.fetchall()) == before
