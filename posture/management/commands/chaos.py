"""`manage.py chaos`: break services, disk and clock under a worker at work, by seed, on services of its own."""

import os
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from typing_extensions import override

from posture.variables import VARIABLES

SECONDS_A_SEED = 120
OF_A_HOME = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "POSTURE_HOME", "POSTURE_TEST_SUPERUSER"}


class Command(BaseCommand):
    """Runs `tests/faults/chaos.py` in a process of its own; this home and its services are not touched."""

    help = (
        "Let faults chosen by seed come over a worker at work, on throw-away services, and see that nothing is lost, "
        "doubled or different; ends with 1 when something is."
    )
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many seeds and which is the first."""
        parser.add_argument("--seeds", type=int, default=20, help="how many seeds (default 20)")
        parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        """Run them; each seed says what came over it, and the last line the share that fell into the work."""
        own = {variable.name for variable in VARIABLES} | OF_A_HOME | {"DJANGO_SETTINGS_MODULE"}
        environment = {name: value for name, value in os.environ.items() if name not in own}
        environment |= {"POSTURE_SEEDS": str(options["seeds"]), "POSTURE_FIRST_SEED": str(options["first"])}
        command = [sys.executable, "-m", "pytest", "-n0", "-q", "-s", "-p", "no:randomly", "-m", "slow"]
        command += ["tests/faults/chaos.py", "--timeout", str(SECONDS_A_SEED * (options["seeds"] + 2))]
        done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=False)  # noqa: S603 - ours
        sys.exit(done.returncode)
