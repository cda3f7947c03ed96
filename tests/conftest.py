"""Real services for every test: PostgreSQL and Redis by the product's own supervisor, one migrated template, clones.

`manage.py test` starts the services and names them in the environment; a bare `pytest` starts them here, once, in the
process the others are workers of. Django's settings are read after that, so nothing here may touch them at import.
"""

import fcntl
import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import django
import psycopg
import pytest
from celery import current_app
from django.core.management import call_command
from django.db import connections
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from posture.supervisor.services import Services

ROOT = Path(__file__).parent.parent
TEMPLATE = "posture"
ALIASES = ("default", "owner")
DATABASE_FIXTURES = {"db", "transactional_db", "fresh_database", "module_database", "worker"}
CORPUS = Path(os.environ.get("POSTURE_CORPUS") or ROOT.parent / "shared" / "corpus" / "open")

TOLD = "told"
"""What a test records under this name with `record_property` is printed at the end: counts that people compare."""
RecordProperty = Callable[[str, object], None]

# How long something takes is a bench's to say: a busy machine fails no property.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

_own: list[Services] = []
_clones = iter(range(1_000_000))
_counts: Counter[str] = Counter()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Name the services and the settings before pytest-django sets Django up (it does so last)."""
    if "POSTURE_TEST_SUPERUSER" not in os.environ:
        # A run that is itself below a supervised home must not reach that one.
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "POSTURE_HOME"):
            os.environ.pop(name, None)
        services = Services(Path(tempfile.mkdtemp(prefix="posture-")), throwaway=True)
        services.start()
        _own.append(services)
        os.environ.update(services.environment())
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        address = os.environ["REDIS_URL"].rpartition("/")[0]
        os.environ["REDIS_URL"] = f"{address}/{int(worker.removeprefix('gw')) + 1}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "posture.settings"
    # Playwright's loop runs in the thread of the tests, which makes Django believe they are asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    django.setup()
    if os.environ.get("POSTURE_ANY_ORDER"):
        config.pluginmanager.import_plugin("tests.any_order")
    if os.environ.get("POSTURE_ROW_SECURITY"):
        config.pluginmanager.import_plugin("tests.rights.oracle")
    if config.getoption("numprocesses", None):
        # Workers that inherit it read the settings before they get here, and so with our Redis, not their own.
        del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure() -> None:
    """Stop the services this process started."""
    while _own:
        _own.pop().stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the database, so that it can be run on another PostgreSQL; browser journeys share one worker."""
    for item in items:
        if item.get_closest_marker("django_db") or DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("journeys"))


def pytest_collection_finish() -> None:
    """Leave out of garbage collection what stays until the end, which is most of what there is."""
    gc.collect()
    gc.freeze()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count what was left out; with xdist only the workers know."""
    _counts["deselected"] += len(items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the count of a worker to the process that prints."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["deselected"] = _counts["deselected"]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take the count from a worker: each of them leaves out the same tests."""
    output = getattr(node, "workeroutput", {})
    _counts["deselected"] = max(_counts["deselected"], output.get("deselected", 0))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the four counts that are compared between runs, in one fixed line."""
    ran = {name: len(terminalreporter.stats.get(name, ())) for name in ("passed", "failed", "error", "skipped")}
    tests = sum(ran.values())
    terminalreporter.write_line(
        f"Counts: {tests} tests, {ran['passed']} passed, {ran['failed'] + ran['error']} failed, "
        f"{ran['skipped']} skipped, {_counts['deselected']} deselected."
    )
    for name in ("passed", "failed"):
        for report in terminalreporter.stats.get(name, ()):
            for told in (value for key, value in report.user_properties if key == TOLD):
                terminalreporter.write_line(str(told))


def _superuser() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(os.environ["POSTURE_TEST_SUPERUSER"], autocommit=True)


def _migrate_template() -> None:
    """Migrate the template and collect the static files once per run: the first worker does it, the others wait."""
    home = Path(os.environ["POSTURE_HOME"])
    done = home / "template-is-migrated"
    with (home / "template-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            return
        call_command("migrate", database="owner", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=["rest_framework"])
        connections.close_all()
        done.touch()


@contextmanager
def _clone() -> Iterator[str]:
    """Copy the migrated template and point both connections at the copy; the old ones return at the end."""
    _migrate_template()
    name = f"clone_{os.getpid()}_{next(_clones)}"
    with _superuser() as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER posture_owner")
    before = {alias: connections[alias].settings_dict["NAME"] for alias in ALIASES}
    try:
        _point(dict.fromkeys(ALIASES, name))
        yield name
    finally:
        _point(before)
        with _superuser() as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _point(names: dict[str, str]) -> None:
    connections.close_all()
    for alias, name in names.items():
        connections[alias].settings_dict["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Give this worker its clone; each test's writes are rolled back in it."""
    with django_db_blocker.unblock(), _clone():
        yield


@pytest.fixture
def fresh_database(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Give one test a clone of its own, in which commits are real; its name.

    Instead of `transaction=True`: the application role may not TRUNCATE what is append-only.
    """
    with django_db_blocker.unblock(), _clone() as name:
        yield name


@pytest.fixture(scope="module")
def module_database(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Give the tests of one module a clone they share, in which commits are real; its name."""
    with django_db_blocker.unblock(), _clone() as name:
        yield name


def environment_of(database: str) -> dict[str, str]:
    """Return the environment in which a program of the product works on a clone."""

    def at(variable: str) -> str:
        return urlsplit(os.environ[variable])._replace(path=f"/{database}").geturl()

    return {**os.environ, "DATABASE_URL": at("DATABASE_URL"), "DATABASE_OWNER_URL": at("DATABASE_OWNER_URL")}


@pytest.fixture
def queues() -> None:
    """Empty the queues, so that no message of another test arrives."""
    with current_app.connection_for_write() as broker:
        for queue in ("short", "small", "bulk"):
            broker.default_channel.queue_purge(queue)


@pytest.fixture
def worker(fresh_database: str, queues: None, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a real worker on both queues, on the test's own clone; it is ready when the test begins."""
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "posture.supervisor.child", "celery", "-A", "posture", "worker", "-l", "INFO"]
    command += ["-Q", "short,small,bulk", "-c", "1", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    environment = {**environment_of(fresh_database), "C_FORCE_ROOT": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        end = time.monotonic() + 60
        while b" ready." not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def home() -> Iterator[Path]:
    """Return a directory with a short path, as unix sockets need, that does not exist yet."""
    base = Path(tempfile.mkdtemp(prefix="ph-"))
    yield base / "h"
    shutil.rmtree(base, ignore_errors=True)
