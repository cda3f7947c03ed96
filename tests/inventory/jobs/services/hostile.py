"""A reader that misbehaves as its option `do` says, to see what the child and its parent make of it."""

import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, ClassVar

from inventory.jobs.documents import Document, DocumentError


class Hostile:
    """The one reader of this module; it is never registered."""

    slug: ClassVar[str] = "hostile"
    _document: Document

    def read(self, document: Document, options: dict[str, Any]) -> Generator[dict[str, Any], None, dict[str, Any]]:
        """Yield what came of the deed."""
        self._document = document
        yield from getattr(self, f"_{options['do']}")()
        return {"done": options["do"]}

    def _lines(self) -> Iterator[dict[str, Any]]:
        lines = self._document.stream().read().split(b"\n")
        self._document.total = len(lines)
        yield from ({"line": line.decode()} for line in lines)

    def _endless(self) -> Iterator[dict[str, Any]]:
        number = 0
        while True:
            number += 1
            yield {"number": number, "stuffing": "x" * 1000}

    def _look_around(self) -> Iterator[dict[str, Any]]:
        modules = sorted({name.partition(".")[0] for name in sys.modules} & {"django", "celery", "psycopg", "redis"})
        yield {"environment": dict(os.environ), "modules": modules, "cwd": str(Path.cwd()), "session": os.getsid(0)}
        yield {"pid": os.getpid(), "name": self._document.name}

    def _trespass(self) -> Iterator[dict[str, Any]]:
        deeds = {
            "open a file": lambda: Path("/etc/hostname").read_text(encoding="utf-8") and None,
            "open a socket": lambda: socket.socket().close(),
            "make a pipe": os.pipe,
            "start a process": os.fork,
        }
        for name, deed in deeds.items():
            try:
                if deed() == 0:
                    os._exit(0)
            except OSError as error:
                yield {name: error.strerror}
            else:
                yield {name: "done"}

    def _partial(self) -> Iterator[dict[str, Any]]:
        yield {"number": 1}
        raise DocumentError(place="line 2", reason="It is broken.")

    def _fail(self) -> Iterator[dict[str, Any]]:
        yield {"number": 1}
        raise KeyError(self.slug)

    def _leave(self) -> Iterator[dict[str, Any]]:
        yield {"number": 1}
        raise SystemExit(0)

    def _spin(self) -> Iterator[dict[str, Any]]:
        yield {"pid": os.getpid()}
        while True:
            pass

    def _sleep(self) -> Iterator[dict[str, Any]]:
        yield {"pid": os.getpid(), "x": "x" * 70_000}
        time.sleep(600)

    def _grow(self) -> Iterator[dict[str, Any]]:
        yield {"number": 1}
        hoard = [bytes(1 << 20) for _ in range(100_000)]
        yield {"number": len(hoard)}

    def _nest(self) -> Iterator[dict[str, Any]]:
        yield {"number": 1}
        yield from self._nest()

    def _crash(self) -> Iterator[dict[str, Any]]:
        yield {"number": 1}
        ctypes.string_at(0)

    def _be_killed(self) -> Iterator[dict[str, Any]]:
        yield {"number": 1}
        os.kill(os.getpid(), signal.SIGKILL)

    def _babble(self) -> Iterator[dict[str, Any]]:
        os.write(2, b"noise\n" * 100_000)
        os.write(1, b"no record\n")
        yield {"number": 1}
