"""Migrate as the role that owns the tables: the application role may not change them."""

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from typing_extensions import override


class Command(migrate.Command):
    """`manage.py migrate`, on the connection `owner` unless told otherwise."""

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        """Take the arguments of Django's command with another default."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")
