"""Two runs are equal in all but clocks of the machine and ids by chance, and anything else is told."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.lab.comparing import differences, told
from tests.lab.run import in_order

CALL: dict[str, Any] = {"time": "2026-03-02T00:00:00.000+00:00", "uri": "/a", "status": 200, "request_time": 0.01}
REFUSED: dict[str, Any] = {
    "transaction": {"client_ip": "192.0.2.1", "host_port": 4711, "unique_id": "17.3", "request": {"uri": "/x"}},
}


def keep(folder: Path, *, calls: tuple[dict[str, Any], ...] = (CALL,), refused: dict[str, Any] = REFUSED) -> Path:
    for name, rows in (("logs/access.json.gz", calls), ("alerts/modsecurity.json.gz", (refused,))):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress("".join(f"{json.dumps(row)}\n" for row in rows).encode()))
    (folder / "lab.json").write_text('{"seed": 5, "request_time": 3}\n')
    return folder


def test_clocks_of_the_machine_and_ids_by_chance_are_no_difference(tmp_path: Path) -> None:
    asked = {**REFUSED["transaction"], "host_port": 5050, "unique_id": "99.1"}
    later = keep(tmp_path / "b", calls=({**CALL, "request_time": 7},), refused={"transaction": asked})
    assert differences(keep(tmp_path / "a"), later) == []


@pytest.mark.parametrize(
    "calls",
    [
        (), (CALL, CALL), ({**CALL, "status": 500},), ({**CALL, "time": "2026-03-02T00:00:00.001+00:00"},),
        ({**CALL, "uri": "/b"},), ({**CALL, "more": 1},),
    ],
)  # fmt: skip
def test_a_line_that_is_missing_doubled_or_changed_is_told(tmp_path: Path, calls: tuple[dict[str, Any], ...]) -> None:
    found = differences(keep(tmp_path / "a"), keep(tmp_path / "b", calls=calls))
    assert found
    assert all(line.startswith("logs/access.json.gz: ") for line in found)


def test_what_is_chance_in_one_document_is_not_in_another(tmp_path: Path) -> None:
    one, other = keep(tmp_path / "a"), keep(tmp_path / "b")
    (other / "lab.json").write_text('{"seed": 5, "request_time": 4}\n')
    assert len(differences(one, other)) == 2
    changed = {"transaction": {**REFUSED["transaction"], "client_ip": "192.0.2.2"}}
    assert {line.partition(":")[0] for line in differences(one, keep(tmp_path / "c", refused=changed))} == {
        "alerts/modsecurity.json.gz"
    }


def test_what_a_tool_calls_its_requests_is_chance_and_what_it_found_is_not(tmp_path: Path) -> None:
    folders = [keep(tmp_path / name) for name in "abc"]
    for folder, line in zip(folders, ("ID: aB3x", "ID: Zz9q", "ID: aB3x, ST401"), strict=True):
        (folder / "schemathesis.xml").write_text(f'<failure message="ST103">1. Test Case {line}')
    assert differences(folders[0], folders[1]) == []
    assert len(differences(folders[0], folders[2])) == 2


def test_a_document_that_only_one_run_has_is_told(tmp_path: Path) -> None:
    one, other = keep(tmp_path / "a"), keep(tmp_path / "b")
    (other / "reports").mkdir()
    (other / "reports" / "zap.json").write_text("{}")
    assert differences(one, other) == [f"reports/zap.json: only in {other}"]
    assert set(told(one)) == {"logs/access.json.gz", "alerts/modsecurity.json.gz", "lab.json"}


def test_lines_of_one_moment_lie_in_one_order_whichever_was_written_first() -> None:
    lines = [
        json.dumps({**CALL, "uri": uri, "request_time": took}) for uri, took in (("/b", 0.1), ("/a", 9), ("/c", 0.2))
    ]
    earlier = json.dumps({**CALL, "time": "2026-03-01T23:59:59.999+00:00", "uri": "/z"})
    expected = sorted([*lines, earlier], key=in_order)
    assert expected == sorted([earlier, *reversed(lines)], key=in_order)
    assert [json.loads(line)["uri"] for line in expected] == ["/z", "/a", "/b", "/c"]
