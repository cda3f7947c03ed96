"""Joins are hashed for a block and no longer."""

import pytest
from django.db import DatabaseError, connection, transaction

from inventory.services.hashing import hashing

pytestmark = pytest.mark.django_db


def loops() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_nestloop")
        found: str = cursor.fetchone()[0]
        return found


def test_nothing_is_joined_row_by_row_in_the_block_and_all_is_as_before_after_it() -> None:
    assert loops() == "on"
    with transaction.atomic():
        with hashing():
            assert loops() == "off"
        assert loops() == "on"


def test_a_block_that_fails_leaves_nothing_behind() -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), hashing(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing")
    assert loops() == "on"
