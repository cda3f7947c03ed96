"""Reads the document on standard input as every document is read, and prints what the child that read it took.

`python -m tests.faults.weighing READER NAME < FILE`, in a process of its own and a small one: what a child is said to
have taken at most begins with what its parent held when it started it.
"""

import json
import resource
import sys
from contextlib import suppress

from inventory.jobs.documents import DocumentError
from inventory.jobs.services.reading import Limits, read_document

TIGHT = Limits(memory_bytes=64 << 20, cpu_seconds=2, cpu_seconds_per_mb=0.0, wait_factor=60)


def main() -> None:
    """Read it, to whatever end."""
    with suppress(DocumentError):
        for _ in read_document(reader=sys.argv[1], file=sys.stdin.buffer, name=sys.argv[2], limits=TIGHT):
            pass
    taken = resource.getrusage(resource.RUSAGE_CHILDREN)
    sys.stdout.write(json.dumps({"seconds": taken.ru_utime + taken.ru_stime, "megabytes": taken.ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
