"""The home directory: who may use it, what it holds, its keys and passwords."""

import fcntl
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from posture.supervisor.trouble import Trouble

PASSWORDS = ("superuser", "owner", "application", "redis")
WAIT_FOR_LOCK = 3.0


def locate(environ: Mapping[str, str], root: Path) -> Path:
    """Return the home: `POSTURE_HOME`, else `.posture` beside manage.py."""
    return Path(environ.get("POSTURE_HOME") or root / ".posture").resolve()


def write_secret(path: Path, text: str) -> None:
    """Create a 0600 file whole; what stands there already is kept."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)


class Home:
    """A home directory; making the object touches nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys = path / "keys"
        self.passwords = path / "passwords"
        self.logs = path / "logs"
        self.run = path / "run"
        self.services = path / "services.json"
        self.prepared = path / "prepared.json"
        self._lock: IO[str] | None = None

    def furnish(self, environ: Mapping[str, str]) -> None:
        """Make the directory (0700) and the keys that are missing.

        Raises Trouble when it cannot be written, or when it holds data but has lost a key or a password.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for directory in (self.keys, self.passwords, self.logs, self.run):
                directory.mkdir(mode=0o700, exist_ok=True)
            self._check_writable()
            self._make_keys(environ)
        except OSError as error:
            msg = (
                f"The home {self.path} cannot be used: {error.strerror} ({error.filename}). Set POSTURE_HOME "
                "to a directory you may write."
            )
            raise Trouble(msg) from error

    def _check_writable(self) -> None:
        probe = self.run / f".probe.{os.getpid()}"
        try:
            probe.write_bytes(b"\0" * 4096)
        finally:
            probe.unlink(missing_ok=True)

    def holds_data(self) -> bool:
        """Return whether anything here was ever written under the keys: a database, blobs, a finished start."""
        blobs = self.path / "blobs"
        return (
            self.prepared.exists()
            or any((self.path / name).exists() for name in ("pg", "postgres-data"))
            or (blobs.is_dir() and any(blobs.iterdir()))
        )

    def _make_keys(self, environ: Mapping[str, str]) -> None:
        texts = {
            "django": ("SECRET_KEY", secrets.token_urlsafe(50)),
            "digest": ("DIGEST_KEY", secrets.token_hex(32)),
            "seal": ("SEAL_KEYS", f"k1:{secrets.token_hex(32)}"),
        }
        for name, (variable, text) in texts.items():
            path = self.keys / name
            if environ.get(variable) or environ.get(f"{variable}_FILE") or (path.exists() and path.stat().st_size):
                continue
            if path.exists() or self.holds_data():
                msg = (
                    f"The home {self.path} holds data but its key {path} is missing or empty; restore it from "
                    "your backup. Nothing was changed."
                )
                raise Trouble(msg)
            write_secret(path, text)

    def make_passwords(self) -> None:
        """Make the passwords of the three roles where no database stands yet; raises Trouble when one is lost."""
        for name in PASSWORDS:
            path = self.passwords / name
            if path.exists() and path.stat().st_size:
                continue
            if path.exists() or any((self.path / data).exists() for data in ("pg", "postgres-data")):
                msg = (
                    f"The home {self.path} has a database but the password file {path} is missing or empty; "
                    "restore it from your backup. Nothing was changed."
                )
                raise Trouble(msg)
            write_secret(path, secrets.token_hex(24))

    def password(self, role: str) -> str:
        """Return the password of `superuser`, `owner`, `application` or `redis`."""
        return (self.passwords / role).read_text().strip()

    def acquire(self) -> None:
        """Take the home for this process until it ends; raises Trouble when another Posture has it."""
        path = self.path / "lock"
        file = path.open("a+")
        end = time.monotonic() + WAIT_FOR_LOCK
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < end:
                    time.sleep(0.1)
                    continue
                file.seek(0)
                owner = file.read().strip() or "unknown"
                file.close()
                msg = (
                    f"The home {self.path} is in use by a running Posture (process {owner}); stop that one or "
                    "set POSTURE_HOME and PORT."
                )
                raise Trouble(msg) from None
            break
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._lock = file

    def release(self) -> None:
        """Give the home back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
