"""Event loops for tests."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
WAIT = 20
"""Seconds after which something never comes."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run something to its end in an event loop and a thread of its own: a browser may hold the loop of this one."""

    async def bounded() -> T:
        return await asyncio.wait_for(work, WAIT)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(bounded())).result()
