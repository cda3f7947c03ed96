"""Servers on loopback that stand for others: each counts who connects and answers what it is told to."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Talk = Callable[[socket.socket, bytes], None]


class Server:
    """Listens on a free port of `host`; `seen` holds the heads of the requests, `connections` their number."""

    def __init__(self, talk: Talk, host: str = "127.0.0.1", port: int = 0) -> None:
        self._talk = talk
        self._socket = socket.create_server((host, port))
        self.port: int = self._socket.getsockname()[1]
        self.connections = 0
        self.seen: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                conversation, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=(conversation,), daemon=True).start()

    def _answer(self, conversation: socket.socket) -> None:
        with conversation:
            conversation.settimeout(10)
            head = b""
            try:
                while b"\r\n\r\n" not in head and (part := conversation.recv(65536)):
                    head += part
                if head:
                    self.seen.append(head)
                    self._talk(conversation, head)
            except OSError:
                return

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


def said(status: str, body: bytes = b"", **headers: str) -> Talk:
    """Return a talk that gives one fixed answer; `_` in a header's name stands for `-`."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode()

    def talk(conversation: socket.socket, _: bytes) -> None:
        conversation.sendall(head + body)

    return talk


@contextmanager
def serving(talk: Talk, host: str = "127.0.0.1", port: int = 0) -> Iterator[Server]:
    """Serve while the block runs, on a free port unless one is named."""
    server = Server(talk, host, port)
    try:
        yield server
    finally:
        server.close()
