"""Scores of a whole estate, beside the bare SQL that adds up the same findings."""

import time
from typing import Any

from django.db import connection

from bench import estate, machine
from bench.databases import copy_of, settle
from bench.lines import Line
from bench.taking_in import run_to_end
from findings.models import Finding
from findings.status import OPEN, SeverityRank, Status
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from posture.scoring.weights import VERSION_1
from posture.services.asking import JUDGE, SCORE_ALL, ask_for_all_scores

STATED = 200_000
MOST_TIMES = 2

BARE = """
SELECT api_id, sum(hazard / place) FROM (
    SELECT api_id, hazard, row_number() OVER (
        PARTITION BY api_id, weakness_class ORDER BY hazard DESC, fingerprint COLLATE "C") AS place
    FROM (
        SELECT api_id, weakness_class, fingerprint,
            -ln(1 - (%(severity)s::float8[])[1 + severity]) * coalesce(confidence.weight, %(unstated)s) AS hazard
        FROM findings_finding
        LEFT JOIN unnest(%(words)s::text[], %(weights)s::float8[]) AS confidence (word, weight) ON word = confidence
        WHERE status = ANY(%(statuses)s) AND moved_to_id IS NULL AND api_id IS NOT NULL
    ) AS weighed
) AS ranked GROUP BY api_id
"""
"""Every finding's hazard, divided by its place in its class, added up for each API: what no score can do without."""


def measure(*, count: int, rounds: int) -> list[Line]:
    """Score all APIs anew where every one has changed, and once more where none has."""
    before = machine.load()
    changed: list[float] = []
    same: list[float] = []
    bare: list[float] = []
    judged: dict[str, list[float]] = {"changed": [], "same": []}
    with copy_of() as name:
        api_ids = estate.make_apis(estate.APIS)
        estate.make_base(api_ids, count)
        settle(name)
        _score()
        with machine.Watch() as watch:
            for _ in range(rounds):
                bare.append(_bare())
                # A triaged finding counts as an accepted one did not: every API has another sum.
                _move_all(api_ids)
                changed.append(_score(judged["changed"]))
                same.append(_score(judged["same"]))
    load = f"{before} before, {machine.load()} after"
    against = "its bare SQL aggregate"
    return [
        Line(
            name=f"Full re-score of {estate.APIS:,} APIs, {what}", rows=count, seconds=seconds, against=against,
            compared=bare, most=MOST_TIMES, stated=STATED, megabytes=watch.megabytes, digest=f"seed {estate.SEED}",
            apart={"judging, after it": judged[key]}, load=load,
        )
        for key, what, seconds in (("changed", "every one changed", changed), ("same", "none changed", same))
    ]  # fmt: skip


def _move_all(api_ids: list[int]) -> None:
    """Accept the first open finding of each API."""
    first = Finding.objects.filter(api__in=api_ids, status=Status.NEW).order_by("api", "pk").distinct("api")
    Finding.objects.filter(pk__in=list(first.values_list("pk", flat=True))).update(status=Status.ACCEPTED)


def _bare() -> float:
    given: dict[str, Any] = {
        "severity": [VERSION_1.severity[rank.name.lower()] for rank in SeverityRank],
        "unstated": VERSION_1.confidence[VERSION_1.unstated_confidence],
        "words": list(VERSION_1.confidence), "weights": list(VERSION_1.confidence.values()),
        "statuses": [status.value for status in OPEN],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '64MB'")
        began = time.monotonic()
        cursor.execute(BARE, given)
        cursor.fetchall()
        return time.monotonic() - began


def _score(judged: list[float] | None = None) -> float:
    began = time.monotonic()
    ask_for_all_scores(now=estate.NOW)
    _run(SCORE_ALL)
    scored = time.monotonic()
    # What fixing buys and which requirements are met follow by jobs of their own.
    _run(JUDGE)
    if judged is not None:
        judged.append(time.monotonic() - scored)
    return scored - began


def _run(kind: str) -> None:
    for job in Job.objects.filter(state=State.QUEUED, kind=kind).order_by("created_at"):
        run_to_end(job)
