"""`manage.py rotate_keys`: a new key for what is sealed, while the product runs."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from typing_extensions import override

from inventory.access.records import SYSTEM
from inventory.jobs.services.keys import (
    KeysRefused,
    add_key,
    is_under_older_keys,
    remove_key,
    reseal_all,
    tell_first_key,
)


class Command(BaseCommand):
    """Seals everything under a new key; a run that was cut off is finished by the next."""

    help = "Put a new sealing key first and seal everything under it, or finish what was cut off; --remove an old key."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --remove."""
        parser.add_argument("--finish", action="store_true", help="make no new key: seal under the one that is first")
        parser.add_argument("--new", action="store_true", help="put a new key first though the last is not through")
        parser.add_argument("--remove", metavar="KEY", help="take an old key off the list; refused while it is used")

    @override
    def handle(
        self, *args: Any, new: bool = False, finish: bool = False, remove: str | None = None, **options: Any
    ) -> None:
        """Rotate, or remove."""
        try:
            if remove:
                remove_key(key_id=remove, principal=SYSTEM, now=timezone.now())
                self.stdout.write(f"The key {remove} is gone.")
                return
            if finish or (is_under_older_keys() and not new):
                tell_first_key(principal=SYSTEM, now=timezone.now())
                self.stdout.write(f"What is sealed under an older key goes under {settings.SEAL_KEYS[0][0]}.")
            else:
                self.stdout.write(f"The key {add_key(principal=SYSTEM, now=timezone.now())} seals from now on.")
            told = reseal_all()
        except KeysRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        counts = ", ".join(f"{count:,} {kind}" for kind, count in told.done.items())
        self.stdout.write(f"Sealed anew: {counts}.")
        for line in told.damaged:
            self.stderr.write(line)
        if told.damaged:
            msg = f"{len(told.damaged):,} could not be opened and stay as they are."
            raise CommandError(msg)
        older = [name for name, _ in settings.SEAL_KEYS[1:]]
        if older:
            self.stdout.write(f"Keys that open but are not needed now: {', '.join(older)}. --remove takes one away.")
