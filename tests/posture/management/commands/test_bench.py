"""A bench tells what it measured, claims nothing for fewer rows than the goal is stated for, and hides no miss."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from bench.lines import Line, Sized
from tests.product import ROOT


def line(**said: Any) -> Line:
    given: dict[str, Any] = {"name": "Imports", "rows": 1000, "against": "COPY"}
    given |= {"seconds": [5.0, 7.0, 6.0], "compared": [1.0, 1.0, 2.0]}
    return Line(**given | said)


def test_median_and_worst_are_told_of_both_sides() -> None:
    told = "\n".join(line().told())
    assert "median 6.00 s, worst 7.00 s of 3; N = 1,000, 167 rows/s" in told
    assert "COPY: median 1.00 s, worst 2.00 s of 3" in told


def test_a_ratio_is_the_median_of_those_of_the_rounds() -> None:
    assert line().ratio == 5


@pytest.mark.parametrize(("most", "words"), [(6, "5.00 x, goal 6 x: reached"), (4, "MISSED: 5.00 x, the goal is 4 x")])
def test_a_goal_that_is_missed_is_told_as_missed(most: float, words: str) -> None:
    assert words in line(most=most).told()[-1]
    assert bool(line(most=most).missed) is ("MISSED" in words)


def test_below_the_stated_number_no_ratio_is_told() -> None:
    small = line(stated=1001, most=4)
    assert small.told()[-1] == "    no ratio: fewer than the 1,001 rows the goal is stated for"
    assert " x" not in "".join(small.told())
    assert small.missed == []


def test_too_many_seconds_and_too_much_memory_are_misses_too() -> None:
    assert line(compared=[], most=5).missed == ["MISSED: 6.00 s, the goal is 5.00 s"]
    assert line(megabytes={"worker": 301}, most_megabytes=300).missed == [
        "MISSED: the worker took 301 MB, the goal is 300 MB"
    ]


def test_of_a_page_nearly_all_requests_and_the_number_of_queries_count() -> None:
    page = {"compared": [], "most": 0.1, "seconds": [0.05, 0.06, 0.3], "queries": 12, "most_queries": 12, "load": "1"}
    told = "Imports: median 60 ms, p95 90 ms, 12 queries; load 1; goal 100 ms: reached"
    assert line(**page, of_all=0.09).told() == [told]
    assert line(**page, of_all=0.11).missed == ["MISSED: 110 ms, the goal is 100 ms"]
    assert line(**page | {"queries": 13}, of_all=0.09).missed == ["MISSED: 13 queries, the goal is 12"]


def test_bytes_are_told_of_each_row_and_too_many_are_a_miss() -> None:
    sized = Sized(name="A finding", rows=10, tables={"findings": 20_000, "scans": 1_000}, most=2_100, stated=10)
    told = ["A finding: 2,100 bytes for each of 10", "    findings: 2,000 bytes each", "    scans: 100 bytes each"]
    assert sized.told() == [*told, "    goal 2,100: reached"]
    assert replace(sized, most=2_099).told()[-1] == "    MISSED: 2,100 bytes, the goal is 2,099"
    assert replace(sized, most=1, stated=11).told()[-1] == "    no goal: fewer than 11"
    assert replace(sized, most=1, stated=11).missed == []


@pytest.mark.slow
def test_every_bench_runs_on_a_small_share() -> None:
    command = [sys.executable, "manage.py", "bench", "--rounds", "1", "--share", "0.005"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("no ratio: fewer than") == 33
    assert done.stdout.count("/apis/, security manager: median") == 2
    for name in ("500 findings into an empty base", "500 findings into a base of 5,000", "Full re-score of 2,000 APIs"):
        assert name in done.stdout
    for name in ("500 findings into the estate of 5,000", "/apis/, team owner, while", "bytes for each of 5,500"):
        assert name in done.stdout
