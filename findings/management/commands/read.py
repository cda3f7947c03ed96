"""`manage.py read`: what a document says, as JSON lines."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from findings.services.preview import preview_rows
from inventory.connectors.base import one_line
from inventory.jobs.documents import DocumentCrashed, DocumentError
from inventory.services.files import reading_of

BAD_INPUT = 2


class Command(BaseCommand):
    """Print one JSON line for each finding, or endpoint, of a document."""

    help = "Print what a document says, one JSON line for each finding or endpoint. Nothing is stored."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a file and, where it cannot be told from the content, its format."""
        parser.add_argument("file", type=Path, help="a report or a specification, plain or gzip")
        parser.add_argument("--format", default="", help="the name of the format, as in `manage.py reference`")

    @override
    def handle(self, *_args: Any, file: Path, format: str, **_options: Any) -> None:
        """Read all, then print; bad input prints nothing but one line of error and ends with code 2."""
        try:
            with reading_of(file, slug=format) as (_, reading):
                rows = preview_rows(reading)
        except (DocumentError, DocumentCrashed, LookupError) as error:
            raise CommandError(one_line(str(error), 1000), returncode=BAD_INPUT) from error
        for row in rows:
            self.stdout.write(json.dumps(row, ensure_ascii=False))
