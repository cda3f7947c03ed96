"""`manage.py state_digest`: one digest of the whole state, for comparing two installations or two moments."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from typing_extensions import override

from posture.services.digest import state_digest


class Command(BaseCommand):
    """Prints a line per kind of row and the digest of all."""

    help = "Print a digest of the whole state by natural keys, without times of the run, codes from chance and jobs."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --now."""
        parser.add_argument("--now", help="the moment at which deadlines are judged, as ISO 8601 (default: now)")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        """Print the digests."""
        now = self._moment(options["now"])
        whole, tables = state_digest(now=now)
        for table in tables:
            self.stdout.write(f"{table.digest}  {table.rows:>9,}  {table.name}")
        self.stdout.write(whole)

    def _moment(self, text: str | None) -> datetime:
        if text is None:
            return timezone.now()
        moment = parse_datetime(text)
        if moment is None or moment.tzinfo is None:
            msg = f"--now is {text!r}; write a moment with its zone, such as 2026-01-31T12:00:00Z."
            raise CommandError(msg)
        return moment
