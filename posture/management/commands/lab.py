"""`manage.py lab`: build the demo's source anew, from a small estate of vulnerable APIs behind a real gateway."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from typing_extensions import override

SEED = 11
MOST_SECONDS = 1200


class Command(BaseCommand):
    """Runs the lab of `tests/lab` in a process of its own."""

    help = (
        "Run the lab: small vulnerable APIs behind a real gateway and firewall on loopback, users and attackers over "
        "simulated days, and scanners; keep what they tell as the demo's source."
    )
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        """Take a seed and a folder."""
        parser.add_argument("--seed", type=int, default=SEED, help=f"who does what and when (default {SEED})")
        parser.add_argument("--to", type=Path, help="the folder that is replaced (default: the demo's source)")
        parser.add_argument("--no-scanners", action="store_true", help="gateway, users and attackers only")

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        """Run it; ends with 2 where the gateway's packages are missing."""
        to = options["to"] or settings.DEMO_SOURCE
        command = [sys.executable, "-m", "tests.lab.run", "--seed", str(options["seed"]), "--to", str(to)]
        command += ["--no-scanners"] if options["no_scanners"] else []
        done = subprocess.run(command, cwd=settings.BASE_DIR, check=False, timeout=MOST_SECONDS)  # noqa: S603 - ours
        sys.exit(done.returncode)
