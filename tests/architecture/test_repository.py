"""The repository speaks of the product alone, and what it installs is pinned without naming where it comes from."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.source import FLOORS, ROOT, product

LOCKS = ("requirements/run.txt", "requirements/test.txt", "requirements/uv.txt")

TOP_LEVEL = {
    *("posture", "incidents", "findings", "inventory", "templates", "static", "tests", "docs", "deploy", "bench"),
    *("requirements", ".ci", "manage.py", "pyproject.toml", ".gitignore", ".pre-commit-config.yaml"),
    *("README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"),
}

MACHINE_PATHS = re.compile(r"(?<![\w.$}\-])/(home|root|tmp|mnt|Users|work|workspace|builds)/\w")


COMES_WITH = {"kombu": "celery"}
"""Modules of a dependency that has them in a package of its own."""


def tracked() -> tuple[str, ...]:
    """Return the paths that are, or are about to be, part of the repository."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    run = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(sorted(name for name in run.stdout.splitlines() if (ROOT / name).is_file()))


def texts() -> Iterator[tuple[str, str]]:
    """Yield each text file with its path."""
    for name in tracked():
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def direct(table: list[str]) -> set[str]:
    """Return the names of a list of requirements, without extras and versions."""
    return {match.group().lower() for line in table if (match := re.match(r"[\w.-]+", line))}


def test_nothing_stands_at_the_root_that_the_plan_does_not_name() -> None:
    assert {name.partition("/")[0] for name in tracked()} - TOP_LEVEL == set()


def test_no_file_names_a_path_of_some_machine() -> None:
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        if not name.startswith("static/vendor/")
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATHS.search(line)
    ]
    assert found == []


def test_a_path_of_some_machine_is_seen() -> None:
    for line in ("see /" + "home/someone/x", 'open("/' + "tmp/x" + '")', "cd /" + "root/x"):
        assert MACHINE_PATHS.search(line), line
    for line in ("https://host.example/home/x", "POSTURE_HOME/tmp/x", "$HOME/work/x"):
        assert not MACHINE_PATHS.search(line), line


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_hashes_every_line(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host|\s@\s", text) == []
    pins = [entry for entry in re.split(r"\n(?=\S)", text) if entry.strip() and not entry.startswith("#")]
    assert [pin.splitlines()[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []
    assert pins


def test_every_direct_dependency_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = direct(project["project"]["dependencies"])
    run, test = (set(re.findall(r"^([\w.-]+)==", (ROOT / lock).read_text(), re.MULTILINE)) for lock in LOCKS[:2])
    assert wanted - run == set()
    assert (wanted | direct(project["dependency-groups"]["test"])) - test == set()


def test_what_the_code_imports_is_a_direct_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = direct(project["project"]["dependencies"])
    homes = {top: {home.lower().replace("_", "-") for home in found} for top, found in packages_distributions().items()}
    tops = {(module.path, name.partition(".")[0]) for module in product() for name, _ in module.imports()}
    foreign = [
        f"{path} imports {top}"
        for path, top in sorted(tops)
        if top not in {*sys.stdlib_module_names, *FLOORS} and not wanted & homes.get(COMES_WITH.get(top, top), set())
    ]
    assert foreign == []


@pytest.mark.slow
@pytest.mark.parametrize(("lock", "groups"), [("run.txt", ()), ("test.txt", ("--group", "test"))])
def test_compiling_the_lock_again_gives_the_same_bytes(lock: str, groups: tuple[str, ...], tmp_path: Path) -> None:
    for name in ("pyproject.toml", f"requirements/{lock}"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    before = (tmp_path / "requirements" / lock).read_bytes()
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "pyproject.toml", *groups, "--quiet"]
    options = ["--universal", "--generate-hashes", "--no-header", "--python-version", "3.11"]
    output = ["--output-file", f"requirements/{lock}"]
    run = subprocess.run([*command, *options, *output], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    assert (tmp_path / "requirements" / lock).read_bytes() == before
