"""Any part of the suite with equal rows in any order: `POSTURE_ANY_ORDER=1 python3 manage.py test PATHS`.

PostgreSQL gives rows that no ORDER BY tells apart in whatever order it finds them: nearly always as they were written,
until the day it does not. Django takes its compilers from this module then, and each question ends with ORDER BY
random(): a page, a result or a test that leans on such an order fails here instead of some day elsewhere. What locks
rows keeps its order, and what DISTINCT or UNION allow no such end goes without.
"""

from typing import Any

import pytest
from django.db.backends.postgresql import compiler
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.models.expressions import OrderBy
from django.db.models.functions import Random
from typing_extensions import override

from inventory.access.models import User

SQLAggregateCompiler = compiler.SQLAggregateCompiler
SQLDeleteCompiler = compiler.SQLDeleteCompiler
SQLInsertCompiler = compiler.SQLInsertCompiler
SQLUpdateCompiler = compiler.SQLUpdateCompiler


class SQLCompiler(compiler.SQLCompiler):
    """Asks for rows, and for no order among equals."""

    @override
    def get_order_by(self) -> list[Any]:
        asked = super().get_order_by()
        query = self.query
        if query.combinator or query.distinct or query.select_for_update:
            return asked
        by = OrderBy(Random()).resolve_expression(query, allow_joins=True, reuse=None)
        return [*asked, (by, ("random()", [], False))]


DatabaseOperations.compiler_module = __name__


def pytest_sessionstart() -> None:
    """Refuse to run where Django asks in another way: everything would pass, and mean nothing."""
    if "RANDOM()" not in str(User.objects.all().query).upper():
        msg = "Rows are not shuffled: Django has taken its compilers from elsewhere."
        raise pytest.UsageError(msg)
