"""The documents tell the truth: what can be listed is generated or compared, and every link and command exists."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import ModuleType

from inventory.connectors import registry
from inventory.jobs.documents import Document
from posture.management.commands.reference import reference
from posture.variables import VARIABLES
from tests.architecture.source import ROOT, Module, product

BY_THE_SYSTEM = {"DJANGO_SETTINGS_MODULE", "HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "USER"}
"""Variables that are not ours: the system or Django sets them."""

READING = re.compile(r"env_(bool|int|list|secret|text)|(.*\.)?environ\.(get|pop|setdefault)|os\.getenv")


def documents() -> dict[str, str]:
    """Return the text of every Markdown file of ours, by its path."""
    paths = (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md"))
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted(paths)}


def read_from_the_environment(module: Module) -> Iterator[str]:
    """Yield each environment variable that a module reads by a name written out."""
    for node in ast.walk(module.tree):
        words: list[ast.expr] = []
        if isinstance(node, ast.Call) and READING.fullmatch(ast.unparse(node.func)):
            words = node.args[:1]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("environ"):
            words = [node.slice]
        for word in words:
            if isinstance(word, ast.Constant) and isinstance(word.value, str):
                yield word.value


def test_the_reference_is_what_the_command_prints() -> None:
    # In a process of its own: tests that ran before this one registered jobs of theirs.
    command = [sys.executable, "manage.py", "reference"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs/reference.md").read_text() == printed


def test_every_setting_command_and_reader_is_in_the_reference() -> None:
    text = reference()
    commands = {module.rooms[-1] for module in product() if module.rooms[-2:-1] == ("commands",)}
    register = re.compile(r"^@(registry\.)?register$", re.MULTILINE)
    files = [module.path for module in product() if module.room == "connectors" and register.search(module.text)]
    wanted = [*(f"manage.py {name}`" for name in {"up", "test", *commands}), *files, *(v.name for v in VARIABLES)]
    assert [name for name in wanted if name not in text] == []
    assert files


def test_every_variable_the_code_reads_is_declared() -> None:
    read = {name for module in product() for name in read_from_the_environment(module)}
    declared = {variable.name for variable in VARIABLES}
    assert read - declared - BY_THE_SYSTEM == set()
    assert {"PORT", "POSTURE_HOME"} <= read


def test_every_declared_variable_is_read_somewhere() -> None:
    code = "\n".join(module.text for module in product() if module.name != "posture.variables")
    unread = [v.name for v in VARIABLES if not re.search(rf"['\"]{v.name}['\"]", code, re.IGNORECASE)]
    assert unread == []


def test_each_direct_dependency_has_its_line_and_nothing_else_has_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    table = [*project["project"]["dependencies"], *project["dependency-groups"]["test"]]
    direct = sorted(re.split(r"[\[<>=~ ;]", line)[0] for line in table)
    told = re.findall(r"^\| `([\w.-]+)` \|", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE)
    assert sorted(told) == direct


def test_every_link_between_documents_leads_somewhere() -> None:
    dead = [
        f"{name}: {target}"
        for name, text in documents().items()
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
        if not (ROOT / Path(name).parent / target).exists()
    ]
    assert dead == []


def test_every_command_in_a_document_exists() -> None:
    known = set(re.findall(r"`manage\.py (\w+)`", reference())) | {"migrate", "check", "makemigrations", "shell"}
    named = {
        (name, command) for name, text in documents().items() for command in re.findall(r"manage\.py ([a-z_]+)", text)
    }
    assert {(name, command) for name, command in named if command not in known} == set()
    assert {command for name, command in named if name == "README.md"} >= {"up", "test"}


def test_the_reader_of_the_handbook_reads() -> None:
    code = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/extend.md").read_text(), re.MULTILINE | re.DOTALL)
    module = ModuleType("findings.connectors.example_lines")
    try:
        exec(compile("".join(code), "docs/extend.md", "exec"), vars(module))  # noqa: S102 - our own document
        text = b"# example lines\nbad\tGET\t/orders\tNo limit\ndire\tGET\t/\tNew\ntorn\nodd\tPOST\t/orders\tEcho\n"
        document = Document(BytesIO(text), "report.txt")
        assert registry.detect(document.head(), document.name).slug == "example_lines"
        records = []
        reading = registry.reader_for("example_lines")().read(document, {})
        try:
            while True:
                records.append(next(reading))
        except StopIteration as end:
            summary = end.value
    finally:
        registry._READERS.pop("example_lines", None)
    assert [(record.severity, record.method, record.title) for record in records] == [
        ("high", "GET", "No limit"),
        ("info", "GET", "New"),
        ("low", "POST", "Echo"),
    ]
    assert (summary.entries, summary.complete, summary.skipped[0].place) == (3, False, "line 4")
