#!/usr/bin/env python3
"""Posture's one command: makes its environment at the first start, then does what it was asked."""

import os
import sys
from pathlib import Path

from posture.supervisor import bootstrap

if __name__ == "__main__":
    bootstrap.enter(Path(__file__).resolve().parent, sys.argv)
    # The environment stands from here on, and with it a Python the rest can be read by.
    from posture.supervisor import up, verify

    if sys.argv[1:2] == ["up"]:
        sys.exit(up.main(sys.argv[2:]))
    if sys.argv[1:2] == ["test"]:
        sys.exit(verify.main(sys.argv[2:]))
    up.furnish()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
