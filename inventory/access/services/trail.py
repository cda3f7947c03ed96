"""Writes the trail: one row for each state change, in the transaction of the change itself."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from inventory.access.records import Change, Principal

COPY: Final = (
    "COPY access_statechange "
    "(happened_at, actor, actor_name, on_behalf_of, kind, code, verb, old, new, reason, source, api_id) FROM STDIN"
)


def record_change(  # noqa: PLR0913 -- the fields of one row
    *,
    principal: Principal,
    kind: str,
    code: str,
    verb: str,
    old: Any,
    new: Any,
    now: datetime,
    reason: str = "",
    source: str = "",
    api_id: int | None = None,
) -> None:
    """Write one state change; call it in the transaction that makes the change."""
    change = Change(kind=kind, code=code, verb=verb, old=old, new=new, reason=reason, source=source, api_id=api_id)
    record_changes([change], principal=principal, now=now)


def record_changes(changes: Iterable[Change], *, principal: Principal, now: datetime) -> int:
    """Write many state changes of one act by COPY, in the order given, and return how many.

    Number, transaction and moment of recording come from the database. Text must be free of NUL.
    """
    who = (now, principal.reference, principal.name, principal.on_behalf_of)
    count = 0
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for change in changes:
            old, new = _json(change.old), _json(change.new)
            copy.write_row(
                (*who, change.kind, change.code, change.verb, old, new, change.reason, change.source, change.api_id)
            )
            count += 1
    return count


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
