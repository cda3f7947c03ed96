"""A mail server of ours on loopback that keeps the id of each message it took, and may part in bad ways."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer

from typing_extensions import override

FAREWELLS = ("polite", "cuts", "rude", "refuses once")
"""How it parts once it has taken a message: as it should, without a word, or with an answer that means nothing; or it
refuses the first one and takes the second."""


class Sink(ThreadingTCPServer):
    """`ids` are those of the messages it took, in order; a message it took twice stands there twice."""

    daemon_threads = True

    def __init__(self, farewell: str = "polite") -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.farewell = farewell
        self.ids: list[str] = []
        self.refusals = -int(farewell == "refuses once")
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class Taking(StreamRequestHandler):
    """One conversation."""

    server: Sink

    @override
    def handle(self) -> None:
        """Take what comes, up to the end of the conversation."""
        self._say("220 sink")
        while line := self.rfile.readline():
            word = line.upper().split()[:1]
            if word == [b"QUIT"]:
                self._say("221 bye" if self.server.farewell == "polite" else "500 what")
                return
            if word == [b"DATA"]:
                self._say("354 go on")
                self._take()
                if self.server.refusals < 0:
                    self.server.refusals += 1
                    self._say("451 not now")
                    continue
                if self.server.farewell == "cuts":
                    return
            self._say("250 sink")

    def _take(self) -> None:
        text = b""
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            text += line
        if line and not self.server.refusals and (named := re.search(rb"(?im)^message-id: *(\S+)", text)):
            self.server.ids.append(named[1].decode())

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def sink(farewell: str = "polite") -> Iterator[Sink]:
    """Take mail while the block runs."""
    server = Sink(farewell)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
