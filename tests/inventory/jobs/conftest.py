"""A clone of the database per test, empty queues, and real workers that know the handlers of these tests.

Nothing here may import models: this file is read before Django is set up.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connections

from tests.conftest import ROOT, environment_of


@pytest.fixture
def database(module_database: str, queues: None) -> Iterator[str]:
    """Give the test a clone where commits are real, without jobs or effects, and close what its threads opened."""
    for name in ("jobs.Job", "jobs.Tick", "jobs.Secret", "access.OrganisationRoleGrant", "access.Team", "access.User"):
        apps.get_model(name)._base_manager.all().delete()
    yield module_database
    connections.close_all()


class Workers:
    """Starts real workers on the module's clone and ends those that still live."""

    def __init__(self, database: str, directory: Path) -> None:
        self.database = database
        self.directory = directory
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """Return a worker with one pool process that listens: the one there is, or a new one."""
        living = [process for process in self.started if process.poll() is None]
        if living:
            return living[0]
        log = self.directory / f"worker-{len(self.started)}.log"
        command = [sys.executable, "-m", "celery", "-A", "tests.inventory.jobs.worker", "worker", "-l", "INFO"]
        command += [
            "-Q",
            "short,small,bulk",
            "-c",
            "1",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            *options,
        ]
        environment = {**environment_of(self.database), "C_FORCE_ROOT": "1"}
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        self.started.append(process)
        end = time.monotonic() + 60
        while b" ready." not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        return process

    def logs(self) -> str:
        """Return what all of them said."""
        return "".join(path.read_text() for path in sorted(self.directory.glob("worker-*.log")))

    def end(self) -> None:
        """End all, without mercy, and whatever they forked: a beat of a worker does not die with it."""
        for process in self.started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def module_workers(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """Start workers for the tests of one module."""
    found = Workers(module_database, tmp_path_factory.mktemp("workers"))
    yield found
    found.end()


@pytest.fixture
def workers(database: str, module_workers: Workers) -> Workers:
    """Start workers for a test; one that still lives goes on to the next."""
    return module_workers
