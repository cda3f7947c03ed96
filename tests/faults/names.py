"""A name server of ours, on loopback, that gives another address each time it is asked; and how to ask it."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from itertools import cycle

HEADER = struct.Struct(">6H")
ANSWER = struct.Struct(">HHHIH4s")
POINTER, TYPE_A, CLASS_IN, TTL = 0xC00C, 1, 1, 0
"""RFC 1035, section 4.1: the answer names the question by a pointer; it may be kept for no second at all."""


class NameServer:
    """Answers every question with the next of its addresses; `asked` holds the names."""

    def __init__(self, *addresses: str) -> None:
        self.asked: list[str] = []
        self._addresses = cycle(IPv4Address(address).packed for address in addresses)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                question, where = self._socket.recvfrom(512)
            except OSError:
                return
            self.asked.append(_name(question))
            head = HEADER.pack(HEADER.unpack_from(question)[0], 0x8180, 1, 1, 0, 0)
            answer = ANSWER.pack(POINTER, TYPE_A, CLASS_IN, TTL, 4, next(self._addresses))
            self._socket.sendto(head + question[HEADER.size :] + answer, where)

    def resolve(self, host: str, _port: int) -> list[str]:
        """Ask it over the network, as the system would, and return the address."""
        labels = b"".join(bytes([len(label)]) + label.encode() for label in host.split("."))
        question = HEADER.pack(7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", TYPE_A, CLASS_IN)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(5)
            line.sendto(question, ("127.0.0.1", self.port))
            return [str(IPv4Address(line.recv(512)[-4:]))]

    def close(self) -> None:
        """Stop answering."""
        self._socket.close()


def _name(question: bytes) -> str:
    labels, at = [], HEADER.size
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels)


@contextmanager
def name_server(*addresses: str) -> Iterator[NameServer]:
    """Answer while the block runs."""
    server = NameServer(*addresses)
    try:
        yield server
    finally:
        server.close()
