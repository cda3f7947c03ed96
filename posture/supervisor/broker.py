"""A Redis of our own, run as a child. It carries job ids; the truth stands in PostgreSQL."""

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from posture.supervisor.children import Stoppable, open_log
from posture.supervisor.home import Home
from posture.supervisor.postgres import SOCKET_LIMIT, free_port
from posture.supervisor.process import last_line, spawn
from posture.supervisor.trouble import Trouble

READY_SECONDS = 30.0
REFUSED = ("CONFIG", "DEBUG", "MODULE", "REPLICAOF", "SLAVEOF", "MIGRATE")  # none of ours needs them


def answers(address: str, timeout: float = 2.0) -> str:
    """Return the empty string when a Redis answers PING at the address, else why not."""
    parts = urlsplit(address)
    unix = parts.scheme in {"redis+socket", "unix"}
    try:
        with socket.socket(socket.AF_UNIX) if unix else socket.create_connection(_place(address), timeout) as line:
            line.settimeout(timeout)
            if unix:
                line.connect(unquote(parts.path))
            if parts.scheme == "rediss":
                return ""  # encrypted: that it takes connections is all that is seen from here
            who = [unquote(part) for part in (parts.username, parts.password) if part]
            line.sendall((f"AUTH {' '.join(who)}\r\n" if who else "").encode() + b"PING\r\n")
            reply = line.recv(512).decode(errors="replace")
            if who and reply.startswith("+OK") and "PONG" not in reply:
                reply = line.recv(512).decode(errors="replace")
    except OSError as error:
        return error.strerror or str(error)
    return "" if "PONG" in reply else reply.strip() or "it closed the connection"


def _place(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return parts.hostname or "127.0.0.1", parts.port or 6379


class Redis(Stoppable):
    """The Redis of one home: on a unix socket; on loopback with a password when the path is too long or `throwaway`.

    A throw-away one writes nothing to disk; tests keep apart by database number, which only a TCP address can carry.
    """

    gentle = signal.SIGTERM
    firm = signal.SIGKILL

    def __init__(self, home: Home, program: Path, *, throwaway: bool) -> None:
        super().__init__("Redis", home.logs / "redis.log")
        self.program = program
        self.throwaway = throwaway
        self.data = home.path / "redis"
        self.socket = home.run / "redis.sock"
        self.password = home.password("redis")
        fits = len(os.fsencode(self.socket)) <= SOCKET_LIMIT
        self.port = 0 if fits and not throwaway else free_port()

    def url(self) -> str:
        """Return the address, as Celery spells it."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0" if self.port else f"redis+socket://{self.socket}"

    def start(self, pause: Callable[[], None]) -> None:
        """Start it and return when it answers; raises Trouble with its own last words."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        read, write = os.pipe()
        os.write(write, self._configuration().encode())
        os.close(write)
        with open_log(self.log) as output, os.fdopen(read, "rb") as configuration:
            offset = self.log.stat().st_size
            # By standard input: the password is on no command line and in no file.
            self.process = spawn(
                [self.program, "-"], output=output, environment={"PATH": "/usr/bin:/bin"},
                stdin=configuration, death=signal.SIGTERM,
            )  # fmt: skip
        end = time.monotonic() + READY_SECONDS
        while problem := answers(self.url()):
            if self.process.poll() is not None or time.monotonic() > end:
                words = last_line(self.log, since=offset, having=("Bad file", "Fatal", "FATAL", "Can't", "Failed"))
                msg = (
                    f"Redis does not start on {self.data}: {words or problem}. Its log: {self.log}. It only "
                    f"carries job ids: when its files are damaged, move {self.data} away and start again."
                )
                raise Trouble(msg)
            pause()

    def _configuration(self) -> str:
        lines = [f'dir "{self.data}"', 'save ""', f"appendonly {'no' if self.throwaway else 'yes'}", "daemonize no"]
        if self.port:
            lines += ["bind 127.0.0.1", f"port {self.port}", f"requirepass {self.password}"]
        else:
            lines += ["port 0", f'unixsocket "{self.socket}"', "unixsocketperm 700"]
        lines += [f'rename-command {name} ""' for name in REFUSED]
        return "\n".join(lines) + "\n"
