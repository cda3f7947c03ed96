"""Reading in a child: what comes out, what the child may not do, and how each way to die is told."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from inventory.connectors.base import Reader
from inventory.connectors.registry import readers
from inventory.jobs.documents import DocumentCrashed, DocumentError
from inventory.jobs.services.reading import Limits, Reading, read_document
from tests.inventory.connectors.reading import ROOT, read, samples_of

HOSTILE = "tests.inventory.jobs.services.hostile"
SAMPLES = [(reader, sample) for reader in readers() for sample in samples_of(reader)]


class StopError(Exception):
    """What a caller's checkpoint raises in these tests."""


def hostile(do: str, data: bytes = b"", **more: Any) -> Reading:
    return read_document(reader=HOSTILE, file=io.BytesIO(data), name="bad.json", options={"do": do}, **more)


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)


@pytest.mark.parametrize(("reader", "sample"), SAMPLES, ids=lambda value: getattr(value, "name", None))
def test_a_child_gives_what_the_reader_gives(reader: type[Reader], sample: Path) -> None:
    with sample.open("rb") as file:
        reading = read_document(
            reader=reader.__module__, file=file, name=sample.name, records=reader.records, summary=reader.summary
        )
        records = list(reading)
    assert (records, reading.summary) == read(sample.read_bytes(), sample.name)
    # A reader that reads piece by piece does not know how much will come.
    assert reading.total is None or reading.total >= len(records)


def test_records_come_as_plain_dictionaries_when_no_type_is_given() -> None:
    reading = hostile("lines", b"a\nb")
    assert list(reading) == [{"line": "a"}, {"line": "b"}]
    assert (reading.summary, reading.total) == ({"done": "lines"}, 2)


def test_a_file_is_read_from_its_start_and_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"a\nb")
    with path.open("rb") as file:
        file.read(2)
        assert len(list(read_document(reader=HOSTILE, file=file, name="x", options={"do": "lines"}))) == 2
        file.seek(0)
        assert file.read() == b"a\nb"


def test_the_child_sees_no_environment_no_django_and_leads_its_own_session() -> None:
    os.environ["A_SECRET"] = "x"
    seen, who = hostile("look_around")
    assert set(seen["environment"]) <= {"LC_CTYPE", "LD_LIBRARY_PATH"}
    assert (seen["modules"], seen["cwd"], seen["session"]) == ([], "/", who["pid"])


def test_names_that_are_no_text_reach_the_child_as_text() -> None:
    reading = read_document(reader=HOSTILE, file=io.BytesIO(), name="a\udcff\x00\n.json", options={"do": "look_around"})
    assert list(reading)[1]["name"] == "a?\x00\n.json"


def test_the_child_opens_no_file_no_socket_and_starts_no_process() -> None:
    done = {name: outcome for deed in hostile("trespass") for name, outcome in deed.items()}
    assert done == {
        "open a file": "Too many open files",
        "open a socket": "Too many open files",
        "make a pipe": "Too many open files",
        "start a process": "Resource temporarily unavailable",
    }


def test_an_endless_reader_waits_for_its_parent_and_dies_with_the_iteration() -> None:
    of_mine = Path(f"/proc/self/task/{os.getpid()}/children")
    others = set(of_mine.read_text().split())
    reading = hostile("endless")
    records = cast("Generator[Any, None, None]", iter(reading))
    next(records)
    children = set(of_mine.read_text().split()) - others
    time.sleep(0.3)
    assert next(records) == {"number": 2, "stuffing": "x" * 1000}
    records.close()
    assert all(gone(int(pid)) for pid in children)


FATES: list[tuple[str, type[Exception], str]] = [
    ("partial", DocumentError, "bad.json: line 2: It is broken."),
    ("grow", DocumentError, "bad.json: Reading it needs more than 64 MB of memory."),
    ("nest", DocumentError, "bad.json: It is nested too deeply."),
    ("spin", DocumentError, "bad.json: Reading it takes more processor time than a document of its size may have."),
    ("sleep", DocumentError, "bad.json: It was not read within 2 seconds."),
    ("fail", DocumentCrashed, "bad.json: The reader failed: KeyError: 'hostile'."),
    ("leave", DocumentCrashed, "bad.json: The reader failed: it ended with code 0."),
    ("crash", DocumentCrashed, "bad.json: The reader was ended by SIGSEGV."),
    ("be_killed", DocumentCrashed, "bad.json: The reader was ended by SIGKILL."),
    ("babble", DocumentCrashed, "bad.json: The reader wrote what is no record"),
    ("no_such_deed", DocumentCrashed, "bad.json: The reader failed: AttributeError"),
]


@pytest.mark.parametrize(("do", "kind", "words"), FATES, ids=[fate[0] for fate in FATES])
def test_each_way_to_end_badly_is_told_in_one_line(do: str, kind: type[Exception], words: str) -> None:
    limits = Limits(memory_bytes=64 << 20, cpu_seconds=1, wait_factor=2 if do == "sleep" else 100)
    with pytest.raises((DocumentError, DocumentCrashed)) as caught:
        list(hostile(do, limits=limits))
    assert type(caught.value) is kind
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_stops_a_silent_child_at_once() -> None:
    calls = 0

    def checkpoint() -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise StopError

    records = iter(hostile("sleep", checkpoint=checkpoint))
    pid = next(records)["pid"]
    started = time.monotonic()
    with pytest.raises(StopError):
        next(records)
    assert time.monotonic() - started < 10
    assert gone(pid)


def test_a_slow_consumer_is_no_slow_child() -> None:
    reading = hostile("lines", b"x\n" * 100_000, limits=Limits(cpu_seconds=1, wait_factor=1))
    for count, _ in enumerate(reading):
        if count % 40_000 == 0:
            time.sleep(0.6)
    assert count == 100_000


def test_the_child_dies_with_its_parent() -> None:
    code = (
        "import io, os, sys\nfrom inventory.jobs.services.reading import read_document\n"
        f"reading = read_document(reader={HOSTILE!r}, file=io.BytesIO(), name='x', options={{'do': 'sleep'}})\n"
        "records = iter(reading)\nprint(next(records)['pid'], flush=True)\nsys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    assert gone(pid)


@pytest.mark.parametrize(
    "order", [{"parent": 1, "reader": "json"}, {"parent": os.getpid(), "reader": "inventory.connectors.base"}]
)
def test_an_orphan_and_a_module_without_a_reader_end_at_once(order: dict[str, Any]) -> None:
    whole = order | {
        "name": "x",
        "options": {},
        "memory_bytes": 1 << 30,
        "cpu_seconds": 5,
        "plain_bytes": 1,
        "ratio": 1,
    }
    argument = msgspec.json.encode(whole).decode()
    start = "from inventory.jobs.child import main; main()"
    run = subprocess.run([sys.executable, "-c", start, argument], cwd=ROOT, capture_output=True, check=False)
    assert run.stdout == b""
    assert run.returncode == (-9 if order["parent"] == 1 else 1)


HAZARDS = ROOT / "tests/inventory/connectors/hazards"
BOMBS = {
    "zip_bomb.zip": b"PK\x03\x04" + bytes(200_000),
    "deep_nesting.json": b"[" * 200_000 + b"]" * 200_000,
    **{
        name: (HAZARDS / name).read_bytes()
        for name in ("gzip_bomb.json.gz", "yaml_alias_bomb.yaml", "deep_objects.json")
    },
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.slug)
def test_bombs_are_refused_with_little_memory_and_time(reader: type[Reader], name: str) -> None:
    limits = Limits(memory_bytes=64 << 20, cpu_seconds=2)
    with pytest.raises(DocumentError) as caught:
        list(read_document(reader=reader.__module__, file=io.BytesIO(BOMBS[name]), name=name, limits=limits))
    assert caught.value.file == name
    assert not {"memory", "processor"}.intersection(caught.value.reason.split())
