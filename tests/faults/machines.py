"""What a machine does to those who work on it: a disk that is full, memory that is not there, services that die."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import redis

from posture.supervisor.broker import Redis
from posture.supervisor.postgres import SETTINGS
from posture.supervisor.services import short_pause
from tests.faults.killed import services

DISK_MEGABYTES = 64
DATABASE_MEGABYTES = 700
LITTLE_LOG = {"max_wal_size": "96MB", "min_wal_size": "32MB"}
"""What keeps a database's log small, so that its disk can be."""
TERMINATE = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'posture_application'"


def superuser(*statements: str) -> None:
    """Run statements as the superuser, each in a transaction of its own."""
    with psycopg.connect(os.environ["POSTURE_TEST_SUPERUSER"], autocommit=True) as admin:
        # A throw-away server forgets its last commits when it is killed: the role would stay as a fault left it.
        for statement in ("SET synchronous_commit = on", *statements):
            admin.execute(statement)


def kill(which: int, how: int) -> None:
    """End a service and start it again."""
    child = services().children()[which]
    assert child.process
    os.kill(child.process.pid, how)
    child.process.wait()
    time.sleep(0.3)
    child.start(short_pause)


def pause(which: int) -> None:
    """Let a service answer nothing for two seconds."""
    child = services().children()[which]
    assert child.process
    os.kill(child.process.pid, signal.SIGSTOP)
    time.sleep(2)
    os.kill(child.process.pid, signal.SIGCONT)


def flush() -> None:
    """Empty Redis."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as line:
        line.flushall()


def without_memory() -> None:
    """Let Redis refuse, for a second, whatever takes memory."""
    child = services().children()[1]
    assert isinstance(child, Redis)
    usual = child._configuration
    child._configuration = lambda: usual() + "maxmemory 1\nmaxmemory-policy noeviction\n"  # type: ignore[method-assign] # a fault
    try:
        kill(1, signal.SIGKILL)
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as line, suppress(redis.OutOfMemoryError):
            assert not line.set("a", "b"), "Redis has memory"
        time.sleep(1)
    finally:
        child._configuration = usual  # type: ignore[method-assign] # as it was
        kill(1, signal.SIGKILL)


def read_only() -> None:
    """Let the application's role only read for a second."""
    superuser("ALTER ROLE posture_application SET default_transaction_read_only = on", TERMINATE)
    time.sleep(1)
    superuser("ALTER ROLE posture_application RESET default_transaction_read_only", TERMINATE)


class Disk:
    """A small disk of its own below a folder; without the right to mount one it says why it is not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.missing = ""

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no byte free while the block runs."""
        ballast = self.folder / "ballast"
        try:
            with suppress(OSError), ballast.open("wb", buffering=0) as file:
                while file.write(b"\0" * (1 << 16)):
                    pass
            yield
        finally:
            ballast.unlink(missing_ok=True)

    def fill(self) -> None:
        """Leave no byte free for a second and a half."""
        with self.full():
            time.sleep(1.5)

    def fill_database(self, *, log_too: bool) -> None:
        """Leave PostgreSQL no byte for a second and a half, with `log_too` not even in the files it made ahead.

        Where it dies of that, it is started again once there is room, as the supervisor does; what it had made ahead
        of its log may be enough to live through it.
        """
        child = services().children()[0]
        assert child.process
        with self.full():
            for _ in range(9 * log_too):
                with suppress(psycopg.Error):
                    superuser("SELECT pg_switch_wal(), txid_current()")
            time.sleep(1.5)
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(5 * log_too)
            child.start(short_pause)
        end = time.monotonic() + 30
        while True:
            try:
                superuser("CHECKPOINT")
            except psycopg.OperationalError:
                assert time.monotonic() < end, "PostgreSQL does not come back though there is room"
                time.sleep(0.1)
            else:
                return


@contextmanager
def small_database_disk() -> Iterator[Disk]:
    """Let PostgreSQL, data and log, live on a small disk of its own while the block runs."""
    server = services().postgres
    assert server
    aside = server.data.with_name("pg.aside")
    usual = dict(SETTINGS)
    SETTINGS.update(LITTLE_LOG)
    server.stop(30, short_pause)
    server.data.rename(aside)
    try:
        with small_disk(server.data, DATABASE_MEGABYTES) as disk:
            # With its owners, as a program of the system does it.
            subprocess.run(["cp", "-a", f"{aside}/.", str(server.data)], check=True)
            server.start(short_pause)
            try:
                yield disk
            finally:
                server.stop(30, short_pause)
    finally:
        shutil.rmtree(server.data, ignore_errors=True)
        aside.rename(server.data)
        SETTINGS.clear()
        SETTINGS.update(usual)
        server.start(short_pause)


@contextmanager
def small_disk(folder: Path, megabytes: int = DISK_MEGABYTES) -> Iterator[Disk]:
    """Give a folder a small disk of its own while the block runs."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    disk = Disk(folder)
    options = f"size={megabytes}m,mode=0700"
    command = ["mount", "-t", "tmpfs", "-o", options, "posture-small", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        disk.missing = (done.stderr.strip() or "mount failed") if done.returncode else ""
    except OSError as error:
        disk.missing = str(error)
    try:
        yield disk
    finally:
        if not disk.missing:
            subprocess.run(["umount", "-l", str(folder)], check=True)
