"""`manage.py test`: the checks and tests, on throw-away services of the same supervisor."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from posture.supervisor import packages
from posture.supervisor.console import complain, say
from posture.supervisor.services import Services
from posture.supervisor.trouble import Trouble
from posture.supervisor.wishes import ROOT

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SHOWN_LINES = 60
DEPLOYED = {"BASE_URL": "https://posture.example", "ALLOWED_HOSTS": "posture.example"}


@dataclass(frozen=True, slots=True)
class Stage:
    """One check: its name, its command, and what it needs in the environment."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    shown: bool = False


def describe(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `manage.py test`."""
    parser.description = "Run the fast tier: linters, types, contracts, templates, migrations, settings and tests."
    parser.add_argument("--slow", action="store_true", help="run the slow tier of tests alone")
    parser.add_argument("--pg", metavar="VERSION", help="run on this installed PostgreSQL, alone the database tests")
    parser.add_argument("rest", nargs="*", help="paths and options for pytest; they alone are run")


def chromium() -> str:
    """Return the browser the tests drive: `CHROMIUM`, else one on PATH, else the empty string."""
    return os.environ.get("CHROMIUM") or next((found for name in CHROMIUM if (found := shutil.which(name))), "")


def main(arguments: Sequence[str]) -> int:
    """Run the stages; returns 0 when all passed, 1 when one failed, 2 when they could not run."""
    parser = argparse.ArgumentParser(prog="manage.py test")
    describe(parser)
    options, passed_on = parser.parse_known_args(arguments)
    rest = [*options.rest, *passed_on]
    began = time.monotonic()
    if not chromium() and (problem := packages.install(["chromium", "fonts-dejavu-core"], purpose="the browser tests")):
        complain(f"{problem} On Ubuntu, where chromium is a snap, set CHROMIUM to a Chrome or Chromium program.")
        return 2
    environ = {**os.environ, **({"POSTURE_POSTGRES": options.pg} if options.pg else {})}
    try:
        with Services(Path(tempfile.mkdtemp(prefix="posture-")), throwaway=True, environ=environ) as services:
            environment = {**environ, **services.environment(), "CHROMIUM": chromium()}
            stages = _stages(rest, slow=options.slow, pg=options.pg)
            failed = [stage.name for stage in stages if not _passes(stage, environment)]
    except Trouble as trouble:
        complain(str(trouble))
        return 2
    except KeyboardInterrupt:
        complain("Stopped.")
        return 130
    seconds = time.monotonic() - began
    if failed:
        complain(f"FAILED in {seconds:.0f} s: {', '.join(failed)}.")
        return 1
    say(f"All passed in {seconds:.0f} s: {', '.join(stage.name for stage in stages)}.")
    return 0


def _stages(rest: list[str], *, slow: bool, pg: str | None) -> list[Stage]:
    workers = ["-n", os.environ.get("TEST_WORKERS") or "2"]
    if rest:
        return [_pytest("tests", [*(["-m", "slow"] if slow else []), *rest])]
    if slow:
        return [_pytest("slow tests", ["-m", "slow"])]
    if pg:
        return [_pytest(f"database tests on PostgreSQL {pg}", ["-m", "database and not slow", *workers])]
    return [*_checks(), _pytest("tests", ["-m", "not slow", *workers])]


def _pytest(name: str, arguments: list[str]) -> Stage:
    return Stage(name, [sys.executable, "-m", "pytest", "-rs", *arguments], shown=True)


def _checks() -> list[Stage]:
    programs = Path(sys.executable).parent
    manage = [sys.executable, "manage.py"]
    templates = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "templates").rglob("*.html"))]
    return [
        Stage("ruff check", [str(programs / "ruff"), "check", "--output-format", "concise", "."]),
        Stage("ruff format", [str(programs / "ruff"), "format", "--check", "--output-format", "concise", "."]),
        Stage("mypy", [sys.executable, "-m", "mypy", "."]),
        Stage("import contracts", [str(programs / "lint-imports"), "--no-cache"]),
        Stage("templates", [str(programs / "djade"), "--check", "--target-version", "5.2", *templates]),
        Stage("migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
        Stage("settings", [*manage, "check", "--deploy", "--fail-level", "WARNING"], DEPLOYED),
    ]


def _passes(stage: Stage, environment: dict[str, str]) -> bool:
    """Run a stage and say how it went; the output of a check is shown only when it fails."""
    began = time.monotonic()
    environment = {**environment, **stage.environment}
    if stage.shown:
        say(f"{stage.name} …")
        code = subprocess.run(stage.command, cwd=ROOT, env=environment, check=False).returncode
    else:
        done = subprocess.run(
            stage.command,
            cwd=ROOT,
            env=environment,
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        code = done.returncode
        if code:
            say("\n".join(done.stdout.splitlines()[-SHOWN_LINES:]))
    say(f"{'ok    ' if code == 0 else 'FAILED'} {stage.name} ({time.monotonic() - began:.1f} s)")
    return code == 0
