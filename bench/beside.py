"""Pages as people ask for them while a report of 100,000 findings is taken in beside them, as against before."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from django.db import connection
from django.test import Client

from bench import estate, machine, million
from bench.lines import Line
from bench.pages import answer_here, people
from findings.services.upload import receive_upload
from tests.estate import Estate

STATED = 100_000
MOST_TIMES = 1.5
ASKED = 12
"""How often each page is asked for before the import, and at least beside it."""


def pages_of(held: Estate) -> list[str]:
    """Return the pages that the goal names: lists, facets, search, and the API that holds most."""
    return [
        "/apis/", "/findings/", "/findings/?severity=high&team=crew-2", "/findings/?status=any&q=number", "/queue/",
        "/search?q=estate", f"/apis/{held.api}/", f"/apis/{held.api}/findings/", f"/findings/{held.finding}/",
    ]  # fmt: skip


def measure(*, share: float) -> list[Line]:
    """Ask for each page in turn, before an import and beside it; the 95th percentile of all counts."""
    answer_here()
    with million.copied(share) as held:
        document = estate.report(int(STATED * share), million.HOST, held.apis)
        receive_upload(file=document, name="bench.sarif", options={}, principal=estate.person(), now=estate.NOW)
        pages = pages_of(held)
        asking = [(who, client, page) for who, client in people(held).items() for page in pages]
        for _, client, page in asking:
            client.get(page)
        load = machine.load()
        before = {(who, page): [_seconds(client, page) for _ in range(ASKED)] for who, client, page in asking}
        beside: dict[tuple[str, str], list[float]] = {key: [] for key in before}
        with _taking_in() as worker:
            while worker.poll() is None:
                for who, client, page in asking:
                    beside[who, page].append(_seconds(client, page))
        if worker.returncode:
            msg = f"The worker beside the pages ended with {worker.returncode}."
            raise RuntimeError(msg)
        told = f"{load} before, {machine.load()} after"
        return [
            Line(
                name=f"{page}, {who}, while 100,000 findings come in; 95th percentile of {len(beside[who, page])}",
                rows=int(STATED * share), seconds=[_worst(beside[who, page])], against="before the import",
                compared=[_worst(before[who, page])], most=MOST_TIMES, stated=STATED, digest=f"seed {estate.SEED}",
                load=told,
            )
            for who, _, page in asking
        ]  # fmt: skip


def _worst(seconds: list[float]) -> float:
    return sorted(seconds)[ceil(len(seconds) * 0.95) - 1]


def _seconds(client: Client, page: str) -> float:
    began = time.perf_counter()
    client.get(page)
    return time.perf_counter() - began


@contextmanager
def _taking_in() -> Iterator["subprocess.Popen[bytes]"]:
    """Run what is queued in a process of its own, as the worker for large documents does."""
    asked = [sys.executable, "-m", "bench.worker", str(connection.settings_dict["NAME"])]
    worker = subprocess.Popen(asked)  # noqa: S603 - our own program
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()
