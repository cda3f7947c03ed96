"""Pages extend and fragments do not; nothing runs or styles inline; nothing goes unescaped."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import Module, product, templates

BASES = {"base.html", "base_auth.html"}
"""The shells themselves; they may extend one another."""

MARKUP = {"inventory.templatetags.ui"}
"""The one module that may declare text to be markup."""

FORBIDDEN = {
    "an inline style": r"\sstyle\s*=|<style",
    "an inline handler": r"\son[a-z]+\s*=",
    "a script in an address": r"javascript:",
    "code in an attribute": r"\bhx-on|\bjs:\{",
    "a script in the page": r"<script(?![^>]*\ssrc=)[^>]*>",
    "unescaped text": r"\|\s*safe(seq)?\b|autoescape\s+off",
    "an address of another host": r"(src|action|hx-(get|post|put|patch|delete))\s*=\s*[\"']?(https?:)?//",
}
"""What the content policy would stop or, worse, would not."""


def misplaced(name: str, text: str) -> Iterator[str]:
    """Yield what breaks the underscore rule: a name with an underscore never extends, one without always does."""
    fragment = name.rpartition("/")[2].startswith("_")
    extends = re.search(r"{%\s*extends\b", text) is not None
    if fragment and extends:
        yield f"{name} is a fragment and extends"
    if not fragment and not extends and name not in BASES:
        yield f"{name} is a page and extends nothing"


def forbidden(name: str, text: str) -> Iterator[str]:
    """Yield each forbidden thing in a template; comments count too, so that none is switched on by accident."""
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in FORBIDDEN.items():
            if re.search(pattern, line, re.IGNORECASE):
                yield f"{name}:{number} holds {what}: {line.strip()[:80]}"


def declared_markup(module: Module) -> Iterator[str]:
    """Yield each use of `mark_safe` and of the types that mean markup."""
    for node in ast.walk(module.tree):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id
        if name == "mark_safe" or call in {"SafeString", "SafeText"}:
            yield f"{module.path}:{getattr(node, 'lineno', 0)} declares markup"
        if isinstance(node, ast.FunctionDef) and node.name == "__html__":
            yield f"{module.path}:{node.lineno} declares markup"


def test_there_are_pages_and_fragments() -> None:
    names = [name.rpartition("/")[2] for name in templates()]
    assert any(name.startswith("_") for name in names)
    assert any(not name.startswith("_") for name in names)


def test_a_page_extends_and_a_fragment_does_not() -> None:
    assert [line for name, text in templates().items() for line in misplaced(name, text)] == []
    assert list(misplaced("findings/_table.html", "{% extends 'base.html' %}"))
    assert list(misplaced("findings/list.html", "<table></table>"))


def test_nothing_in_a_template_runs_styles_or_goes_unescaped() -> None:
    assert [line for name, text in templates().items() for line in forbidden(name, text)] == []


@pytest.mark.parametrize(
    "line",
    [
        '<p style="color: red">',
        "<p\tonclick='go()'>",
        '<a href="JavaScript:go()">',
        '<b hx-on:click="go()">',
        "<script>go()</script>",
        '<script type="module">',
        "{{ title|safe }}",
        "{{ titles | safeseq }}",
        "{% autoescape off %}",
        '<img src="//elsewhere.example/x.png">',
    ],
)
def test_a_planted_line_is_seen(line: str) -> None:
    assert list(forbidden("findings/list.html", line))


def test_only_the_vetted_module_declares_text_to_be_markup() -> None:
    assert [line for module in product() if module.name not in MARKUP for line in declared_markup(module)] == []
    planted = "def f(x):\n    return SafeString(x), safestring.mark_safe(x)\nclass T:\n    def __html__(self): ...\n"
    assert len(list(declared_markup(Module(path="findings/views/x.py", text=planted)))) == 3
