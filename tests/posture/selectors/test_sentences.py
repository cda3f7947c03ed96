"""Changes of the trail as sentences."""

from typing import Any

import pytest

from inventory.access.models import StateChange
from posture.selectors.sentences import counted, sentence


@pytest.mark.parametrize(
    ("kind", "verb", "old", "new", "said"),
    [
        ("api", "created", None, "Orders", "added the API Orders"),
        ("api", "set reach", "unknown", "public", "set reach from unknown to public"),
        ("api", "read specification", None, "1.0", "brought in the specification of version 1.0"),
        ("api", "read specification", "1.0", "1.1", "brought in the specification of version 1.1; it was 1.0"),
        ("api", "read specification", "1.1", "1.1", "brought in the specification of version 1.1"),
        ("report", "folded", None, "6 new, 0 closed, 0 reopened, 1 changed",
         "brought in report X-1: 6 new findings, 1 changed finding"),
        ("report", "folded", None, "1 alerts new in 1 episodes, 0 known", "brought in report X-1: 1 new alert"),
        ("log", "read", None, "1,200 calls, 3 endpoints learned, 0 lines skipped",
         "brought in access log X-1: 1,200 calls, 3 endpoints learned"),
        ("finding", "false_positive", None, None, "marked finding X-1 as false positive"),
        ("finding", "accepted", None, "2026-08-01T00:00:00+00:00", "accepted the risk of finding X-1 until 1 Aug 2026"),
        ("alert", "snoozed", None, {"until": "2026-08-01T00:00:00+00:00"}, "put alert X-1 off until 1 Aug 2026"),
        ("alert", "closed", None, {"resolution": "benign"}, "closed alert X-1: resolution benign"),
        ("class", "triaged", None, None, "triaged class X-1"),
    ],
)  # fmt: skip
def test_a_change_reads_as_a_sentence(kind: str, verb: str, old: Any, new: Any, said: str) -> None:
    assert sentence(StateChange(kind=kind, code="X-1", verb=verb, old=old, new=new)) == said


def test_counts_leave_out_what_is_none() -> None:
    assert counted("0 new, 0 closed, 0 reopened, 0 changed") == "nothing new"
    assert counted("12,000 new, 1 reopened") == "12,000 new findings, 1 reopened finding"
    assert counted("something else") == "something else"
