"""Lines to a broker that does not answer as it should."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit


@contextmanager
def broker_that(does: str) -> Iterator[str]:
    """Give the address of a broker that “refuses”, “is silent” from the start, or “falls silent” once it was pinged."""
    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as lines:
        port = server.getsockname()[1]
        own = urlsplit(os.environ["REDIS_URL"])
        if does == "falls silent":
            there = lines.enter_context(socket.create_connection((own.hostname, own.port)))
            threading.Thread(target=_answer_until_pinged, args=(server, there, lines), daemon=True).start()
        yield own._replace(netloc=f":{own.password}@127.0.0.1:{1 if does == 'refuses' else port}").geturl()


def _answer_until_pinged(server: socket.socket, there: socket.socket, lines: ExitStack) -> None:
    """Hand one line on to the real broker until it has sent PING and had its answer; others are never taken."""
    near = lines.enter_context(server.accept()[0])
    said = b""
    with suppress(OSError):
        while b"PING" not in said and (said := near.recv(1 << 16)):
            there.sendall(said)
            near.sendall(there.recv(1 << 16))
