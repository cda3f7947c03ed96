"""Whether two runs of the lab with one seed told the same: times of the machine and ids by chance are left out.

`python -m tests.lab.comparing ONE OTHER` prints what differs and ends with 1, or says how much is equal.
"""

import difflib
import gzip
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

MOST_SHOWN: Final = 20
CHANCE: Final[Mapping[str, frozenset[str]]] = {
    "logs/access.json.gz": frozenset(("request_time",)),
    "alerts/modsecurity.json.gz": frozenset(("unique_id", "host_port", "client_port")),
}
"""Members that are the machine's clock, or a number by chance, by document; all else must be equal."""


NAMED_BY_CHANCE: Final = re.compile(r"(?<=Test Case ID: )\w+")
"""What Schemathesis calls a request of its own."""


def told(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the lines of each document of a run by its name, unpacked, without what is chance."""
    return {name: tuple(_lines(folder / name, CHANCE.get(name))) for name in _names(folder)}


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _lines(path: Path, chance: frozenset[str] | None) -> Iterator[str]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    for line in text.splitlines():
        if chance is None:
            yield NAMED_BY_CHANCE.sub("•", line)
        else:
            yield json.dumps(without(json.loads(line), chance), ensure_ascii=False)


def without(value: Any, names: frozenset[str]) -> Any:
    """Return a value with these members taken out of every object in it; the order of all else stays."""
    if isinstance(value, dict):
        return {name: without(inner, names) for name, inner in value.items() if name not in names}
    if isinstance(value, list):
        return [without(inner, names) for inner in value]
    return value


def differences(one: Path, other: Path) -> list[str]:
    """Return a line for each document that only one run has, and for each line that differs."""
    first, second = told(one), told(other)
    found = [f"{name}: only in {one if name in first else other}" for name in sorted(first.keys() ^ second.keys())]
    for name in sorted(first.keys() & second.keys()):
        if first[name] != second[name]:
            changed = difflib.unified_diff(first[name], second[name], n=0, lineterm="")
            found += [f"{name}: {line[:300]}" for line in changed if not line.startswith(("---", "+++", "@@"))]
    return found


def main() -> int:
    """Compare two runs."""
    one, other = (Path(name) for name in sys.argv[1:3])
    found = differences(one, other)
    for line in found[:MOST_SHOWN]:
        sys.stdout.write(f"{line}\n")
    documents = told(one)
    lines = sum(map(len, documents.values()))
    sys.stdout.write(f"{len(documents)} documents, {lines:,} lines: {len(found) or 'no'} differences.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
