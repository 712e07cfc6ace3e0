"""The command line. `main` is the command ``hiphinge``; nothing heavy is loaded until a command needs it."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command ``hiphinge`` on the process' arguments, and leave with its exit code."""
    from hiphinge.cli.run import prepare_process, run

    prepare_process()
    sys.exit(run(sys.argv[1:]))
