"""Reverse accessors point up too: a floor does not use the names that a higher floor's models put on its own.

This reads attribute names, lookups and template variables, not types: a name that a higher floor puts on a lower
floor's model is simply not used below. Where a lower floor has such a name of its own, that name stays its own.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from django.apps import apps
from django.db.models import Model

from tests.architecture.source import STAIRS, Module, floor_of, product, templates


def height(step: str) -> int:
    """Return how high a step stands; the lowest is 0."""
    return len(STAIRS) - 1 - STAIRS.index(step)


def is_ours(kind: type[Model]) -> bool:
    """Return True for a model of the four packages."""
    return kind.__module__.partition(".")[0] in STAIRS


def from_above() -> dict[str, set[str]]:
    """Return, for each step, the accessors and lookups that models of higher steps put on its models."""
    names: dict[str, set[str]] = defaultdict(set)
    own: dict[str, set[str]] = defaultdict(set)
    for kind in filter(is_ours, apps.get_models()):
        step = floor_of(kind.__module__)
        own[step].update(field.name for field in kind._meta.fields)
        for relation in kind._meta.related_objects:
            above = height(floor_of(relation.related_model.__module__)) if is_ours(relation.related_model) else -1
            found = {relation.get_accessor_name() or "", relation.name} - {"", "+"}
            (names if above > height(step) else own)[step].update(found)
    return {step: names[step] - own[step] for step in STAIRS}


def used(module: Module, names: set[str]) -> Iterator[str]:
    """Yield each use of one of the names: as an attribute, as a lookup, as the text of a lookup."""
    for node in ast.walk(module.tree):
        word = ""
        if isinstance(node, ast.Attribute):
            word = node.attr
        elif isinstance(node, ast.keyword) and "__" in (node.arg or ""):
            word = (node.arg or "").partition("__")[0]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "__" in node.value:
            word = node.value.lstrip("-").partition("__")[0]
        if word in names:
            yield f"{module.path}:{getattr(node, 'lineno', 0)} uses {word}, which a higher floor puts there"


def test_no_floor_uses_what_a_higher_floor_puts_on_its_models() -> None:
    names = from_above()
    assert [line for module in product() for line in used(module, names[floor_of(module.name)])] == []


def test_no_template_of_a_floor_uses_what_a_higher_floor_puts_on_its_models() -> None:
    names = from_above()
    lines = []
    for name, text in templates().items():
        folder = name.partition("/")[0]
        step = next((step for step in STAIRS if step.rpartition(".")[2] == folder), "")
        for expression in re.findall(r"{[{%].*?[%}]}", text):
            found = names.get(step, set()).intersection(re.findall(r"\w\.(\w+)", expression))
            lines += [f"templates/{name} uses {word} in {expression}" for word in found]
    assert lines == []


def test_the_names_from_above_are_found_and_their_use_is_seen() -> None:
    names = from_above()["inventory"]
    assert "findings" in names
    for line in ("api.findings.count()", "Api.objects.filter(findings__severity=4)", "order_by('-findings__severity')"):
        assert list(used(Module(path="inventory/services/x.py", text=line), names)), line
