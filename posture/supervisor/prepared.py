"""Whether the last start's migrations and static files still hold, so that a second start need not repeat them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from posture.supervisor.home import Home
from posture.supervisor.postgres import Postgres
from posture.supervisor.trouble import Trouble

PACKAGES = ("posture", "incidents", "findings", "inventory")
APPLIED = "SELECT count(*), max(id) FROM django_migrations"


def _digest(root: Path, files: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a start was prepared with: the code and the lock, the static files, the migrations in the database."""

    code: str
    static: str
    database: str

    def save(self, home: Home) -> None:
        """Keep it for the next start."""
        draft = home.prepared.with_suffix(".new")
        draft.write_text(json.dumps({"code": self.code, "static": self.static, "database": self.database}))
        draft.replace(home.prepared)


def last(home: Home) -> Stamp | None:
    """Return the stamp of the last finished preparation, or None."""
    try:
        stamp = Stamp(**json.loads(home.prepared.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return stamp if (home.path / "static").is_dir() else None


def current(root: Path, postgres: Postgres | None) -> Stamp:
    """Return the stamp of what stands here now; a database that is not ours has none, and never equals another."""
    code = [path for package in PACKAGES for path in (root / package).rglob("*.py")]
    lock = root / "requirements" / "run.txt"
    static = [path for path in (root / "static").rglob("*") if path.is_file()]
    return Stamp(_digest(root, [*code, lock]), _digest(root, [*static, lock]), _applied(postgres))


def _applied(postgres: Postgres | None) -> str:
    if postgres is None:
        return "not ours"
    try:
        return postgres.sql(APPLIED, database="posture")
    except Trouble:
        return "empty"  # the table is not there before the first migration
