"""Run the checks and tests. manage.py runs it without Django; this entry is for its help and for `django-admin`."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from typing_extensions import override

from posture.supervisor import verify


class Command(BaseCommand):
    """`manage.py test`."""

    help = "Run the fast tier of checks and tests on throw-away services; with paths or --slow, those tests alone."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        """Give the help its words."""
        verify.describe(parser)

    @override
    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run what the command line asks for."""
        sys.exit(verify.main(sys.argv[2:]))
