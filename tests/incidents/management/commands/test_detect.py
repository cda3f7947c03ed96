"""`manage.py detect` as a stranger starts it: without a database."""

import json
import random
from pathlib import Path

from tests.findings.management.commands.test_read import lines, manage
from tests.incidents.traffic import enumerator, ordinary
from tests.incidents.traffic import lines as log_of


def test_detect_prints_a_line_for_each_client(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(log_of([*ordinary(random.Random(2), days=1), *enumerator(random.Random(2), 40_000)]))
    rows = lines(manage("detect", log, "--now", "2026-06-02T00:00:00Z"))
    # A partner's first night is no habit yet, and looks like what it is: one client that reads very many objects.
    assert {row["client"] for row in rows} == {"mallory", "partner"}
    assert set(rows[0]) == {"kind", "client", "endpoint", "host", "first_seen", "raised_at", "numbers"}
    assert {"requests", "distinct", "window_seconds"} <= rows[0]["numbers"].keys()


def test_bad_input_prints_one_line_of_error_and_ends_with_two(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("no log\n")
    good = tmp_path / "good.log"
    good.write_bytes(log_of(list(enumerator(random.Random(2), 0))))
    for arguments in ((log,), (tmp_path / "absent",), (good, log), (good, "--now", "soon")):
        run = manage("detect", *arguments)
        assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1), run.stderr


def test_a_torn_line_is_left_out_and_told(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(log_of(list(enumerator(random.Random(2), 0))) + b'{"time": "2026-')
    run = manage("detect", log)
    assert (run.returncode, run.stderr) == (0, "1 lines told of no request and were left out.\n")
    assert json.loads(run.stdout)["client"] == "mallory"
