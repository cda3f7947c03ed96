"""`python -m bench`, started by `manage.py bench`, which brings the services and names them in the environment."""

import argparse
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")
django.setup()

from bench import databases, estate, machine, pages, reading, scoring, taking_in  # noqa: E402 - they need Django's settings
from bench.lines import Line  # noqa: E402 - as above

NAMES = ("empty", "large", "memory", "score", "pages", "log")
BASE = 1_000_000


def main() -> int:
    """Run the named benches and print a line for each; returns 1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="manage.py bench")
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help=f"which of {', '.join(NAMES)}; all without")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--share", type=float, default=1.0, help="a fraction of each N, for a quick look")
    options = parser.parse_args()
    databases.migrate()
    say(*machine.described(), "")
    missed = False
    for name in options.names or NAMES:
        for line in run(name, rounds=options.rounds, share=options.share):
            say(*line.told(), "")
            missed |= bool(line.missed)
    return int(missed)


def run(name: str, *, rounds: int, share: float) -> list[Line]:
    """Return the lines of one bench."""
    count = int(taking_in.STATED * share)
    if name == "score":
        return scoring.measure(count=int(scoring.STATED * share), rounds=rounds)
    if name == "log":
        return reading.measure(count=int(reading.STATED * share), rounds=rounds)
    if name == "pages":
        return pages.measure(count=int(pages.STATED * share), rounds=rounds)
    with databases.copy_of() as prepared:
        api_ids = estate.make_apis(estate.APIS)
        base = int(BASE * share) if name == "large" else 0
        if base:
            estate.make_base(api_ids, base)
        databases.settle(prepared)
        where = f"a base of {base:,}" if base else "an empty base"
        if name == "memory":
            counts = (count // 10, count * 3)
            return [
                line
                for size in counts
                for line in taking_in.measure(where=where, template=prepared, count=size, rounds=1)
            ]
        return taking_in.measure(where=where, template=prepared, count=count, rounds=rounds)


def say(*lines: str) -> None:
    """Print lines at once."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


sys.exit(main())
