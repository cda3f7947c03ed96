"""The source tree as the architecture tests read it: files, syntax trees, and what both can tell."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("posture", "incidents", "findings", "inventory")
"""The four packages, highest first."""


STAIRS = (*FLOORS, "inventory.jobs", "inventory.access")
"""The floors with the two packages inside the ground floor, highest first."""


def floor_of(name: str) -> str:
    """Return the floor or inner package a dotted name belongs to: one of `STAIRS`."""
    return next(step for step in reversed(STAIRS) if f"{name}.".startswith(f"{step}."))


@dataclass(frozen=True)
class Module:
    """One Python file of ours; `path` is relative to the root of the repository, with slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; raises SyntaxError as Python would."""
        return ast.parse(self.text, filename=self.path)

    @property
    def name(self) -> str:
        """The dotted name it is imported by."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def rooms(self) -> tuple[str, ...]:
        """The parts of the dotted name."""
        return tuple(self.name.split("."))

    @property
    def room(self) -> str:
        """The room it stands in: the first name below its package, `services` of `inventory.jobs.services.x`."""
        inside = self.name.removeprefix(floor_of(self.name)).strip(".")
        return inside.partition(".")[0]

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def classes(self) -> Iterator[ast.ClassDef]:
        """Yield every class, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    def imports(self) -> Iterator[tuple[str, int]]:
        """Yield each module it imports, hidden in a function or not, with the line; `from a import b` is `a.b`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def _read(paths: Iterator[Path]) -> tuple[Module, ...]:
    found = ((path.relative_to(ROOT).as_posix(), path) for path in sorted(paths) if "__pycache__" not in path.parts)
    return tuple(Module(path=name, text=path.read_text(encoding="utf-8")) for name, path in found)


@cache
def product() -> tuple[Module, ...]:
    """Return the modules of the four packages, migrations left out: Django writes those."""
    files = (path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
    return tuple(module for module in _read(files) if "migrations" not in module.rooms)


@cache
def migrations() -> tuple[Module, ...]:
    """Return the migrations of the four packages."""
    files = (path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
    return tuple(module for module in _read(files) if "migrations" in module.rooms)


@cache
def suite() -> tuple[Module, ...]:
    """Return the modules under `tests/`."""
    return _read((ROOT / "tests").rglob("*.py"))


@cache
def templates() -> dict[str, str]:
    """Each template's text by its path below `templates/`."""
    base = ROOT / "templates"
    return {
        path.relative_to(base).as_posix(): path.read_text(encoding="utf-8") for path in sorted(base.rglob("*.html"))
    }


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` of an attribute chain, empty when it does not start at a plain name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""
