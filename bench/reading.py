"""Lines of an access log in JSON into counts, beside msgspec decoding the same lines into dictionaries."""

import json
import subprocess
import sys
import time
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Final

import msgspec

from bench import machine
from bench.lines import Line
from inventory.connectors.access_log.reader import AccessLog
from inventory.jobs.documents import Document

STATED: Final = 300_000
MOST_TIMES: Final = 15
MORE: Final = 3
"""How many times more lines memory is compared with."""
SPAN: Final = 9 * 86_400
"""Seconds from the first line to the last, however many they are: what is counted apart by day stays as much."""
START: Final = 1_772_409_600
"""2026-03-02, in seconds since 1970."""
KILOBYTE: Final = 1 << 10
PLACES: Final = ("orders", "customers/me", "payments/p-{}", "track/HL{}", "vehicles/l-{}", "stock", "quotes?weight={}")
AGENTS: Final = (
    "HarbourlineApp/5.2 (iOS 17.5)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101",
)


def written(count: int, file: BinaryIO) -> str:
    """Write so many lines in the form of the lab's gateway, by one seed, and return the digest of them."""
    chance, digest = Random(7), sha256()  # noqa: S311 - made up data
    for number in range(count):
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(START + number * SPAN / count))
        place = chance.choice(PLACES).format(chance.randint(1, 4000))
        line = json.dumps(
            {
                "time": f"{moment}.{number % 1000:03}+00:00", "remote_addr": f"198.51.100.{chance.randint(1, 200)}",
                "host": chance.choice(("api.shop.example", "api.shop.example", "partners.shop.example")),
                "method": chance.choice(("GET", "GET", "GET", "POST")), "uri": f"/shop/v1/{place}",
                "status": chance.choice((200, 200, 200, 200, 404, 401)), "bytes": chance.randint(16, 9000),
                "request_time": 0.012, "user_agent": chance.choice(AGENTS),
                "auth": chance.choice(("bearer", "key", "none")), "client_id": f"{chance.getrandbits(48):012x}",
                "referer": "",
            },
            separators=(",", ":"),
        )  # fmt: skip
        held = f"{line}\n".encode()
        digest.update(held)
        file.write(held)
    return digest.hexdigest()[:12]


def counted(file: BinaryIO) -> int:
    """Read a log as the product does, and return how many calls it counted."""
    file.seek(0)
    reading = AccessLog().read(Document(file, "access.json"), {})
    while True:
        try:
            next(reading)
        except StopIteration as end:
            calls: int = end.value.calls
            return calls


def measure(*, count: int, rounds: int) -> list[Line]:
    """Read so many lines, and decode them alone."""
    held = BytesIO()
    digest = written(count, held)
    lines = held.getvalue().splitlines()
    decode: Any = msgspec.json.Decoder().decode
    load = machine.load()
    ours, alone = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        for line in lines:
            decode(line)
        alone.append(time.perf_counter() - began)
        began = time.perf_counter()
        calls = counted(held)
        ours.append(time.perf_counter() - began)
        if calls != count:
            msg = f"{calls} calls were counted in {count} lines."
            raise RuntimeError(msg)
    peaks = {f"reader of {size:,} lines": _peak(size) for size in (count, count * MORE)}
    return [
        Line(
            name="Lines of an access log in JSON, counted", rows=count, seconds=ours,
            against="msgspec decoding the same lines", compared=alone, most=MOST_TIMES, stated=STATED,
            megabytes=peaks, digest=digest, load=load,
        )
    ]  # fmt: skip


def _peak(count: int) -> int:
    """Return the peak memory in megabytes of a process that reads so many lines from a file."""
    with TemporaryFile() as file:
        written(count, file)
        file.seek(0)
        asked = [sys.executable, "-c", "from bench.reading import tell_peak; tell_peak()"]
        told = subprocess.run(asked, stdin=file, capture_output=True, check=True)  # noqa: S603 - our own program
    return int(told.stdout) // KILOBYTE


def tell_peak() -> None:
    """Read the log on standard input and print the peak memory of this process in kilobytes."""
    with open(0, "rb", closefd=False) as file:
        counted(file)
    # What `getrusage` tells is at least what the parent had when it started us.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    sys.stdout.write(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
