"""What the import contracts cannot see: imports inside functions, single names, the standard library, a bare start."""

import ast
import subprocess
import sys
from collections.abc import Iterator

from tests.architecture.source import ROOT, Module, dotted, product

PURE = {"connectors", "scoring", "transitions", "charts", "identity", "paths", "records", "choices", "rights", "status"}
"""Rooms that may name choices but no table."""

ENUMERATIONS = {"Choices", "IntegerChoices", "TextChoices"}

DIALLERS = {
    "aiohttp", "asyncio", "ftplib", "http.client", "httpcore", "httpx", "requests", "smtplib", "socket", "ssl",
    "urllib.request", "urllib3", "xmlrpc",
}  # fmt: skip
"""Modules that open connections to the outside."""

MAY_DIAL = {
    "inventory.jobs.services.transport": "the one way out, which checks every address it connects to",
    "inventory.jobs.services.wayout": "the same",
    "posture.bodies": "waits for what the web server hands on",
    "posture.front": "the same, and hands back",
    "posture.supervisor.broker": "asks the Redis it has started",
    "posture.supervisor.postgres": "looks for a free port",
    "posture.supervisor.wishes": "asks the web server it has started",
}

MAY_DISCOVER = {"inventory.connectors.registry", "inventory.jobs.child", "inventory.sources.base"}
"""What imports by a name it is given: plug-ins, and the reader the child was told to run."""


def named_at_run_time(module: Module) -> Iterator[str]:
    """Yield each call that imports, or fetches a model, by a name only the run knows."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            call = dotted(node.func).rpartition(".")[2]
            if call in {"import_module", "__import__", "import_string", "get_model"}:
                yield f"{module.path}:{node.lineno} calls {call}"


def hidden(module: Module) -> Iterator[str]:
    """Yield each import inside a function; only `ready()` of an `apps` module may have one."""
    for function in module.functions():
        wiring = module.rooms[-1] == "apps" and function.name == "ready"
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom) and not wiring:
                yield f"{module.path}:{node.lineno} imports inside {function.name}()"


def tables_named(module: Module) -> Iterator[str]:
    """Yield each name that a pure room takes from Django's database package beyond its enumerations."""
    if module.room in PURE:
        for name, line in module.imports():
            if name.startswith("django.db") and name.rpartition(".")[2] not in ENUMERATIONS:
                yield f"{module.path}:{line} imports {name}"


def dialled(module: Module) -> Iterator[str]:
    """Yield each import of a module that opens connections by itself."""
    for name, line in module.imports():
        if any(f"{name}.".startswith(f"{dialler}.") for dialler in DIALLERS):
            yield f"{module.path}:{line} imports {name}"


def test_no_import_hides_in_a_function() -> None:
    assert [line for module in product() for line in hidden(module)] == []


def test_a_hidden_import_is_seen_and_ready_may_have_one() -> None:
    text = "def ready():\n    import findings.checks\n"
    assert list(hidden(Module(path="findings/services/x.py", text=text)))
    assert not list(hidden(Module(path="findings/apps.py", text=text)))


def test_only_discovery_imports_by_a_name_it_is_given() -> None:
    assert [line for module in product() if module.name not in MAY_DISCOVER for line in named_at_run_time(module)] == []
    planted = "importlib.import_module('incidents.models')\napps.get_model('findings', 'Finding')\n"
    assert len(list(named_at_run_time(Module(path="inventory/services/x.py", text=planted)))) == 2


def test_pure_rooms_take_nothing_but_enumerations_from_the_database_package() -> None:
    assert [line for module in product() for line in tables_named(module)] == []
    planted = "from django.db.models import Model, TextChoices\nfrom django.db import connection\n"
    assert len(list(tables_named(Module(path="inventory/access/rights.py", text=planted)))) == 2


def test_nothing_dials_out_but_the_one_client() -> None:
    assert [line for module in product() if module.name not in MAY_DIAL for line in dialled(module)] == []
    planted = "import urllib.request\nfrom urllib import request, parse\nfrom requests.adapters import HTTPAdapter\n"
    assert len(list(dialled(Module(path="findings/services/x.py", text=planted)))) == 3


def test_the_supervisor_imports_only_the_standard_library() -> None:
    allowed = ("posture.supervisor", "posture.variables")
    rooms = [module for module in product() if module.name.startswith(allowed)]
    foreign = [
        f"{module.path}:{line} imports {name}"
        for module in rooms
        for name, line in module.imports()
        if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith(allowed)
    ]
    assert foreign == []
    assert rooms


def test_readers_and_the_score_start_without_django() -> None:
    names = [
        module.name
        for module in product()
        if module.room in {"connectors", "scoring"} or module.name == "inventory.jobs.child"
    ]
    code = (
        f"import sys\nfor name in {names}: __import__(name)\nprint(sorted({{'django', 'celery'}} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    assert run.stdout == "[]\n"
    assert len(names) > 3
