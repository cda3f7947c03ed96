"""Bodies as they come: whole, in pieces, late, broken off."""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from posture.bodies import IN_MEMORY, BodyBroken, BodyTooLarge, Incoming, Streamed
from tests.loops import run

END = b""
MOST = 2 * (IN_MEMORY + 1)
LEFT = None
Piece = bytes | float | None


def sender(pieces: Sequence[Piece]) -> Callable[[], Awaitable[Any]]:
    """Return what receives from somebody who sends pieces, waits seconds between them, leaves, or says no more."""
    rest = list(pieces)

    async def receive() -> dict[str, object]:
        piece = rest.pop(0)
        if isinstance(piece, float):
            await asyncio.sleep(piece)
            piece = rest.pop(0)
        if piece is LEFT:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(rest)}

    return receive


def coming(*pieces: Piece, grace: float = 5.0, pace: int = 1000) -> Incoming:
    """Return a body that comes in these pieces."""
    return Incoming(sender(pieces), empty=False, grace=grace, pace=pace)


async def all_of(body: Incoming) -> bytes:
    """Return all that comes."""
    with await body.whole(MOST) as file:
        return file.read()


def test_a_body_is_taken_in_whole_however_it_is_cut() -> None:
    async def take() -> list[bytes]:
        large = b"x" * (IN_MEMORY + 1)
        bodies = [coming(b"abc"), coming(b"a", END, b"bc"), coming(b"abc", END), coming(large, large)]
        return [await all_of(body) for body in bodies]

    found = run(take())
    assert found[:3] == [b"abc"] * 3
    assert found[3] == b"x" * 2 * (IN_MEMORY + 1)


def test_no_more_is_held_than_may_be() -> None:
    async def take(size: int) -> bytes:
        return await all_of(coming(b"x" * size, b"x" * size, grace=0.2))

    assert len(run(take(MOST // 2))) == MOST
    with pytest.raises(BodyTooLarge):
        run(take(MOST // 2 + 1))


def test_of_a_request_without_a_body_nothing_is_awaited() -> None:
    async def take() -> bytes:
        return await Incoming(sender([]), empty=True).piece()

    assert run(take()) == b""


def test_a_body_may_take_its_grace_and_longer_at_the_pace() -> None:
    async def take(*pieces: Piece) -> Incoming:
        body = coming(*pieces, grace=0.3, pace=1000)
        with pytest.raises(BodyBroken, match="in time"):
            await body.whole(MOST)
        return body

    for pieces in ([b"a"], [b"a", 0.2, b"b", 0.2, b"c"], [0.2, b"a", 0.2, b"b", END]):
        began = time.monotonic()
        body = run(take(*pieces, 3600.0, END))
        assert (body.late, body.over) == (True, True)
        assert time.monotonic() - began < 3

    async def fast_enough() -> bytes:
        return await all_of(coming(b"a" * 1000, 0.4, b"b" * 1000, 0.4, b"c", grace=0.3, pace=1000))

    assert len(run(fast_enough())) == 2001


def test_the_time_of_whoever_reads_does_not_count() -> None:
    async def take() -> bytes:
        body = coming(b"a", b"b", b"c", grace=0.2)
        found = b""
        while piece := await body.piece():
            found += piece
            await asyncio.sleep(0.3)
        return found

    assert run(take()) == b"abc"


def test_a_sender_who_leaves_breaks_the_body_and_is_not_called_late() -> None:
    async def take() -> Incoming:
        body = coming(b"a", LEFT)
        with pytest.raises(BodyBroken, match="left"):
            await body.whole(MOST)
        assert await body.piece() == b""
        return body

    assert not run(take()).late


def test_a_thread_reads_bytes_and_lines_of_a_body_that_comes() -> None:
    async def take(read: Callable[[Any], object], *pieces: Piece) -> object:
        file = io.BufferedReader(Streamed(coming(*pieces, grace=0.2), asyncio.get_running_loop()), 4)
        return await asyncio.to_thread(read, file)

    cut = (b"ab\nc", END, b"d", b"e\nf", END)
    assert run(take(lambda file: file.read(), *cut)) == b"ab\ncde\nf"
    assert run(take(lambda file: [file.read(3), file.read(5), file.read(5)], *cut)) == [b"ab\n", b"cde\nf", b""]
    assert run(take(lambda file: file.readlines(), *cut)) == [b"ab\n", b"cde\n", b"f"]
    with pytest.raises(BodyBroken):
        run(take(lambda file: file.read(), b"ab", 3600.0, END))


def test_what_nobody_wants_is_let_in_up_to_a_bound_and_kept_nowhere() -> None:
    async def take(most: int, *pieces: Piece) -> Incoming:
        body = coming(*pieces, grace=0.2)
        await body.forget(most)
        return body

    whole = run(take(10, b"abc", b"def"))
    assert (whole.came, whole.over) == (6, True)
    much = run(take(4, b"abc", b"def", b"ghi"))
    assert (much.came, much.over) == (6, False)
    for never in ((b"a", 3600.0, END), (b"a", LEFT)):
        assert run(take(10, *never)).over
