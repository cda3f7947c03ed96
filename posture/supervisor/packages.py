"""System packages: installed when we are root on Debian or Ubuntu, else named with the command that installs them.

Runs before the environment exists, also under Pythons the product does not support: nothing newer than 3.8 here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def install(packages: list[str], *, purpose: str) -> str:
    """Install Debian packages; return the empty string, or one sentence that says what the person must do."""
    command = "apt-get install -y --no-install-recommends " + " ".join(packages)
    if shutil.which("apt-get") is None:
        return f"{purpose} needs {' '.join(packages)} (Debian's names); install it with your system's package manager."
    if os.geteuid() != 0:
        return f"{purpose} needs a system package; run: sudo {command}"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"Installing {' '.join(packages)} for {purpose}.", file=sys.stderr, flush=True)
    for step in (command, "apt-get update", command):
        done = subprocess.run(step.split(), env=environment, capture_output=True, text=True, check=False)
        if step == command and done.returncode == 0:
            return ""
    lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
    return f"{purpose} needs a system package, and `{command}` failed: {lines[-1]}"
