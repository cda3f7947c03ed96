"""Start the product. manage.py runs it without Django; this entry is for its help and for `django-admin`."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from typing_extensions import override

from posture.supervisor import up, wishes


class Command(BaseCommand):
    """`manage.py up`."""

    help = "Start Posture: database, Redis, web server, workers and clock, until Ctrl-C."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        """Give the help its words."""
        wishes.describe(parser)

    @override
    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run the product until it is stopped."""
        sys.exit(up.main([]))
