"""The hardware's calculations live beside its sources, not in the product's wheel."""

import importlib.util
import runpy
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "hardware"))


@pytest.fixture(scope="session")
def firmware_board() -> Any:
    """The reference board of firmware/board.py."""
    return runpy.run_path(str(REPOSITORY / "firmware" / "board.py"))["Esp32S3"]


@pytest.fixture
def firmware_policies(monkeypatch: pytest.MonkeyPatch) -> Any:
    """firmware/hiphinge_fw/core/policies.py as a module of this interpreter."""
    micropython = types.ModuleType("micropython")
    micropython.const = lambda value: value  # type: ignore[attr-defined]
    clock = types.ModuleType("hiphinge_fw.core.clock")
    difference: Callable[[int, int], int] = lambda later, earlier: later - earlier  # noqa: E731
    clock.ticks_diff = difference  # type: ignore[attr-defined]
    for name, module in {
        "micropython": micropython,
        "hiphinge_fw": types.ModuleType("hiphinge_fw"),
        "hiphinge_fw.core": types.ModuleType("hiphinge_fw.core"),
        "hiphinge_fw.core.clock": clock,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    path = REPOSITORY / "firmware" / "hiphinge_fw" / "core" / "policies.py"
    spec = importlib.util.spec_from_file_location("hiphinge_fw_core_policies", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
