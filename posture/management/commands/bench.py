"""`manage.py bench`: measure the goals of speed on services of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from typing_extensions import override

from posture.supervisor.services import Services
from posture.supervisor.trouble import Trouble


class Command(BaseCommand):
    """Starts a database as the product has it, in a home thrown away unless it is kept, and the benches on it."""

    help = (
        "Measure how fast reports come in, scores follow and pages answer, on a database of its own; "
        "ends with 1 for a missed goal."
    )
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        """Hand everything on."""
        parser.add_argument("names", nargs="*", help="which; all without a name (docs/run.md lists them)")
        parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default 5)")
        parser.add_argument("--share", type=float, default=1.0, help="a fraction of each N, for a quick look")
        parser.add_argument("--keep", type=Path, help="a folder whose database and estates are kept for the next time")

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the benches."""
        kept: Path | None = options["keep"]
        home = kept.absolute() if kept else Path(tempfile.mkdtemp(prefix="posture-bench-"))
        # Not a throw-away database: one of those does not wait for the disk, and the product's does.
        services = Services(home, throwaway=False, environ={})
        command = [sys.executable, "-m", "bench", *options["names"]]
        command += ["--rounds", str(options["rounds"]), "--share", str(options["share"])]
        try:
            with services:
                environment = {**os.environ, **services.environment()}
                done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=False)  # noqa: S603 - ours
        except Trouble as trouble:
            raise CommandError(str(trouble)) from trouble
        finally:
            if kept is None:
                _remove(services, home)
        sys.exit(done.returncode)


def _remove(services: Services, home: Path) -> None:
    if services.postgres is not None:
        services.postgres.throwaway = True
        services.postgres.discard()
    shutil.rmtree(home, ignore_errors=True)
