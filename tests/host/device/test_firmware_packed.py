"""Where the firmware is found: in the checkout, and in an installed wheel, which carries it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hiphinge.device import sources as sources_module
from hiphinge.device.sources import find_sources, partition_file, version_of

ROOT = Path(__file__).parents[3]
FIRMWARE = ROOT / "firmware"
# Each file of the firmware that a device or a flasher wants; the linter's settings are none.
WANTED = {
    path.relative_to(FIRMWARE).as_posix(): path.read_bytes()
    for pattern in ("**/*.py", "partitions-*.csv")
    for path in FIRMWARE.glob(pattern)
}


def test_a_checkout_has_its_own():
    found = find_sources()
    assert found.partitions == FIRMWARE
    own = {name for name in found.files if not name.startswith("hiphinge_wire/")}
    assert own == {name for name in WANTED if name.endswith(".py")}
    assert "hiphinge_wire/codec.py" in found.files
    assert version_of(found).count(".") == 2


def test_a_packed_one_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "main.py").write_text("VERSION = '9.8.7'\n")
    monkeypatch.setattr(sources_module, "_PACKED", tmp_path)
    assert version_of(find_sources()) == "9.8.7"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `pip install` of our wheel puts among the packages."""
    builder = pytest.importorskip("hatchling.builders.wheel")
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = builder.WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "packages")
    return folder / "packages"


def test_the_wheel_carries_it_whole_and_nothing_else(installed: Path):
    packed = installed / "hiphinge" / "device" / "firmware"
    there = {path.relative_to(packed).as_posix(): path.read_bytes() for path in packed.rglob("*") if path.is_file()}
    assert there == WANTED


def test_an_installed_hiphinge_finds_it(installed: Path):
    code = (
        "import json\n"
        "from hiphinge.device.sources import find_sources, partition_file, version_of\n"
        "found = find_sources()\n"
        "print(json.dumps([str(found.partitions), len(found.files), version_of(found),"
        " partition_file(found, 8 << 20).name]))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(installed)},
        cwd=installed,
        capture_output=True,
        text=True,
        check=True,
    )
    mine = find_sources()
    packed = str(installed / "hiphinge" / "device" / "firmware")
    name = partition_file(mine, 8 << 20).name
    assert ran.stdout.strip() == f'["{packed}", {len(mine.files)}, "{version_of(mine)}", "{name}"]'
