"""Bring database, static files and sign-in up to date in one process, as `up` does before its web server starts."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from typing_extensions import override

from inventory.access.services.demo import ensure_demo_people
from inventory.access.services.first import first_link
from posture.services.demo.loading import begin

UNUSED = ["rest_framework"]  # the pages of its browsable API, which is off


class Command(BaseCommand):
    """`manage.py prepare`."""

    help = "Migrate, collect static files and make sure that somebody can sign in; safe to repeat."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        """Say which parts may be left out, and where the way to sign in is written."""
        parser.add_argument("--sign-in-only", action="store_true", help="leave the database as it is")
        parser.add_argument("--static", action="store_true", help="collect the static files too")
        parser.add_argument("--to", type=Path, help="write the way to sign in to this file (0600), not to the screen")

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what is left to do."""
        if not options["sign_in_only"]:
            call_command("migrate", verbosity=0, interactive=False)
        if options["static"]:
            call_command("collectstatic", verbosity=0, interactive=False, clear=True, ignore_patterns=UNUSED)
        text = json.dumps(_sign_in(timezone.now()))
        if options["to"] is None:
            self.stdout.write(text)
            return
        draft = options["to"].with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        draft.replace(options["to"])


def _sign_in(now: datetime) -> dict[str, object]:
    """Return the demo people, else the one-time link while there is no administrator yet."""
    if settings.DEMO:
        people = ensure_demo_people(now=now)
        if settings.DEMO_DATA:
            begin(now=now)
        return {"people": people}
    return {"link": first_link(now=now)}
