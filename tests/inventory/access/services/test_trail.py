"""The trail is written with the change it tells of."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from inventory.access.choices import PrincipalKind
from inventory.access.models import StateChange
from inventory.access.records import SYSTEM, Change, Principal
from inventory.access.services.trail import record_change, record_changes
from tests.inventory.access.people import NOW

pytestmark = pytest.mark.django_db
TOKEN = Principal(kind=PrincipalKind.TOKEN, name="Nightly", user_id=12, token_id=3)


def test_a_row_says_who_for_whom_when_what_old_new_why_and_from_where() -> None:
    record_change(
        principal=TOKEN,
        kind="api",
        code="API-7K3Q9",
        verb="set reach",
        old={"reach": "internal"},
        new={"reach": "public"},
        reason="moved behind the public gateway",
        source="report RPT-2",
        api_id=41,
        now=NOW,
    )
    row = StateChange.objects.get()
    assert (row.actor, row.actor_name, row.on_behalf_of) == ("token:3", "Nightly", "user:12")
    assert (row.kind, row.code, row.verb) == ("api", "API-7K3Q9", "set reach")
    assert (row.old, row.new) == ({"reach": "internal"}, {"reach": "public"})
    assert (row.reason, row.source, row.api_id) == ("moved behind the public gateway", "report RPT-2", 41)
    assert row.happened_at == NOW


def test_number_transaction_and_moment_come_from_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint, clock_timestamp()")
        transaction_id, before = cursor.fetchone()
    assert record_changes([Change(kind="a", code="1", verb="v") for _ in range(3)], principal=SYSTEM, now=NOW) == 3
    rows = list(StateChange.objects.order_by("id"))
    assert len({row.id for row in rows}) == 3
    assert {row.xid for row in rows} == {transaction_id}
    assert all(before <= row.recorded_at < before + timedelta(minutes=1) for row in rows)


def test_many_rows_keep_their_order_and_every_character() -> None:
    texts = ["tab\there", "line\nbreak", "back\\slash \\N", "quote \" and '", "żółć 漢字 🦑", "", "%s {} $1", "x" * 300]
    changes = [Change(kind="finding", code=text, verb="v", new={"text": text}, reason=text) for text in texts]
    assert record_changes(iter(changes), principal=SYSTEM, now=NOW) == len(texts)
    rows = StateChange.objects.order_by("id")
    assert [(row.code, row.reason, row.new) for row in rows] == [(text, text, {"text": text}) for text in texts]


def test_what_was_or_is_nothing_is_null_and_not_a_word() -> None:
    record_changes([Change(kind="team", code="a", verb="create", old=None, new=0)], principal=SYSTEM, now=NOW)
    assert StateChange.objects.filter(old__isnull=True, new=0).exists()


def test_a_change_that_is_taken_back_leaves_no_row() -> None:
    with transaction.atomic():
        record_change(principal=SYSTEM, kind="a", code="1", verb="v", old=None, new=1, now=NOW)
        transaction.set_rollback(True)
    assert not StateChange.objects.exists()


def test_nothing_to_tell_writes_nothing() -> None:
    assert record_changes([], principal=SYSTEM, now=NOW) == 0
    assert not StateChange.objects.exists()
