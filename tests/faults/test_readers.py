"""What hostile documents do to the product when they come in as every document does: nothing."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from findings.errors import FindingsRefused
from findings.models import Finding
from inventory.connectors import registry
from inventory.connectors.base import Reader
from inventory.errors import InventoryRefused
from inventory.jobs.documents import DocumentError
from inventory.jobs.models import Job
from inventory.jobs.services.reading import read_document
from inventory.jobs.services.running import run_job
from inventory.models import Endpoint
from tests.conftest import ROOT, TOLD, RecordProperty
from tests.faults.bombs import bombs, referring, swelling
from tests.faults.poison import MARK, Poisoned
from tests.faults.weighing import TIGHT
from tests.findings.reports import NOW, analyst, openapi, send, settle, take_in, told
from tests.inventory.connectors.mutations import shape_of
from tests.inventory.connectors.reading import samples_of
from tests.inventory.jobs.services.canary import said, serving


def documents(port: int) -> Iterator[tuple[str, bytes]]:
    """Yield documents that name the canary wherever a reader might go and look."""
    there = f"http://127.0.0.1:{port}/x"
    specification = openapi("Shop", "/a", server=there).decode()
    reference = specification.replace('"200": {"description": "ok"}', f'"200": {{"$ref": "{there}#/a"}}')
    assert there in reference
    yield "remote.json", reference.encode()
    yield "whole.json", f'{{"$ref": "{there}"}}'.encode()
    yield (
        "paths.yaml",
        f"openapi: 3.0.3\ninfo: {{title: B, version: '1'}}\npaths:\n  /a: {{$ref: '{there}'}}\n".encode(),
    )
    yield "tag.yaml", f"openapi: !!python/object/apply:urllib.request.urlopen ['{there}']\n".encode()
    for name, root in (("zap.xml", "OWASPZAPReport"), ("junit.xml", "testsuites")):
        yield name, f'<!DOCTYPE {root} SYSTEM "{there}"><{root}/>'.encode()
        yield name, f'<!DOCTYPE {root} [<!ENTITY a SYSTEM "{there}">]><{root}>&a;</{root}>'.encode()
        yield name, f'<!DOCTYPE {root} [<!ENTITY % a SYSTEM "{there}"> %a;]><{root}/>'.encode()
        yield name, f'<{root} xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{there}"/></{root}>'.encode()
        yield name, f'<?xml-stylesheet href="{there}"?><{root}/>'.encode()
    driver = {"tool": {"driver": {"name": "a", "informationUri": there}}}
    outside = {"externalPropertyFileReferences": {"results": [{"location": {"uri": there}}]}}
    log = {"version": "2.1.0", "$schema": there, "runs": [{**driver, **outside}]}
    yield "a.sarif", json.dumps(log).encode()


def test_no_document_makes_its_reader_ask_anybody(fresh_database: str) -> None:
    principal, read = analyst(), 0
    with serving(said("200 OK", b"{}")) as canary:
        for name, content in documents(canary.port):
            with suppress(DocumentError, FindingsRefused, InventoryRefused):
                send(content, name, principal)
            read += 1
        settle()
        assert read >= 14
        assert canary.connections == 0


ADDRESSES = ("https://例え.テスト/パス", "http://a:٣/x", "http://[fe80::1%25eth0]:99999/x")
"""Of other scripts, with a port in other digits, with a zone and a port that is none."""


def placed(node: Any, address: str) -> Any:
    """Return a tree with another address in place of each."""
    if isinstance(node, dict):
        return {key: placed(value, address) for key, value in node.items()}
    if isinstance(node, list):
        return [placed(value, address) for value in node]
    return address if isinstance(node, str) and "://" in node else node


@pytest.mark.parametrize("reader", registry.readers(), ids=lambda reader: reader.slug)
def test_an_odd_address_is_read_in_the_child_that_may_open_nothing(reader: type[Reader]) -> None:
    """What the library loads only when it needs it, such as a codec, cannot be loaded there."""
    for sample in samples_of(reader):
        tree, write = shape_of(sample)
        for address in ADDRESSES:
            held = BytesIO(write(placed(tree, address)).encode())
            reading = read_document(reader=reader.__module__, file=held, name=sample.name)
            assert len(list(reading)) <= 100
            assert reading.summary is not None


def test_what_is_longer_than_the_database_finds_things_by_is_kept_all_the_same(fresh_database: str) -> None:
    paths = [f"/{''.join(chr(0x4E00 + 97 * number * (1 + end) % 20_000) for number in range(1900))}" for end in (0, 1)]
    documents = (
        openapi("Long", *paths, server=f"https://{'a.' * 300}example/x"),
        openapi("Scheme", "/a", server=f"{'s' * 12}://b.example"),
        openapi("Deep", "/a", server=f"https://b.example{paths[0][:900]}"),
    )
    for content in documents:
        told(take_in(content, "a.json", analyst()))
    assert Endpoint.objects.filter(api__name="Long").count() == 2


GOOD = 18
"""Sound documents beside two that kill their reader."""
RARE = 98
"""As many, where one in fifty is poison; the sound keep nine tenths of their speed then."""


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._READERS, Poisoned.slug, Poisoned)


@pytest.mark.parametrize("sound", [GOOD, pytest.param(RARE, marks=pytest.mark.slow)])
def test_what_kills_its_reader_is_set_aside_after_three_tries_and_holds_nothing_up(
    sound: int, fresh_database: str, poisoned: None, record_property: RecordProperty
) -> None:
    principal = analyst()
    good = [send(MARK + b"good %d" % number, f"good-{number}.txt", principal) for number in range(sound)]
    bad = [send(MARK + b"kill %d" % number, f"bad-{number}.txt", principal) for number in range(2)]
    runs, seconds = 0, {True: 0.0, False: 0.0}
    for _turn in range(4):
        Job.objects.filter(state="queued").update(not_before=None)
        for job in Job.objects.filter(state="queued", kind="findings.report").order_by("created_at"):
            began = time.monotonic()
            run_job(job_id=job.pk, now=NOW)
            seconds["good" in job.title] += time.monotonic() - began
            runs += 1
    held = {job.pk: job for job in Job.objects.filter(kind="findings.report")}
    assert {held[job.pk].state for job in good} == {"done"}
    assert {(held[job.pk].state, held[job.pk].attempts) for job in bad} == {("quarantined", 3)}
    for number, job in enumerate(bad):
        assert f"bad-{number}.txt: The reader was ended by SIGKILL. Nothing was stored." in held[job.pk].error
    # The only work there was beside the good: three tries for each of the bad.
    assert runs == len(good) + 3 * len(bad)
    assert Finding.objects.count() == len(good)
    assert not Finding.objects.filter(rule__contains="kill").exists()
    assert sound < RARE or len(good) >= 0.9 * runs
    share = 100 * seconds[True] / sum(seconds.values())
    record_property(TOLD, f"Poison: {len(good)} sound documents beside {len(bad)} kept {share:.0f} % of their speed")


BOMBS = {name: (reader, data) for name, reader, data in chain(bombs(), swelling())}
HARMLESS = {
    "references that grow in OpenAPI", "schemas that all name all in OpenAPI", "long keys in SARIF",
    *(f"{name} in SARIF" for name in referring()),
}  # fmt: skip
"""Read whole, and not as what they would grow to."""


def test_there_is_a_bomb_for_every_reader() -> None:
    assert {reader.__module__ for reader in registry.readers()} == {module for module, _ in BOMBS.values()}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_within_two_seconds_and_64_mb(name: str, record_property: RecordProperty) -> None:
    """Of processor time, in the child that every document is read in; a reason of its own tells that it was seen."""
    module, data = BOMBS[name]
    refused = ""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        for _ in read_document(reader=module, file=BytesIO(data), name=name, limits=TIGHT):
            pass
    except DocumentError as error:
        refused = error.reason
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    record_property(TOLD, f"Bomb, {name}: {'refused' if refused else 'read'} in {spent:.2f} s within 64 MB")
    assert bool(refused) is (name not in HARMLESS), refused
    assert "memory" not in refused
    assert "processor time" not in refused
    assert "not read within" not in refused


def weighed(module: str, name: str, file: Path) -> dict[str, float]:
    """Return seconds of processor time and peak in megabytes of the child that read a document."""
    command = [sys.executable, "-m", "tests.faults.weighing", module, name]
    with file.open("rb") as document:
        told = subprocess.run(command, cwd=ROOT, stdin=document, stdout=subprocess.PIPE, check=True, timeout=120).stdout
    taken: dict[str, float] = json.loads(told)
    return taken


@pytest.mark.slow
def test_no_bomb_takes_64_mb_more_than_an_empty_document(tmp_path: Path, record_property: RecordProperty) -> None:
    (tmp_path / "empty").write_bytes(b"{}")
    empty = {module: weighed(module, "empty", tmp_path / "empty") for module, _ in BOMBS.values()}
    least, most = (f"{choose(taken['megabytes'] for taken in empty.values()):.0f}" for choose in (min, max))
    over, seconds = {}, {}
    for name, (module, data) in BOMBS.items():
        (tmp_path / "bomb").write_bytes(data)
        taken = weighed(module, name, tmp_path / "bomb")
        over[name], seconds[name] = taken["megabytes"] - empty[module]["megabytes"], taken["seconds"]
    heaviest, slowest = max(over, key=over.__getitem__), max(seconds, key=seconds.__getitem__)
    record_property(
        TOLD, f"{len(BOMBS)} bombs: at most {over[heaviest]:.0f} MB ({heaviest}) over the {least} to {most} MB that an"
        f" empty document takes, and {seconds[slowest]:.2f} s ({slowest})"
    )  # fmt: skip
    assert over[heaviest] <= 64
