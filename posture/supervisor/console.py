"""The few lines a person sees."""

import sys


def say(line: str) -> None:
    """Print one line at once, also into a pipe."""
    print(line, flush=True)


def complain(line: str) -> None:
    """Print one line on standard error."""
    print(line, file=sys.stderr, flush=True)
