"""`tests/` and `templates/` mirror the packages: what a file speaks of can be told from where it lies."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import FLOORS, ROOT, Module, product, suite, templates

BESIDE = {"architecture", "faults", "journeys", "lab", "rights"}
"""Folders of tests that speak of the whole."""

TEMPLATE_FOLDERS = {"_ui", "account", "allauth", "inventory", "access", "jobs", "findings", "incidents", "posture"}
"""Shared fragments, the sign-in library's pages under the names it looks for, and one folder per app label."""


def astray(module: Module, rooms: set[str]) -> Iterator[str]:
    """Yield a test file that mirrors nothing: `tests/a/b/test_c_more.py` wants a module or package `a.b.c`."""
    folder, _, name = module.path.removeprefix("tests/").rpartition("/")
    if not re.fullmatch(r"test_\w+\.py", name) or folder.partition("/")[0] in BESIDE:
        return
    words = name.removeprefix("test_").removesuffix(".py").split("_")
    package = folder.replace("/", ".")
    wanted = {f"{package}.{'_'.join(words[:count])}" for count in range(1, len(words) + 1)}
    if not wanted & rooms:
        yield f"{module.path} mirrors no module of {package or 'the packages'}"


def test_each_test_file_lies_where_its_module_lies() -> None:
    rooms = {".".join(module.rooms[:depth]) for module in product() for depth in range(1, len(module.rooms) + 1)}
    assert [line for module in suite() for line in astray(module, rooms)] == []


def test_a_test_file_that_mirrors_nothing_is_seen() -> None:
    rooms = {"findings", "findings.services", "findings.services.ingest"}
    for path in ("tests/findings/test_ingest.py", "tests/findings/services/test_more_ingest.py", "tests/test_it.py"):
        assert list(astray(Module(path=path, text=""), rooms)), path
    for path in ("tests/findings/services/test_ingest.py", "tests/findings/services/test_ingest_crash.py"):
        assert not list(astray(Module(path=path, text=""), rooms)), path


def test_templates_lie_in_the_folder_of_their_app() -> None:
    folders = {name.partition("/")[0] for name in templates() if "/" in name}
    assert folders - TEMPLATE_FOLDERS == set()


def test_a_package_has_an_empty_init() -> None:
    """A package of models is the exception: Django finds models in `models` itself, so its init names them."""
    folders = {Path(module.path).parent for module in product()}
    lacking = [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").is_file()]
    inits = [module for module in product() if module.path.endswith("/__init__.py") and module.text.strip()]
    full = [module.path for module in inits if module.rooms[-1] != "models" or not only_names(module)]
    assert sorted(lacking + full) == []


def only_names(module: Module) -> bool:
    """Return True when a module does nothing but name what others define."""
    return all(
        isinstance(node, ast.ImportFrom | ast.Expr)
        or (isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"])
        for node in module.tree.body
    )


def test_no_code_package_stands_beside_the_four() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {*FLOORS, "tests", "bench"} == set()


def test_every_test_has_a_sentence_for_a_name() -> None:
    short = [
        f"{module.path}:{function.lineno} {function.name}"
        for module in suite()
        for function in module.functions()
        if function.name.startswith("test_") and function.name.count("_") < 3
    ]
    assert short == []
