"""Bodies of requests as they come from the network: in pieces, in their own time, and not without end."""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from typing_extensions import override

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
"""How a web server that speaks ASGI gives what comes next of a request."""

GRACE: Final = 20.0
"""Seconds that a body may keep others waiting in all, however short it is."""
PACE: Final = 16 * 1024
"""Bytes that have to come for each second more; Apache's mod_reqtimeout bounds a body in the same way."""
IN_MEMORY: Final = 64 * 1024
"""Bytes of a body that are held in memory; what is larger goes to a temporary file."""


class BodyBroken(OSError):  # noqa: N818 -- it is said of the body
    """The rest of a body did not come: its sender left, or was too slow."""


class BodyTooLarge(OSError):  # noqa: N818 -- as above
    """A body that did not say how large it is turned out to be more than is held."""


class Incoming:
    """The body of one request, as it comes; for the event loop alone.

    `begun`: something of it was asked for; `over`: nothing more comes; `late`: its sender was too slow.
    """

    def __init__(self, receive: Receive, *, empty: bool, grace: float = GRACE, pace: int = PACE) -> None:
        self.begun, self.over, self.late = False, empty, False
        self.came = 0
        self._receive = receive
        self._grace, self._pace = grace, pace
        self._waited = 0.0

    async def piece(self) -> bytes:
        """Return what comes next, nothing at the end. Raises BodyBroken for a sender who left or is too slow.

        Only the time spent waiting for the sender counts: whoever reads may take theirs.
        """
        self.begun = True
        while not self.over:
            began = time.monotonic()
            left = self._grace + self.came / self._pace - self._waited
            try:
                message = await asyncio.wait_for(self._receive(), left)
            except TimeoutError:
                self.over = self.late = True
                msg = "The rest of the body did not come in time."
                raise BodyBroken(msg) from None
            self._waited += time.monotonic() - began
            if message["type"] != "http.request":
                self.over = True
                msg = "Its sender left before the body was whole."
                raise BodyBroken(msg)
            self.over = not message["more_body"]
            self.came += len(message["body"])
            if message["body"]:
                return bytes(message["body"])
        return b""

    async def whole(self, most: int) -> IO[bytes]:
        """Return all of it as a file. Raises BodyBroken, BodyTooLarge, and OSError where there is no room for it."""
        held = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 -- whoever is given it closes it
        try:
            while (piece := await self.piece()) and self.came <= most:
                held.write(piece)
            held.seek(0)
        except BaseException:
            held.close()
            raise
        if self.came > most:
            held.close()
            raise BodyTooLarge
        return held

    async def forget(self, most: int) -> None:
        """Let the rest come, `most` bytes in all, and keep nothing of it."""
        try:
            while self.came <= most and await self.piece():
                pass
        except BodyBroken:
            pass


class Streamed(io.RawIOBase):
    """A body that a thread reads while it comes: each read waits for the event loop. Raises BodyBroken as that does."""

    def __init__(self, incoming: Incoming, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._incoming, self._loop = incoming, loop
        self._left = memoryview(b"")

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any, /) -> int:
        """Fill in what is at hand; wait only where nothing is."""
        if not self._left:
            self._left = memoryview(asyncio.run_coroutine_threadsafe(self._incoming.piece(), self._loop).result())
        into = memoryview(buffer).cast("B")
        size = min(len(into), len(self._left))
        into[:size], self._left = self._left[:size], self._left[size:]
        return size
