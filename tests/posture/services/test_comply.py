"""Compliance: what each state means, and a past second that answers as it did."""

import csv
import io
import json
import zipfile
from datetime import datetime, timedelta
from typing import Any

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from findings.models import Finding
from findings.services.decide import Statement, Target, decide
from findings.status import DecisionKind
from inventory.access.records import SYSTEM
from inventory.access.rights import Verb
from inventory.jobs.records import Run
from inventory.models import Api
from inventory.services.classify import classify_api
from posture.choices import ComplianceState, PaperFormat
from posture.models import Compliance
from posture.selectors.compliance import every_result, standing
from posture.services.papers import ask_for_paper, make_paper
from posture.services.writing import as_csv, as_pdf, as_workbook
from tests.findings.reports import NOW, analyst, result, sarif, settle, take_in

pytestmark = pytest.mark.usefixtures("module_database")
HOUR = timedelta(hours=1)
NASTY = "=cmd|'/C calc'!A0 <b>#let x = 1</b> `raw` $ x $ *bold* @me \u202egnp.exe\u0007 "


def specification(title: str, *, server: str = "https://h.example", answer: str = "429") -> bytes:
    paths = {"/orders": {"get": {"responses": {"200": {"description": "x"}, answer: {"description": "x"}}}}}
    return json.dumps(
        {"openapi": "3.0.3", "info": {"title": title, "version": "1"}, "paths": paths, "servers": [{"url": server}]}
    ).encode()


def found(api: Api, *cwes: int, at: datetime, text: str = "Something") -> None:
    """Take in a scan that has one finding for each CWE; what an earlier one had and this has not is closed."""
    results = [
        {**result(f"rule-{cwe}", "a.py", text=text), "properties": {"tags": [f"external/cwe/cwe-{cwe}"]}}
        for cwe in cwes
    ]
    document = json.loads(sarif(*results, ended=at.isoformat()))
    document["runs"][0]["tool"]["driver"]["rules"] = [
        {"id": f"rule-{cwe}", "properties": {"tags": [f"external/cwe/cwe-{cwe}"]}, "name": text} for cwe in cwes
    ]
    take_in(json.dumps(document).encode(), "scan.sarif", analyst(), now=at, api=api.code)
    settle(now=at)


def known(title: str, *, at: datetime = NOW, **more: str) -> Api:
    take_in(specification(title, **more), f"{title[:20]}.json", analyst(), now=at)
    settle(now=at)
    return Api.objects.get(name=title)


def state(api: Api, requirement: str, at: datetime = NOW) -> str:
    [row] = [
        one
        for one in every_result(principal=SYSTEM, at=at)
        if (one.code, one.requirement.short) == (api.code, requirement)
    ]
    return row.state.value


def test_each_state_is_what_the_facts_make_it() -> None:
    api = known("States")
    # Written down by hand: API4 has one check and it passes, API6 has none, API2 has checks without a result.
    assert state(api, "API4") == "met"
    assert state(api, "API6") == "not_tested"
    assert state(api, "API2") == "partly"
    found(api, 770, 841, at=NOW + HOUR)
    assert state(api, "API4", NOW + HOUR) == "not_met"
    assert state(api, "API6", NOW + HOUR) == "not_met"
    finding = Finding.objects.get(api=api, rule="rule-770")
    decide(
        target=Target(finding_ids=(finding.pk,)), statement=Statement(kind=DecisionKind.FALSE_POSITIVE, reason="No."),
        principal=analyst(), now=NOW + 2 * HOUR,
    )  # fmt: skip
    settle(now=NOW + 2 * HOUR)
    assert state(api, "API4", NOW + 2 * HOUR) == "met"
    assert state(api, "API4", NOW + HOUR) == "not_met"
    assert state(api, "API4", NOW) == "met"


def test_what_a_failed_check_says_counts_for_its_category() -> None:
    api = known("Clear", server="http://clear.example")
    assert state(api, "API8") == "not_met"
    [row] = [
        one for one in every_result(principal=SYSTEM, at=NOW) if (one.code, one.requirement.short) == (api.code, "API8")
    ]
    assert "Reachable in clear text" in [one.title for one in row.failing]


def test_a_retired_api_is_in_no_denominator_from_then_on() -> None:
    api = known("Going")
    before = standing(principal=SYSTEM, at=NOW).apis
    classify_api(api=api, changes={"stage": "retired"}, principal=analyst(), now=NOW + 3 * HOUR)
    settle(now=NOW + 3 * HOUR)
    assert standing(principal=SYSTEM, at=NOW + 3 * HOUR).apis == before - 1
    assert standing(principal=SYSTEM, at=NOW).apis == before


def shown(at: datetime) -> tuple[Any, ...]:
    """Return all that the page and the files say of a second."""
    stands = standing(principal=SYSTEM, at=at)
    rows = list(every_result(principal=SYSTEM, at=at))
    return stands, rows, "".join(as_csv(rows)), as_workbook(stands, rows)


ACT = st.sampled_from(("scan", "decide", "undo-scan", "classify", "specification"))
_turn = iter(range(10_000))


@settings(max_examples=6)
@given(acts=st.lists(st.tuples(ACT, st.sampled_from((770, 918, 639, 79))), min_size=2, max_size=4))
def test_any_past_second_says_what_was_shown_then(acts: list[tuple[str, int]]) -> None:
    # Later than everything before, so that the examples share a database.
    start = NOW + timedelta(days=1 + next(_turn))
    api = known(f"Past {start:%j}", at=start)
    seen = {start: shown(start)}
    for number, (act, cwe) in enumerate(acts, 1):
        at = start + number * HOUR
        if act == "scan":
            found(api, cwe, at=at)
        elif act == "undo-scan":
            found(api, at=at)
        elif act == "specification":
            take_in(specification(api.name, answer="200" if cwe > 700 else "429"), "s.json", analyst(), now=at)
        elif act == "classify":
            classify_api(api=api, changes={"reach": "public" if cwe > 700 else "internal"}, principal=analyst(), now=at)
        elif (finding := Finding.objects.filter(api=api).open().order_by("code").first()) is not None:
            statement = Statement(kind=DecisionKind.FALSE_POSITIVE, reason="No.")
            decide(target=Target(finding_ids=(finding.pk,)), statement=statement, principal=analyst(), now=at)
        settle(now=at)
        seen[at] = shown(at)
    for at, then in seen.items():
        assert shown(at) == then


def test_numbers_add_up_and_rows_of_one_second_do_not_overlap() -> None:
    known("Sums")
    stands = standing(principal=SYSTEM, at=NOW)
    rows = list(every_result(principal=SYSTEM, at=NOW))
    assert stands.counted.total == len(rows) == 10 * stands.apis
    for row in stands.rows:
        mine = [one for one in rows if one.requirement == row.requirement]
        assert row.counted.met == sum(one.state == ComplianceState.MET for one in mine)
        assert row.open == sum(one.open for one in mine)
    assert Compliance.objects.filter(until__lt=NOW - timedelta(days=999)).count() == 0


def hostile() -> Api:
    title = NASTY + "W" * (300 - len(NASTY))
    take_in(specification(title), "hostile.json", analyst())
    settle()
    api = Api.objects.get(name__startswith="=cmd")
    found(api, 918, at=NOW, text=NASTY)
    return api


def test_hostile_texts_come_out_harmless_and_readable() -> None:
    api = hostile()
    stands, rows, table, book = shown(NOW)
    line = next(one for one in csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))) if one["API code"] == api.code)
    assert line["API"].startswith("'=cmd")
    assert not {"\u202e", "\u0007"} & set(table)
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
        strings = "".join(archive.read(name).decode() for name in archive.namelist())
    assert all("<f>" not in sheet for sheet in sheets)
    assert "\u202e" not in strings
    pdf = as_pdf(stands, rows, scope="All.")
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).replace("\u200b", "")
    assert "#let x = 1" in text
    assert "*bold*" in text
    assert api.code in text
    for row in stands.rows:
        assert f"{row.counted.met:,} of {row.counted.total:,}" in text


def test_the_same_rows_give_the_same_bytes() -> None:
    hostile_or_not = shown(NOW)
    stands, rows, table, book = hostile_or_not
    assert "".join(as_csv(rows)) == table
    assert as_workbook(stands, rows) == book
    assert as_pdf(stands, rows, scope="All.") == as_pdf(stands, rows, scope="All.")


@pytest.mark.parametrize("wanted", list(PaperFormat))
def test_a_report_is_written_by_its_job_and_tells_the_digest_of_the_page(wanted: PaperFormat) -> None:
    known("Paper")
    job = ask_for_paper(wanted=wanted, at=NOW, principal=analyst(), now=NOW)
    assert ask_for_paper(wanted=wanted, at=NOW, principal=analyst(), now=NOW).pk == job.pk
    paper = make_paper(Run(job_id=job.pk, arguments=job.arguments, principal=analyst(), now=NOW))
    assert paper.digest == standing(principal=analyst(), at=NOW, verb=Verb.EXPORT).digest
    assert paper.blob is not None
    assert paper.blob.size > 1000
