"""The web entry point."""

import os
import subprocess
import sys

from posture.supervisor.wishes import ROOT

PROGRAM = """
import gc, posture.asgi
print(gc.get_freeze_count(), len(gc.get_objects()))
"""


def test_what_is_loaded_once_is_left_out_of_garbage_collection() -> None:
    command = [sys.executable, "-c", PROGRAM]
    told = subprocess.run(command, cwd=ROOT, env={**os.environ}, check=True, text=True, stdout=subprocess.PIPE).stdout
    frozen, looked_through = map(int, told.split())
    assert frozen > 20 * looked_through
