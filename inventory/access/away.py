"""Why nothing can be done just now, in a sentence: what is away, full or closed for a while, and comes back."""

import errno
from typing import Final

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError

DATABASE: Final = "Posture cannot reach its database now, and changed nothing. Try again in a moment."
CLOSED: Final = "Posture's database takes no changes now, and nothing was changed. What stands there can be read."
FULL: Final = "The disk that Posture keeps documents on is full, and nothing was kept. Tell who runs Posture."
NO_ROOM: Final = (
    "The disk of Posture's database is full, and nothing was changed. What stands there can be read. Tell who runs "
    "Posture."
)
SECONDS: Final = "5"
"""When it is worth trying again (Retry-After)."""


def why_away(error: BaseException | None) -> str:
    """Return the sentence for an error that is nobody's fault and passes; the empty string for every other."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else error
    if isinstance(cause, psycopg.errors.ReadOnlySqlTransaction):
        return CLOSED
    if isinstance(cause, psycopg.errors.DiskFull):
        return NO_ROOM
    if isinstance(error, OperationalError | InterfaceError):
        return DATABASE
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return FULL
    return ""
