"""Runs a Python module so that neither it nor anything it forks outlives the process that started it.

`python -m posture.supervisor.child celery -A posture worker` is `python -m celery -A posture worker`, with the kernel's
parent-death signal set here and in every fork: granian's web workers and Celery's pool fork from this process.
`--preload posture.asgi` before the module runs another one first, which loads what the forks then share. `--nice 10`
before all lets others that want the processor go first.
"""

import os
import runpy
import signal
import sys

from posture.supervisor.process import die_with

_parents = {"this": os.getppid(), "forking": os.getpid()}


def _remember_parent() -> None:
    _parents["forking"] = os.getpid()


def _die_with_forker() -> None:
    die_with(_parents["forking"], signal.SIGKILL)


if __name__ == "__main__":
    die_with(_parents["this"], signal.SIGKILL)
    os.register_at_fork(before=_remember_parent, after_in_child=_die_with_forker)
    sys.argv = sys.argv[1:]
    if sys.argv[0] == "--nice":
        os.nice(int(sys.argv[1]))
        sys.argv = sys.argv[2:]
    if sys.argv[0] == "--preload":
        runpy.run_module(sys.argv[1])
        sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__")
