"""`python -m bench`, started by `manage.py bench`, which brings the services and names them in the environment."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")
django.setup()

from bench import (  # noqa: E402 - they need Django's settings
    beside,
    databases,
    estate,
    gigabyte,
    machine,
    million,
    pages,
    reading,
    scoring,
    storage,
    taking_in,
)
from bench.lines import Line, Sized  # noqa: E402 - as above

BASE = 1_000_000


def empty(share: float, rounds: int) -> list[Line]:
    """Return the lines of a report into an empty base."""
    with _base(0) as (where, name):
        return taking_in.measure(where=where, template=name, count=int(taking_in.STATED * share), rounds=rounds)


def large(share: float, rounds: int) -> list[Line]:
    """Return the lines of a report into a base of 1,000,000 findings among 2,000 APIs."""
    with _base(int(BASE * share)) as (where, name):
        return taking_in.measure(where=where, template=name, count=int(taking_in.STATED * share), rounds=rounds)


def memory(share: float, _rounds: int) -> list[Line]:
    """Return the lines of a small report and of a large one: their peaks of memory are compared."""
    count = int(taking_in.STATED * share)
    with _base(0) as (where, name):
        sizes = (count // 10, count * 3)
        lines = (taking_in.measure(where=where, template=name, count=size, rounds=1) for size in sizes)
        return [line for several in lines for line in several]


def more(share: float, rounds: int) -> list[Line]:
    """Return the lines of 100,000 findings more into the estate of a million."""
    name, count = million.database(share), int(taking_in.STATED * share)
    document = estate.report(count, million.HOST, million.apis(share))
    where = f"the estate of {int(million.STATED * share):,}"
    return taking_in.measure(where=where, template=name, count=count, rounds=rounds, document=document, large=True)


def million_pages(share: float, rounds: int) -> list[Line]:
    """Return the lines of all pages of the estate of a million."""
    pages.answer_here()
    with million.copied(share) as held:
        return pages.lines(held, rounds=rounds, stated=million.STATED)


BENCHES: dict[str, Callable[[float, int], Sequence[Line | Sized]]] = {
    "empty": empty,
    "large": large,
    "memory": memory,
    "score": lambda share, rounds: scoring.measure(count=int(scoring.STATED * share), rounds=rounds),
    "pages": lambda share, rounds: pages.measure(count=int(pages.STATED * share), rounds=rounds),
    "log": lambda share, rounds: reading.measure(count=int(reading.STATED * share), rounds=rounds),
    "million": more,
    "million-pages": million_pages,
    "million-beside": lambda share, _rounds: beside.measure(share=share),
    "storage": lambda share, _rounds: storage.measure(share=share),
    "gigabyte": lambda share, _rounds: gigabyte.measure(share=share),
}


def main() -> int:
    """Run the named benches and print a line for each; returns 1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="manage.py bench")
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], help=f"which of {', '.join(BENCHES)}; all without")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--share", type=float, default=1.0, help="a fraction of each N, for a quick look")
    options = parser.parse_args()
    databases.migrate()
    say(*machine.described(), "")
    missed = False
    for name in options.names or BENCHES:
        for line in BENCHES[name](options.share, options.rounds):
            say(*line.told(), "")
            missed |= bool(line.missed)
    return int(missed)


@contextmanager
def _base(findings: int) -> Iterator[tuple[str, str]]:
    """Give the words for a base of so many findings, and the name of its database."""
    with databases.copy_of() as prepared:
        api_ids = estate.make_apis(estate.APIS)
        if findings:
            estate.make_base(api_ids, findings)
        databases.settle(prepared)
        yield (f"a base of {findings:,}" if findings else "an empty base"), prepared


def say(*lines: str) -> None:
    """Print lines at once."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


sys.exit(main())
