"""`manage.py detect`: what access logs show of attacks, as JSON lines."""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from incidents.errors import DetectionRefused
from incidents.services.detecting import detect_in_files
from inventory.connectors.base import one_line

BAD_INPUT = 2


class Command(BaseCommand):
    """Print one JSON line for each client that walks through objects or tries credentials."""

    help = "Look through access logs for object-id enumeration and credential stuffing, and print one JSON line each."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take logs, specifications beside them, and a moment to stop at."""
        parser.add_argument("file", nargs="+", type=Path, help="an access log in JSON lines, or a specification")
        parser.add_argument("--now", default="", help="leave out what happened after this moment (ISO 8601)")

    @override
    def handle(self, *_args: Any, file: list[Path], now: str, **_options: Any) -> None:
        """Read all, then print; bad input prints nothing but one line of error and ends with code 2."""
        try:
            rows, skipped = detect_in_files(file, now=_moment(now))
        except DetectionRefused as error:
            raise CommandError(one_line(str(error), 1000), returncode=BAD_INPUT) from error
        for row in rows:
            self.stdout.write(json.dumps(row, ensure_ascii=False))
        if skipped:
            self.stderr.write(f"{skipped} lines told of no request and were left out.")


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"--now is “{text}”; write a moment such as 2026-01-31T12:00:00Z."
        raise CommandError(one_line(msg, 1000), returncode=BAD_INPUT) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
