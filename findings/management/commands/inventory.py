"""`manage.py inventory`: the APIs and endpoints that specifications and logs tell of, as JSON lines."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from inventory.connectors.base import one_line
from inventory.jobs.documents import DocumentCrashed, DocumentError
from inventory.services.files import reading_of
from inventory.services.listing import Inventory

BAD_INPUT = 2


class Command(BaseCommand):
    """Print one JSON line for each API and each endpoint of some documents."""

    help = "Print the APIs and endpoints of specifications and logs together, one JSON line each. Nothing is stored."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one or more files."""
        parser.add_argument("file", nargs="+", type=Path, help="a specification or an access log, plain or gzip")

    @override
    def handle(self, *_args: Any, file: list[Path], **_options: Any) -> None:
        """Read all, then print; bad input prints nothing but one line of error and ends with code 2."""
        listed = Inventory()
        try:
            for path in file:
                with reading_of(path, kinds=("specification", "traffic")) as (reader, reading):
                    if reader.kind == "traffic":
                        listed.add_log(reading)
                        listed.add_days(reading.summary)
                    else:
                        listed.add_specification(reading)
        except (DocumentError, DocumentCrashed) as error:
            raise CommandError(one_line(str(error), 1000), returncode=BAD_INPUT) from error
        for row in listed.rows():
            self.stdout.write(json.dumps(row, ensure_ascii=False))
