"""Reading untrusted documents: the parent's side of `inventory.jobs.child`."""

import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

import msgspec

from inventory.access.masking import masked
from inventory.jobs.child import Order
from inventory.jobs.documents import DocumentCrashed, DocumentError

ROOT = Path(__file__).resolve().parents[3]
START = "import sys; sys.path.insert(0, sys.argv[1]); from inventory.jobs.child import main; main()"

PIECE = 1 << 18
LONGEST = 64 << 20
"""A line longer than this is no record of ours."""

LAST_WORDS = 4000
"""How many bytes of what a dying child says are kept."""

PAUSE = 0.5
"""Seconds between two looks at the caller's checkpoint while nothing comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What reading one document may take. Seconds grow with the size of the file as given.

    `memory_bytes` comes on top of what the child takes empty (about 30 MB). Seconds waited count only while the
    parent waits for the child, not while it stores what came.
    """

    memory_bytes: int = 448 << 20
    cpu_seconds: int = 20
    cpu_seconds_per_mb: float = 2.0
    wait_factor: float = 4.0
    plain_bytes: int = 4 << 30
    ratio: int = 250

    def cpu_for(self, size: int) -> int:
        """Return the seconds of processor time for a file of `size` bytes."""
        return int(self.cpu_seconds + self.cpu_seconds_per_mb * size / (1 << 20))


def _go_on() -> None:
    """Do nothing: the caller does not want to stop in between."""


class Reading:
    """One reading: iterate once over the records; then `summary` holds what the reader said at the end.

    `total` is how many records will come, None until the reader knows. The child starts with the iteration and is
    killed when the iteration ends early, for whatever reason.
    """

    def __init__(  # noqa: PLR0913 - made by read_document only, which takes them by name
        self, *, reader: str, file: BinaryIO, name: str, options: dict[str, Any], checkpoint: Callable[[], None],
        records: Any, summary: Any, limits: Limits,
    ) -> None:  # fmt: skip
        self.summary: Any = None
        self.total: int | None = None
        # A name from a file system may hold what is no text.
        self._name = name.encode("utf-8", "replace").decode()
        self._file = file
        self._checkpoint = checkpoint
        self._record = msgspec.json.Decoder(records)
        self._last = msgspec.json.Decoder(summary)
        self._limits = limits
        self._reader = reader
        self._options = options
        self._waited = 0.0
        self._said = b""

    def __iter__(self) -> Iterator[Any]:
        """Yield the records. Raises DocumentError, DocumentCrashed, and whatever the checkpoint raises."""
        with _with_descriptor(self._file) as file:
            file.seek(0)
            size = os.fstat(file.fileno()).st_size
            process = self._start(file, self._limits.cpu_for(size))
            try:
                yield from self._records(process, self._limits.cpu_for(size) * self._limits.wait_factor)
            except msgspec.DecodeError as error:
                reason = f"The reader wrote what is no record: {error}."
                raise DocumentCrashed(reason=reason, file=self._name) from error
            finally:
                _end(process)

    def _start(self, file: BinaryIO, cpu_seconds: int) -> "subprocess.Popen[bytes]":
        order = Order(
            parent=os.getpid(), reader=self._reader, name=self._name, options=self._options, cpu_seconds=cpu_seconds,
            memory_bytes=self._limits.memory_bytes, plain_bytes=self._limits.plain_bytes, ratio=self._limits.ratio,
        )  # fmt: skip
        return subprocess.Popen(  # noqa: S603 - our own program; what is foreign comes as its standard input
            [sys.executable, "-I", "-c", START, str(ROOT), msgspec.json.encode(order).decode()],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            # Some builds of Python find their own library only through this; nothing else of ours may be seen.
            env={key: value for key, value in os.environ.items() if key == "LD_LIBRARY_PATH"},
            start_new_session=True,
            bufsize=0,
        )

    def _records(self, process: "subprocess.Popen[bytes]", patience: float) -> Iterator[Any]:
        rest = b""
        for piece in self._pieces(process, patience):
            lines = (rest + piece).split(b"\n") if rest else piece.split(b"\n")
            rest = lines.pop()
            if len(rest) > LONGEST:
                raise DocumentCrashed(reason="The reader wrote a record without an end.", file=self._name)
            for line in lines:
                if line.startswith(b"#"):
                    self.total = int(line[1:])
                else:
                    yield self._record.decode(line)
            self._checkpoint()
        if rest.startswith(b"="):
            self.summary = self._last.decode(rest[1:])
        elif rest.startswith(b"!"):
            told = msgspec.json.decode(rest[1:])
            raise DocumentError(place=told["place"], reason=masked(told["reason"]), file=self._name)
        else:
            self._tell_death(process)

    def _pieces(self, process: "subprocess.Popen[bytes]", patience: float) -> Iterator[bytes]:
        """Yield what the child writes until it closes its output; keep its last words."""
        with selectors.DefaultSelector() as ready:
            ready.register(cast("BinaryIO", process.stdout), selectors.EVENT_READ, "record")
            ready.register(cast("BinaryIO", process.stderr), selectors.EVENT_READ, "words")
            while ready.get_map():
                for key in self._next(ready, patience):
                    piece = os.read(key.fd, PIECE)
                    if not piece:
                        ready.unregister(key.fileobj)
                    elif key.data == "record":
                        yield piece
                    else:
                        self._said = (self._said + piece)[-LAST_WORDS:]

    def _next(self, ready: selectors.BaseSelector, patience: float) -> list[selectors.SelectorKey]:
        """Wait a moment for the child; let the caller stop it while nothing comes."""
        before = time.monotonic()
        events = ready.select(PAUSE)
        self._waited += time.monotonic() - before
        if self._waited > patience:
            raise DocumentError(reason=f"It was not read within {patience:.0f} seconds.", file=self._name)
        if not events:
            self._checkpoint()
        return [key for key, _ in events]

    def _tell_death(self, process: "subprocess.Popen[bytes]") -> NoReturn:
        code = process.wait()
        if code == -signal.SIGXCPU:
            reason = "Reading it takes more processor time than a document of its size may have."
            raise DocumentError(reason=reason, file=self._name)
        said = self._said.decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
        reason = f"The reader failed: {said or f'it ended with code {code}'}."
        if code < 0:
            reason = f"The reader was ended by {signal.Signals(-code).name}."
        raise DocumentCrashed(reason=reason, file=self._name)


def read_document(  # noqa: PLR0913 - each by name
    *,
    reader: str,
    file: BinaryIO,
    name: str,
    options: dict[str, Any] | None = None,
    checkpoint: Callable[[], None] = _go_on,
    records: Any = Any,
    summary: Any = Any,
    limits: Limits | None = None,
) -> Reading:
    """Return a reading of `file` by the reader class in the module `reader`, in a child with limits.

    `records` and `summary` are the types that are given out, dictionaries when left out; the reader class has them
    under the same names. `name` is the file's name for people. `checkpoint` is called at least twice a second while
    the iteration runs and may raise to stop it. The file must not be used meanwhile and is left where it is.
    """
    return Reading(
        reader=reader, file=file, name=name, options=options or {}, checkpoint=checkpoint,
        records=records, summary=summary, limits=limits or Limits(),
    )  # fmt: skip


def _with_descriptor(file: BinaryIO) -> Any:
    """Return a context with a file that a child can be given; bytes in memory go into a nameless file first."""
    try:
        file.fileno()
    except OSError:
        file.seek(0)
        spooled = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the caller's with
        shutil.copyfileobj(file, spooled)
        spooled.flush()
        return spooled
    return _Kept(file)


class _Kept:
    """A context that leaves the file open."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __enter__(self) -> BinaryIO:
        return self._file

    def __exit__(self, *_: object) -> None:
        return


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Leave nothing of the child behind."""
    if process.poll() is None:
        # It leads a session of its own, so this reaches all that it may have started.
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
