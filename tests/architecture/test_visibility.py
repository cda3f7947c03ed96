"""Interfaces reach rows only through `visible_to`, or through a selector or service that was told who asks.

This reads the source; it does not run it. It sees `Model.objects`, the other managers, and models handed to shortcuts
or generic views, in every module of the interface rooms that answer people (views, api, context). It does not see a
row reached through a relation of a visible row (`api.endpoints`, which is as visible as the row), nor SQL in strings.
Whether `visible_to` itself narrows rightly is asked by the tests of the models and of each page with a stranger.
"""

import ast
import re
from collections.abc import Iterator

from django.apps import apps
from django.db.models import Model

from tests.architecture.source import FLOORS, Module, dotted, product

ANSWERING = {"views", "api", "context"}
MANAGERS = {"objects", "_default_manager", "_base_manager"}
TOLD = {"principal"}
"""Names of the parameter that says who asks."""

ABOUT_OTHERS = {"StateChange"}
"""Models whose code is that of another row."""

FOR_NO_PERSON = {
    "inventory.access.selectors.resolve_principal": "makes the principal that all the others are told",
    "findings.selectors.deadline_days": "the policy of deadlines is the same for everybody",
    "findings.selectors.deadline_rules": "the policy of deadlines is the same for everybody",
    "findings.selectors.deadline_exceptions": "the policy of deadlines is the same for everybody",
    "findings.selectors.deadline_calendar": "the policy of deadlines is the same for everybody",
    "posture.services.digest.state_digest": "one digest of everything, for the operator's command",
}
"""Selectors that are told nobody, with the reason."""


def models() -> dict[str, type[Model]]:
    """Return our models by class name."""
    return {kind.__name__: kind for kind in apps.get_models() if kind.__module__.partition(".")[0] in FLOORS}


def unguarded(module: Module, names: set[str]) -> Iterator[str]:
    """Yield each reach for rows that is not the receiver of `visible_to`."""
    guarded = {
        id(node.func.value)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "visible_to"
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS and id(node) not in guarded:
            yield f"{module.path}:{node.lineno} reaches {dotted(node)} without visible_to"
        if isinstance(node, ast.Call):
            for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                shortcut = dotted(node.func).rpartition(".")[2]
                if shortcut.startswith(("get_object_or", "get_list_or")) and dotted(argument) in names:
                    yield f"{module.path}:{node.lineno} hands {dotted(argument)} to {shortcut}"
        if isinstance(node, ast.Assign) and dotted(node.value) in names:
            yield f"{module.path}:{node.lineno} gives a generic view the whole of {dotted(node.value)}"


def reaching(module: Module) -> set[str]:
    """Return the functions of a module that reach rows by a manager or by SQL, themselves or through one another."""
    bodies = {node.name: list(ast.walk(node)) for node in module.tree.body if isinstance(node, ast.FunctionDef)}
    found = {
        name
        for name, body in bodies.items()
        if any(isinstance(node, ast.Attribute) and node.attr in MANAGERS | {"cursor", "raw"} for node in body)
    }
    while True:
        named = {name: {node.id for node in body if isinstance(node, ast.Name)} for name, body in bodies.items()}
        more = {name for name, words in named.items() if words & found}
        if more <= found:
            return found
        found |= more


def untold(module: Module, names: set[str]) -> Iterator[str]:
    """Yield each public selector that reaches rows and neither is told who asks nor starts from rows."""
    reach = reaching(module)
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in reach and not node.name.startswith("_"):
            parameters = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            told = TOLD.intersection(parameter.arg for parameter in parameters)
            written = " ".join(ast.unparse(parameter.annotation) for parameter in parameters if parameter.annotation)
            started = any(word in names or word.endswith("QuerySet") for word in re.findall(r"\w+", written))
            if not told and not started and f"{module.name}.{node.name}" not in FOR_NO_PERSON:
                yield f"{module.path}:{node.lineno} {node.name}() is not told who asks"


def test_answering_interfaces_reach_rows_only_through_visible_to() -> None:
    answering = [module for module in product() if module.room in ANSWERING]
    assert [line for module in answering for line in unguarded(module, set(models()))] == []
    assert len(answering) > 3


def test_selectors_are_told_who_asks() -> None:
    rooms = [module for module in product() if module.room == "selectors"]
    assert [line for module in rooms for line in untold(module, set(models()))] == []
    assert any("principal" in module.text for module in rooms)


def test_whatever_carries_a_code_can_be_narrowed_to_what_a_principal_may_see() -> None:
    coded = {
        name: kind
        for name, kind in models().items()
        if name not in ABOUT_OTHERS and any(field.name == "code" for field in kind._meta.fields)
    }
    blind = [name for name, kind in coded.items() if not hasattr(kind._default_manager, "visible_to")]
    assert blind == []
    assert {"Api", "Finding", "Report"} <= set(coded)


def test_a_guard_taken_out_is_seen() -> None:
    names = {"Api"}
    for line in (
        "rows = Api.objects.filter(code=code)",
        "rows = models.Api.objects.all()",
        "row = get_object_or_404(Api, code=code)",
        "row = shortcuts.get_object_or_404(klass=Api, code=code)",
        "model = Api",
        "rows = type(row)._default_manager.all()",
    ):
        assert list(unguarded(Module(path="posture/views/x.py", text=line), names)), line
    kept = "row = get_object_or_404(Api.objects.visible_to(request.principal), code=code)"
    assert not list(unguarded(Module(path="posture/views/x.py", text=kept), names))


def test_a_selector_that_is_told_nothing_is_seen() -> None:
    def refused(signature: str) -> list[str]:
        text = f"def _rows(): return Api.objects.all()\ndef f({signature}): return _rows().count()"
        return list(untold(Module(path="findings/selectors/x.py", text=text), {"Api"}))

    assert refused("*, now: datetime")
    assert refused("code: str")
    assert not refused("*, principal: Principal, code: str")
    assert not refused("api: Api")
    assert not refused("apis: 'ApiQuerySet'")
