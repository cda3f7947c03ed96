"""Telling the format of a document from its first bytes takes time in proportion to them, whatever they are.

It is done before anything of a document is kept, in the process that answers requests.
"""

import time
from contextlib import suppress

import pytest

from inventory.connectors.base import DocumentError
from inventory.connectors.registry import detect
from inventory.jobs.documents import HEAD
from tests.inventory.connectors.reading import document

STARTS = ("", "[", "<", '{"', '[{"', '{"a":[', '{"results": [{"a": "', "a: ")
UNITS = (
    '"', '""', r"\"", r"\\", "\\", '"\\', '" ', '":', '"a": ', '{"', '{"a":', "[", "{", "]", "a,", "a:", "a: ", "a\n",
    "a:\n", "\n", " ", "\t", "- ", "---\n", "<", "<a", "<a ", "/", "1.1.1.1 - - [", "* @a ", "#\n", "@", "'", "\u2028",
    "\U0001f600", '"\U0001f600"', r"\"\ud83d\ude00\"",
)  # fmt: skip


def seconds(head: bytes) -> float:
    best = float("inf")
    for _ in range(3):
        before = time.process_time()
        with suppress(DocumentError):
            detect(document(head).head(), "CODEOWNERS")
        best = min(best, time.process_time() - before)
    return best


@pytest.mark.parametrize("start", [STARTS[-2], pytest.param(STARTS, marks=pytest.mark.slow)], ids=["one", "all"])
def test_twice_the_head_takes_no_more_than_twice_the_time(start: str | tuple[str, ...]) -> None:
    for begun in [start] if isinstance(start, str) else start:
        for unit in UNITS[:6] if isinstance(start, str) else UNITS:
            small, large = ((begun + unit * HEAD).encode()[:size] for size in (HEAD // 16, HEAD // 8))
            once, twice = seconds(small), seconds(large)
            # Two hundredths of a second are noise.
            assert twice <= 2.3 * once + 0.02, (begun, unit)
