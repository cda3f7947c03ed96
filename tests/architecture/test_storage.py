"""What is append-only stays so: nothing cascades, and nothing in the code rewrites such rows."""

import ast
import re
from collections.abc import Iterator

from django.apps import apps
from django.db.models import CASCADE, ForeignKey, Model

from tests.architecture.source import FLOORS, Module, migrations, product

APPEND_ONLY = {
    "ApiScore", "Attestation", "ChainLink", "CustodyEntry", "Decision", "Entry", "Evidence", "Note", "Playbook",
    "Review", "StateChange", "StepMark", "TriageStep",
}  # fmt: skip
"""The tables that the data model says are never rewritten, by class name; not all of them exist yet."""

REWRITES = {"update", "delete", "bulk_update", "update_or_create"}


def models() -> list[type[Model]]:
    """Return our models."""
    return [kind for kind in apps.get_models() if kind.__module__.partition(".")[0] in FLOORS]


def append_only() -> set[str]:
    """Return the class names of the models that say they are append-only."""
    return {kind.__name__ for kind in models() if getattr(kind, "append_only", False)}


def rewritten(module: Module, names: set[str]) -> Iterator[str]:
    """Yield each chain such as `Name.objects.filter().update()` on one of the named models."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in REWRITES:
            start: ast.expr = node.func
            while isinstance(start, ast.Attribute | ast.Call):
                start = start.func if isinstance(start, ast.Call) else start.value
            if isinstance(start, ast.Name) and start.id in names:
                yield f"{module.path}:{node.lineno} rewrites {start.id} by {node.func.attr}()"


def test_what_the_data_model_calls_append_only_says_so() -> None:
    ours = {kind.__name__ for kind in models()}
    assert APPEND_ONLY & ours == append_only()
    assert {"StateChange", "Decision"} <= append_only()


def test_no_foreign_key_cascades() -> None:
    cascades = [
        f"{kind.__name__}.{field.name}"
        for kind in models()
        for field in kind._meta.fields
        if isinstance(field, ForeignKey) and field.remote_field.on_delete is CASCADE
    ]
    into_append_only = [line for line in cascades if line.partition(".")[0] in append_only()]
    assert into_append_only == []


def test_no_migration_lets_the_database_cascade() -> None:
    pattern = r"on\s+(delete|update)\s+(cascade|set\s+null|set\s+default)|DB_CASCADE"
    lines = [
        f"{module.path}: {match.group()}"
        for module in (*migrations(), *product())
        for match in re.finditer(pattern, module.text, re.IGNORECASE)
    ]
    assert lines == []


def test_no_code_rewrites_rows_that_are_append_only() -> None:
    assert [line for module in product() for line in rewritten(module, append_only())] == []
    planted = "Decision.objects.filter(pk=1).update(reason='')\nStateChange.objects.all().delete()\n"
    module = Module(path="findings/services/x.py", text=planted)
    assert len(list(rewritten(module, {"Decision", "StateChange"}))) == 2
