"""`manage.py doctor`: look at everything that should be so, and say each fault in a sentence."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from typing_extensions import override

from posture.services.doctor.rounds import examine


class Command(BaseCommand):
    """Prints a line for each part, and one for each fault; ends with 1 when there is one."""

    help = "Examine services, roles, schema, keys, documents, queues, disk, clock and rows; exit code 1 at any fault."
    requires_system_checks = ()

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        """Examine and print."""
        faults = 0
        for part in examine(now=timezone.now()):
            self.stdout.write(f"{'ok   ' if not part.faults else 'FAULT'} {part.name}")
            for fault in part.faults:
                self.stdout.write(f"      {fault}")
            faults += len(part.faults)
        if faults:
            self.stdout.write(f"{faults} faults.")
            sys.exit(1)
        self.stdout.write("Everything is as it should be.")
