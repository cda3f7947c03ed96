"""A PostgreSQL cluster of our own, run as a child."""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from posture.supervisor.children import Stoppable, open_log
from posture.supervisor.engines import Engine
from posture.supervisor.home import Home
from posture.supervisor.process import last_line, spawn, wait
from posture.supervisor.trouble import Trouble

SOCKET_LIMIT = 107  # bytes the kernel takes as the path of a unix socket
OUTSIDE = Path("/var/lib/postgresql")
READY_SECONDS = 60.0
TRIES = 9
DATABASE = "posture"
SUPERUSER = "postgres"
ROLES = {"superuser": SUPERUSER, "owner": "posture_owner", "application": "posture_application"}
SETTINGS = {
    "shared_buffers": "256MB", "max_wal_size": "2GB", "random_page_cost": "1.1", "jit": "off",
    # What a helper is thought to cost: PostgreSQL's 1000 is a millisecond or two, but where all cores are busy one
    # starts after tens of them, and a page that it would save a few waits for it.
    "parallel_setup_cost": "5000",
}  # fmt: skip
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def free_port() -> int:
    """Return a loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postgres(Stoppable):
    """The cluster of one home; `throwaway` trades safety for speed and removes data kept outside the home."""

    gentle = signal.SIGINT  # fast: connections are cut, the checkpoint is written
    firm = signal.SIGQUIT  # immediate: the next start recovers

    def __init__(self, home: Home, engine: Engine, *, throwaway: bool) -> None:
        super().__init__("PostgreSQL", home.logs / "postgres.log")
        self.home = home
        self.engine = engine
        self.throwaway = throwaway
        self.pointer = home.path / "postgres-data"
        self.outside = engine.run_as.kind == "user"
        base = self._base() if self.outside else home.path
        self.data = base / "pg"
        self.sockets = base / "run"
        fits = len(os.fsencode(self.sockets / ".s.PGSQL.5432")) <= SOCKET_LIMIT
        self.host, self.port = (str(self.sockets), 5432) if fits else ("127.0.0.1", free_port())

    def _base(self) -> Path:
        if self.pointer.exists():
            return Path(self.pointer.read_text().strip())
        return OUTSIDE / f"posture-{hashlib.sha256(os.fsencode(self.home.path)).hexdigest()[:12]}"

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the address for `superuser`, `owner` or `application`."""
        who = f"{ROLES[role]}:{self.home.password(role)}"
        if self.host.startswith("/"):
            return f"postgresql://{who}@/{database}?host={quote(self.host, safe='')}&port={self.port}"
        return f"postgresql://{who}@{self.host}:{self.port}/{database}"

    def start(self, pause: Callable[[], None]) -> None:
        """Start the server, making the cluster first where there is none; return when it takes connections.

        Raises Trouble when the data is damaged, of another major version, or the server does not come up.
        """
        self._check()
        if not self.data.exists():
            self._initialise(pause)
        for attempt in range(TRIES + 1):
            self._clear_stale(pause)
            offset = self._launch()
            if self._await_ready(pause):
                return
            if "still in use" not in last_line(self.log, since=offset, having=("still in use",)) or attempt == TRIES:
                self._give_up(offset)
            for _ in range(10):  # orphans of a killed server are still leaving
                pause()

    def _check(self) -> None:
        inside = self.home.path / "pg"
        if self.outside and inside.exists():
            msg = (
                f"The database in {inside} was made by the PostgreSQL of the wheel, and root may not make user "
                "namespaces here: start Posture as a plain user, or where it was made."
            )
            raise Trouble(msg)
        if not self.outside and self.pointer.exists():
            msg = (
                f"The database of {self.home.path} lies in {self._base()} and belongs to the system's user "
                "postgres; start with POSTURE_POSTGRES=installed."
            )
            raise Trouble(msg)
        if not self.data.exists():
            if self.pointer.exists():
                msg = (
                    f"The database of {self.home.path} should lie in {self.data}, and is not there; restore it "
                    "from your backup. Nothing was changed."
                )
                raise Trouble(msg)
            return
        version = self.data / "PG_VERSION"
        if not version.exists() or not (self.data / "global" / "pg_control").exists():
            msg = (
                f"The database in {self.data} is damaged (it has no "
                f"{version.name if not version.exists() else 'global/pg_control'}); restore it from your "
                "backup. Nothing was changed."
            )
            raise Trouble(msg)
        found = version.read_text().strip()
        if found != str(self.engine.major):
            msg = (
                f"The database in {self.data} was made by PostgreSQL {found}, and the one here is "
                f"{self.engine.major}; install PostgreSQL {found} (POSTURE_POSTGRES={found}) or move the data "
                "with pg_dump. Nothing was changed."
            )
            raise Trouble(msg)

    def _initialise(self, pause: Callable[[], None]) -> None:
        """Make the cluster aside and rename it, so that a killed initdb never looks finished."""
        base = self.data.parent
        if self.outside:
            self._own(base)
            self._own(self.sockets)
            self.pointer.write_text(str(base))
        for old in base.glob("pg.new.*"):
            shutil.rmtree(old, ignore_errors=True)
        aside, secret = base / f"pg.new.{os.getpid()}", base / f"pg.new.password.{os.getpid()}"
        secret.touch(mode=0o600)
        secret.write_text(self.home.password("superuser"))
        if self.outside:
            os.chown(secret, self.engine.run_as.uid, self.engine.run_as.gid)
        command: list[str | Path] = [
            self.engine.programs / "initdb",
            "-D",
            aside,
            "-U",
            SUPERUSER,
            "-A",
            "scram-sha-256",
        ]
        command += [f"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions"]
        try:
            with open_log(self.log) as output:
                offset = self.log.stat().st_size
                making = spawn(
                    [*command, *(["--no-sync"] if self.throwaway else [])],
                    output=output, environment=ENVIRONMENT, run_as=self.engine.run_as,
                )  # fmt: skip
            wait(making, READY_SECONDS, pause)
        finally:
            secret.unlink(missing_ok=True)
        if making.poll() != 0:
            self._give_up(offset, "cannot make its database")
        aside.rename(self.data)

    def _own(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chown(directory, self.engine.run_as.uid, self.engine.run_as.gid)

    def _clear_stale(self, pause: Callable[[], None]) -> None:
        """Remove the pid and socket files a killed server left; the home's lock says that none of ours runs."""
        pid_file = self.data / "postmaster.pid"
        end = time.monotonic() + 30
        while pid_file.exists() and self._runs(pid_file):
            if time.monotonic() > end:
                msg = (
                    f"A PostgreSQL (process {pid_file.read_text().split()[0]}) still runs on {self.data}; stop "
                    "it and start again."
                )
                raise Trouble(msg)
            pause()
        pid_file.unlink(missing_ok=True)
        if self.outside:
            self._own(self.sockets)  # a system clean-up may have taken it
        for left in self.sockets.glob(".s.PGSQL.*"):
            left.unlink(missing_ok=True)

    def _runs(self, pid_file: Path) -> bool:
        """Return whether a server runs on our data: zombies and reused pids answer kill 0, but not with our command."""
        try:
            pid = int(pid_file.read_text().split()[0])
            return os.fsencode(self.data) in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return False

    def _launch(self) -> int:
        socketed = self.host.startswith("/")
        settings = SETTINGS | {
            "listen_addresses": "" if socketed else self.host,
            "unix_socket_directories": str(self.sockets) if socketed else "",
            "unix_socket_permissions": "0700",
        }
        if self.throwaway:
            settings |= CARELESS
        command: list[str | Path] = [self.engine.programs / "postgres", "-D", self.data, "-p", str(self.port)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with open_log(self.log) as output:
            offset = self.log.stat().st_size
            self.process = spawn(
                command, output=output, environment=ENVIRONMENT, run_as=self.engine.run_as, death=signal.SIGINT
            )
        return offset

    def _await_ready(self, pause: Callable[[], None]) -> bool:
        command: list[str | Path] = [self.engine.programs / "pg_isready", "-q", "-h", self.host, "-p", str(self.port)]
        end = time.monotonic() + READY_SECONDS
        while self.process and self.process.poll() is None and time.monotonic() < end:
            if subprocess.run(command, env=ENVIRONMENT, cwd="/", check=False).returncode == 0:
                return True
            pause()
        return False

    def _give_up(self, offset: int, what: str = "does not start") -> None:
        words = last_line(self.log, since=offset, having=("PANIC", "FATAL", "ERROR", "error:"))
        if self.process is not None:
            self.stop(1.0, lambda: time.sleep(0.05))
        msg = f"PostgreSQL {what} on {self.data}: {words or 'it gave no reason'}. Its log: {self.log}"
        raise Trouble(msg)

    def discard(self) -> None:
        """Remove what a throw-away cluster keeps outside its home."""
        if self.throwaway and self.outside:
            shutil.rmtree(self._base(), ignore_errors=True)

    def sql(self, text: str, *, database: str = "postgres") -> str:
        """Run SQL as the superuser through psql, return its unaligned output; raises Trouble with the first error."""
        command: list[str | Path] = [self.engine.programs / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        command += ["-h", self.host, "-p", str(self.port), "-U", SUPERUSER, "-d", database]
        environment = {**ENVIRONMENT, "PGPASSWORD": self.home.password("superuser"), "PGCONNECT_TIMEOUT": "10"}
        done = subprocess.run(
            command, input=text, text=True, capture_output=True, env=environment, cwd="/", check=False
        )
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
            msg = f"PostgreSQL on {self.data} refused to be set up: {lines[0]}"
            raise Trouble(msg)
        return done.stdout.strip()
