"""Any part of the suite with row security switched on: `POSTURE_ROW_SECURITY=1 python3 manage.py test PATHS`.

The policies of `policies.py` are set on the database that all others are copied from. Then, in whatever test:

- each time `visible_to` is asked for somebody of a team, all that it lets through is looked up once as it is and once
  as that person under the policies; a row more is a leak, and the test fails;
- each page such a person reads is made under the policies: what should not be on it lacks, and the test that wants it
  fails.

Who is made up by hand and stands in no table cannot be judged by tables; how often that is, is counted.
"""

import fcntl
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from psycopg.pq import TransactionStatus

from inventory.access.middleware import WhoActs
from inventory.access.models import Membership
from inventory.access.records import Principal
from tests import conftest
from tests.rights import policies

SET = "SELECT set_config('oracle.user', %s, false)"
TEAMS = f"SELECT team_id FROM {Membership._meta.db_table} WHERE user_id = %s"  # noqa: S608 - the name of a table
USABLE = (TransactionStatus.IDLE, TransactionStatus.INTRANS)
NOT_SO = {"test_row_security.py", "test_an_index_answers_for_words"}
"""What sets the policies itself, and what looks at a plan, which is another under policies."""
counts: Counter[str] = Counter()
leaks: list[str] = []


def _run(statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Ask beside Django: tests count their statements."""
    assert connection.connection
    with connection.connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _usable() -> bool:
    held = connection.connection
    return held is not None and held.info.transaction_status in USABLE


@contextmanager
def _as(user_id: int | None) -> Iterator[None]:
    """Ask as a person under the policies, as nobody with None, and then as before."""
    before = _run("SELECT coalesce(current_setting('oracle.user', true), '')", ())[0][0]
    _run(SET, ("" if user_id is None else str(user_id),))
    try:
        yield
    finally:
        if _usable():
            _run(SET, (before,))


def judged(principal: Principal | None) -> int | None:
    """Return the person whom the policies know by the teams they act for; None for everybody else."""
    if principal is None or principal.sees_all or principal.user_id is None or not _usable():
        return None
    with _as(None):
        teams = {team for (team,) in _run(TEAMS, (principal.user_id,))}
    if principal.team_ids <= teams:
        return principal.user_id
    counts["made up by hand"] += 1
    return None


def _compare(model: type[Model], original: Callable[..., Any], principal: Principal) -> None:
    person = judged(principal)
    if person is None:
        return
    manager = model._default_manager
    statement, values = original(manager.all(), principal).order_by().values_list("pk").query.sql_with_params()
    with _as(None):
        shown = set(_run(statement, values))
    table, key = model._meta.db_table, model._meta.pk.column
    with _as(person):
        allowed = set(_run(f'SELECT "{key}" FROM "{table}"', ()))  # noqa: S608 - names of our own
    counts["times asked"] += 1
    counts["rows compared"] += len(shown)
    if more := shown - allowed:
        leaks.append(f"{model.__name__} {sorted(map(str, more))[:5]} to {principal.name}")
        msg = f"visible_to lets through what row security keeps out: {leaks[-1]}"
        raise AssertionError(msg)


def _watched(model: type[Model], original: Callable[..., Any]) -> Callable[..., Any]:
    def visible_to(self: Any, principal: Principal) -> Any:
        found = original(self, principal)
        try:
            _compare(model, original, principal)
        except EmptyResultSet:
            counts["times asked"] += 1
        return found

    return visible_to


def _under_policies(answer: Callable[[Any], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def answered(request: Any) -> HttpResponseBase:
        person = judged(request.principal) if request.method in {"GET", "HEAD"} else None
        if person is None:
            return answer(request)
        counts["pages"] += 1
        with _as(person):
            return answer(request)

    return answered


def pytest_configure() -> None:
    """Stand beside `visible_to` and around what answers, and set the policies on the template."""
    watched = set()
    for model in apps.get_models():
        queryset = type(model._default_manager.all())
        if hasattr(queryset, "visible_to") and queryset not in watched:
            watched.add(queryset)
            queryset.visible_to = _watched(model, queryset.visible_to)
    usual = WhoActs.__init__

    def made(self: WhoActs, get_response: Callable[[Any], HttpResponseBase]) -> None:
        usual(self, _under_policies(get_response))

    WhoActs.__init__ = made  # type: ignore[method-assign] # a look from outside
    migrate = conftest._migrate_template

    def with_policies() -> None:
        migrate()
        home = Path(os.environ["POSTURE_HOME"])
        with (home / "oracle-lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (home / "oracle-is-on").exists():
                policies.switch_on()
                connections.close_all()
                (home / "oracle-is-on").touch()

    conftest._migrate_template = with_policies


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what cannot be run so."""
    items[:] = [item for item in items if not NOT_SO & {item.path.name, item.name}]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the counts of a worker to the process that prints."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["oracle"] = (dict(counts), leaks)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the counts from a worker."""
    told, found = getattr(node, "workeroutput", {}).get("oracle", ({}, []))
    counts.update(told)
    leaks.extend(found)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was compared, and what leaked."""
    terminalreporter.write_line(
        f"Row security: visible_to asked {counts['times asked']:,} times, {counts['rows compared']:,} rows compared, "
        f"{counts['pages']:,} pages read under the policies, {counts['made up by hand']:,} times by somebody made "
        f"up by hand; {len(leaks)} leaks."
    )
    for leak in leaks:
        terminalreporter.write_line(leak)
