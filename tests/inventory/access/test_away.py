"""What is away, full or closed for a while is told apart from what failed."""

import errno

import psycopg
import pytest
from django.db import IntegrityError, InternalError, OperationalError

from inventory.access.away import CLOSED, DATABASE, FULL, NO_ROOM, why_away


def of(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OperationalError("gone"), DATABASE),
        (of(InternalError("no"), psycopg.errors.ReadOnlySqlTransaction()), CLOSED),
        (of(InternalError("no"), psycopg.errors.InternalError_()), ""),
        (of(OperationalError("no"), psycopg.errors.DiskFull()), NO_ROOM),
        (psycopg.errors.DiskFull(), NO_ROOM),
        (OSError(errno.ENOSPC, "full"), FULL),
        (OSError(errno.EDQUOT, "full"), FULL),
        (OSError(errno.ENOENT, "not there"), ""),
        (IntegrityError("ours"), ""),
        (None, ""),
    ],
)
def test_what_passes_is_told_in_a_sentence_and_nothing_else_is(error: Exception | None, why: str) -> None:
    assert why_away(error) == why
