"""A run of the lab: the estate is started, used, attacked and scanned, and what the tools tell is kept.

`python -m tests.lab.run --to FOLDER [--seed N]`, started by `manage.py lab`. Everything is on loopback, takes a few
minutes at most and ends by itself; nothing of the machine is changed but the folder.
"""

import argparse
import gzip
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tests.lab import crowdsec, scanners, written
from tests.lab.estate import RUNNING, app_of, described, specification
from tests.lab.gateway import Gateway, Missing, redated
from tests.lab.people import plan
from tests.lab.serving import serve
from tests.lab.traffic import DAYS, FIRST_DAY, Plan, send

SEED: Final = 11
UNFIT: Final = 2


def main() -> int:
    """Run the lab; returns 2 when a program it cannot do without is missing."""
    parser = argparse.ArgumentParser(prog="manage.py lab")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed, other people at other times")
    parser.add_argument("--to", type=Path, required=True, help="the folder to write; what is in it is replaced")
    parser.add_argument("--no-scanners", action="store_true", help="users, attackers and the gateway only")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        home, kept = Path(folder), Path(folder) / "kept"
        kept.mkdir()
        try:
            build(home, kept, seed=options.seed, scan=not options.no_scanners)
        except Missing as missing:
            say(str(missing))
            return UNFIT
        shutil.rmtree(options.to, ignore_errors=True)
        shutil.copytree(kept, options.to)
    say(f"The lab is done after {time.monotonic() - began:.0f} s; what it kept is in {options.to}.")
    return 0


def build(home: Path, kept: Path, *, seed: int, scan: bool) -> None:
    """Run everything once. Raises Missing for the gateway; a scanner that is missing is named and left out."""
    servers = {service.slug: serve(app_of(service)) for service in RUNNING}
    ports = {slug: int(server.server_address[1]) for slug, server in servers.items()}
    tools: dict[str, str] = {}
    try:
        keep_specifications(kept, seed)
        use(home, kept, plan(seed), ports)
        tools["crowdsec"] = crowdsec.look(home, kept / "alerts" / "crowdsec.json")
        if scan:
            tools |= scanners.scan(home, kept, ports)
        written.keep(kept / "reports")
    finally:
        for server in servers.values():
            server.shutdown()
    for name, told in tools.items():
        say(f"{name}: {told}")
    note = {"seed": seed, "first_day": FIRST_DAY.date().isoformat(), "days": DAYS, "tools": tools}
    write_json(kept / "lab.json", note)


def keep_specifications(kept: Path, seed: int) -> None:
    """Write a specification of each API, and whose it is."""
    folder = kept / "specifications"
    folder.mkdir()
    apis = (*RUNNING, *described(seed))
    for service in apis:
        (folder / f"{service.slug}.json").write_text(specification(service) + "\n")
    held = [{"slug": one.slug, "title": one.title, "team": one.team, "running": one in RUNNING} for one in apis]
    write_json(kept / "apis.json", held)


def use(home: Path, kept: Path, planned: Plan, ports: dict[str, int]) -> None:
    """Send all requests through the gateway, and keep its logs in the order of simulated time."""
    gateway = Gateway(home, RUNNING, ports)
    gateway.start()
    began = time.monotonic()
    try:
        answered = send(planned.shots, gateway.port)
    finally:
        gateway.stop()
    say(f"{len(planned.shots):,} requests in {time.monotonic() - began:.0f} s: {dict(sorted(answered.items()))}")
    write_json(kept / "labels.json", {"attackers": planned.attackers, "benign": planned.benign})
    lines = sorted((home / "access.json").read_text().splitlines(), key=in_order)
    write_packed(kept / "logs" / "access.json.gz", lines)
    audit = sorted(redated((home / "audit.log").read_text().splitlines()), key=_in_order_of_moments)
    write_packed(kept / "alerts" / "modsecurity.json.gz", (line for _, line in audit))


def in_order(line: str) -> tuple[str, str]:
    """Return what a line of the log sorts by: its moment, then what it tells, whichever the gateway wrote first."""
    held = json.loads(line)
    held.pop("request_time", None)
    return str(held["time"]), json.dumps(held)


def _in_order_of_moments(record: tuple[datetime, str]) -> tuple[datetime, str]:
    moment, line = record
    asked = json.loads(line)["transaction"]
    return moment, json.dumps([asked["client_ip"], asked["request"]])


def write_packed(path: Path, lines: Iterable[str]) -> None:
    """Write lines, packed so that the same lines are the same bytes."""
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        packed.writelines(f"{line}\n".encode() for line in lines)


def write_json(path: Path, told: Any) -> None:
    """Write something as JSON that people may read too."""
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def say(text: str) -> None:
    """Tell how it goes, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
