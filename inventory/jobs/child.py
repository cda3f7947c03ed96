"""Reads one untrusted document in a process of its own, started by `services.reading`.

It starts with an empty environment, ties its life to its parent, imports the one reader it was told, gives up every
right it does not need, and only then looks at the document, which is its standard input. To its standard output it
writes lines:

    {...}      a record as JSON
    #N         how many records will come, as soon as the reader knows
    =[...]     the summary as JSON: the last line when all went well
    !{...}     place and reason of a DocumentError: the last line when the document cannot be read

Anything else that ends it (a signal, an exception) is a crash.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import resource
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec

from inventory.jobs.documents import Caps, Document, DocumentError

BATCH = 1 << 16
"""Records are written in batches of about this many bytes."""

BECOMES = 16
"""Times its size that a document may become as records; reports of real tools become up to three times theirs."""
BECOMES_ANYWAY = 8 << 20
"""Bytes that a document may become besides."""

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
NOBODY = 65534
GRACE = 5
"""Seconds of processor time between the signal that a limit was met and the one that cannot be ignored."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the parent wants read, and within which limits: its first and only argument, as JSON."""

    parent: int
    reader: str
    name: str
    options: dict[str, Any]
    memory_bytes: int
    cpu_seconds: int
    plain_bytes: int
    ratio: int


def main() -> None:
    """Read the document on standard input as the order in the last argument says."""
    order = msgspec.json.decode(sys.argv[-1], type=Order)
    _tie_to(order.parent)
    reader = reader_in(order.reader)()
    # Trees of plain values hold no circles: looking for them takes a tenth of the time and finds nothing.
    gc.disable()
    with open(0, "rb", closefd=False) as file:
        document = Document(file, order.name, Caps(plain_bytes=order.plain_bytes, ratio=order.ratio))
        give_up_rights(order)
        with contextlib.suppress(BrokenPipeError):
            _write(_ending(reader.read(document, order.options), document, order))


def reader_in(module: str) -> Any:
    """Return the one reader class that a module defines."""
    found = [
        value
        for value in vars(importlib.import_module(module)).values()
        if isinstance(value, type) and value.__module__ == module and hasattr(value, "slug") and hasattr(value, "read")
    ]
    if len(found) != 1:
        msg = f"{module} defines {len(found)} readers, not one."
        raise LookupError(msg)
    return found[0]


def _tie_to(parent: int) -> None:
    """Die with the parent thread, and at once when it is already gone."""
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((PR_SET_PDEATHSIG, signal.SIGKILL), (PR_SET_NO_NEW_PRIVS, 1)):
        if libc.prctl(option, value, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def give_up_rights(order: Order) -> None:
    """Set the limits: memory over what the imports took, processor time, and no file, socket, process or core dump.

    Descriptors 0 to 2 stay; since no other number is allowed, nothing can be opened or connected.
    """
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    _leave_root(order.parent)
    _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + order.memory_bytes)
    _limit(resource.RLIMIT_CPU, order.cpu_seconds, order.cpu_seconds + GRACE)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_NOFILE, 3)


def _leave_root(parent: int) -> None:
    """Become nobody when started as root, for whom some limits do not hold; stay where that is not allowed."""
    if os.geteuid():
        return
    with contextlib.suppress(OSError):
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    # A change of user takes the tie to the parent away.
    _tie_to(parent)


def _limit(which: int, soft: int, hard: int | None = None) -> None:
    held = resource.getrlimit(which)[1]
    hard = soft if hard is None else hard
    if held != resource.RLIM_INFINITY:
        soft, hard = min(soft, held), min(hard, held)
    resource.setrlimit(which, (soft, hard))


def _ending(records: Generator[Any, None, Any], document: Document, order: Order) -> bytes:
    """Write all records and return the last line."""
    try:
        return b"=" + msgspec.json.encode(_records(records, document))
    except DocumentError as error:
        place, reason = error.place, error.reason
    except MemoryError:
        place, reason = "", f"Reading it needs more than {order.memory_bytes >> 20} MB of memory."
    except RecursionError:
        place, reason = "", "It is nested too deeply."
    return b"!" + msgspec.json.encode({"place": place, "reason": reason})


def _records(records: Generator[Any, None, Any], document: Document) -> Any:
    """Write the records and return the summary."""
    encoder = msgspec.json.Encoder()
    batch = bytearray()
    written = 0
    told = False
    while True:
        try:
            record = next(records)
        except StopIteration as end:
            _write(batch)
            return end.value
        if not told and document.total is not None:
            batch += b"#%d\n" % document.total
            told = True
        encoder.encode_into(record, batch, -1)
        batch += b"\n"
        if len(batch) >= BATCH:
            written += len(batch)
            if written > BECOMES_ANYWAY + BECOMES * document.come:
                reason = (
                    f"Read in full, this becomes more than {BECOMES} times its size: many entries share a long text."
                )
                raise DocumentError(reason=reason)
            _write(batch)
            batch.clear()


def _write(data: bytes | bytearray) -> None:
    with memoryview(data) as view:
        done = 0
        while done < len(view):
            done += os.write(1, view[done:])
