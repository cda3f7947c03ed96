"""Score APIs from a JSON file, without a database."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from posture.scoring.documents import InputError, read_apis, write_score

BAD_INPUT = 2


class Command(BaseCommand):
    """Print one score per API of a JSON list."""

    help = "Score the APIs of a JSON list (a file, else standard input) and print a JSON list of the same order."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one optional file."""
        parser.add_argument("file", nargs="?", type=Path, help="a JSON list of APIs; standard input without it")

    @override
    def handle(self, *_args: Any, file: Path | None = None, **_options: Any) -> None:
        """Read, score, print; bad input ends with code 2 and one line."""
        try:
            text = sys.stdin.buffer.read() if file is None else file.read_bytes()
            apis = read_apis(text)
        except OSError as error:
            msg = f"{file} cannot be read: {error.strerror}."
            raise CommandError(msg, returncode=BAD_INPUT) from error
        except InputError as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        self.stdout.write(json.dumps([write_score(facts) for facts in apis], indent=1))
