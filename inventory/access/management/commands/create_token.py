"""`manage.py create_token`: a token for programs, printed once."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils import timezone
from typing_extensions import override

from inventory.access.errors import ChangeRefused
from inventory.access.models import Team, User
from inventory.access.records import SYSTEM
from inventory.access.services.tokens import DEFAULT_SCOPES, NewToken, create_token


class Command(BaseCommand):
    """Make a token of a person and print it."""

    help = "Make a token for programs that acts for a person, and print it, once, as the only line of output."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the person and what the token may do."""
        parser.add_argument("--user", required=True, metavar="EMAIL", help="the person it acts for")
        scopes = ",".join(DEFAULT_SCOPES)
        parser.add_argument("--scopes", default=scopes, help=f"what it may do of what the person may; {scopes}")
        parser.add_argument("--days", type=int, default=90, help="how long it lives; 90")
        parser.add_argument("--team", default="", metavar="SLUG", help="the one team whose rows it sees")
        parser.add_argument("--name", default="", help="what it is for, to tell it from others")

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the token on standard output and what it is on standard error; a mistake is one line and code 1."""
        try:
            made = self._make(options)
        except ChangeRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        except (OperationalError, ImproperlyConfigured) as error:
            msg = "The database does not answer; start Posture first, or set DATABASE_URL."
            raise CommandError(msg) from error
        token = made.token
        where = f" in the team {token.team.slug}" if token.team else ""
        self.stderr.write(
            f"A token of {token.user.email} that may {', '.join(token.scopes)}{where} until "
            f"{token.expires_at:%Y-%m-%d %H:%M} UTC. It is shown this once."
        )
        self.stdout.write(made.secret)

    def _make(self, options: dict[str, Any]) -> NewToken:
        address = options["user"].strip().lower()
        user = User.objects.filter(email=address).first()
        if user is None:
            msg = f"There is nobody with the e-mail address {address}; see the people for the right one."
            raise ChangeRefused(msg)
        team = Team.objects.filter(slug=options["team"]).first() if options["team"] else None
        if options["team"] and team is None:
            msg = f"There is no team {options['team']}; name it by its slug, such as payments."
            raise ChangeRefused(msg)
        return create_token(
            user=user,
            name=options["name"],
            days=options["days"],
            principal=SYSTEM,
            now=timezone.now(),
            scopes=[scope.strip() for scope in options["scopes"].split(",") if scope.strip()],
            team=team,
        )
