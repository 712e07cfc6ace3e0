"""Firmware onto a device: `update` beside what runs, `flash` onto an empty one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from hiphinge.app.device.reach import reach, run
from hiphinge.device.asking import Conversation
from hiphinge.device.build import Built, check_mpy, compile_firmware
from hiphinge.device.console import SLOTS, Console, Interpreter, check_memory
from hiphinge.device.errors import DeviceError
from hiphinge.device.flasher import Board, identify_board, write_image
from hiphinge.device.image import Image, made_ours
from hiphinge.device.partitions import needed_bytes, parse_partitions
from hiphinge.device.sources import Sources, partition_file, version_of
from hiphinge.device.tools import ESPTOOL, MPREMOTE, MPY_CROSS, Tools
from hiphinge.link.events import DeviceInfo
from hiphinge.model import HiphingeError

# A board is back on its port 2 to 4 s after a restart; its first start makes a file system.
_BACK_S = 30.0
_AGAIN_S = 1.0
_QUICK_S = 6.0

T = TypeVar("T")
Tell = Callable[[str, float], None]
"""Told what is being done, and how much of it, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What runs now."""

    version: str
    before: str
    files: int
    size_bytes: int
    slot: str


@dataclass(frozen=True, slots=True)
class Site:
    """Where something is installed.

    Attributes
    ----------
    tools : Tools
    port : str
        The device's data port: where HELLO is answered.
    console_port : str
        Where the prompt is: another port on an ESP32-S3, the same on a UART board.
    sleep : callable
    back_s : float
        How long a restarted board may take.
    ask_s : float
        How long one handshake may take.
    """

    tools: Tools
    port: str
    console_port: str
    sleep: Callable[[float], None] = time.sleep
    back_s: float = _BACK_S
    ask_s: float = _QUICK_S


def update(site: Site, sources: Sources, tell: Tell) -> Installed:
    """Install beside what runs, start it on trial, confirm it once it answers.

    Whenever this is interrupted, the device goes on with, or back to, what it ran before.

    Raises
    ------
    HiphingeError
        What went wrong and what runs now, in one line.
    """
    for tool in (MPREMOTE, MPY_CROSS):
        site.tools.version(tool)
    tell("asking the device", 0.0)
    before = _free(site)
    console = Console(site.tools, site.console_port)
    interpreter = console.ask()
    check_mpy(site.tools, interpreter.mpy)
    check_memory(interpreter)
    if interpreter.slots and interpreter.has_launcher:
        console.hold()
        site.sleep(_AGAIN_S)
        interpreter = _again(site, console.ask)
    return _installed(site, console, interpreter, sources, before, tell)


def plan_flash(site: Site, sources: Sources, image: Path) -> tuple[Board, Image, str]:
    """Check everything that can be checked before anything is changed.

    Returns
    -------
    board, image, words : Board, Image, str
        The words say what flashing will do.

    Raises
    ------
    HiphingeError
    """
    for tool in (ESPTOOL, MPREMOTE, MPY_CROSS):
        site.tools.version(tool)
    board = identify_board(site.tools, site.port)
    table = partition_file(sources, board.flash_bytes)
    partitions = parse_partitions(table.read_text(encoding="utf-8"), str(table))
    if needed_bytes(partitions) > board.flash_bytes:
        raise DeviceError(
            f"{table}: needs {needed_bytes(partitions) >> 20} MB, the board has {board.flash_bytes >> 20}"
        )
    ours = made_ours(image.read_bytes(), board.chip, partitions, str(image))
    log = next((one.size for one in partitions if one.name == "hiplog"), 0)
    version = f"MicroPython {ours.micropython}" if ours.micropython else "MicroPython"
    words = (
        f"{site.port}: {board.chip.name}, {board.flash_bytes >> 20} MB of flash, {board.mac or 'address not known'}.\n"
        f"This erases all of it: samples not yet fetched, settings, calibration, pairings.\n"
        f"Then it writes {version} ({len(ours.data) >> 10} KiB), our partition table ({table.name}, {log >> 10} KiB for"
        f" samples) and the firmware {version_of(sources) or '(version not told)'}."
    )
    return board, ours, words


def flash(site: Site, sources: Sources, board: Board, image: Image, tell: Tell) -> Installed:
    """Write the interpreter, then the firmware; ask before: everything is erased.

    Raises
    ------
    HiphingeError
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "image.bin")
        tell("writing MicroPython", 0.0)
        write_image(site.tools, site.port, board.chip, image, file, lambda share: tell("writing MicroPython", share))
    tell("waiting for MicroPython", 0.0)
    console = Console(site.tools, site.console_port)
    interpreter = _again(site, console.ask)
    return _installed(site, console, interpreter, sources, "", tell)


def _installed(
    site: Site, console: Console, interpreter: Interpreter, sources: Sources, before: str, tell: Tell
) -> Installed:
    check_mpy(site.tools, interpreter.mpy)
    check_memory(interpreter)
    running = interpreter.slots[:1]
    slot = next(one for one in SLOTS if one not in running)
    with tempfile.TemporaryDirectory() as folder:
        built = compile_firmware(
            site.tools, sources, interpreter.mpy.architecture, Path(folder), _steps(tell, "compiling")
        )
        console.install(built, slot, _steps(tell, "copying"))
    tell("starting it", 0.0)
    trial = bool(running)
    console.switch((slot, *running), trial)
    if not interpreter.has_launcher:
        console.put_launcher()
    console.reset()
    wanted = version_of(sources)
    try:
        info = _answers(site, wanted)
    except HiphingeError as error:
        if not trial:
            raise DeviceError(f"{error}; nothing else is installed: see hiphinge device selftest") from None
        _back(console)
        raise DeviceError(f"the new firmware failed ({error}); the device is back to the old one") from None
    if trial:
        tell("confirming it", 0.5)
        console.switch((slot, *running), trial=False)
        console.reset()
        info = _answers(site, wanted)
    return _summary(info, before, built, slot)


def _summary(info: DeviceInfo, before: str, built: Built, slot: str) -> Installed:
    return Installed(info.firmware, before, len(built.manifest), built.size_bytes, slot)


def _steps(tell: Tell, doing: str) -> Callable[[str, int, int], None]:
    def each(name: str, number: int, count: int) -> None:
        tell(f"{doing} {name}", number / count)

    return each


def _free(site: Site) -> str:
    """Which firmware runs; empty where none answers."""

    async def ask(device: Conversation) -> str:
        if device.status.state not in ("idle", "ready"):
            raise _Busy(f"{device.place}: it is sampling ({device.status.state}); stop the session first")
        return device.info.firmware

    try:
        return run(reach(site.port, site.ask_s), ask)
    except _Busy:
        raise
    except HiphingeError:
        # A board without firmware, or with a broken one: the prompt decides.
        return ""


class _Busy(DeviceError):
    """The device is at work: nothing is done to it."""


def _answers(site: Site, wanted: str) -> DeviceInfo:
    """INFO of the running firmware.

    Raises
    ------
    DeviceError
        It does not answer, or is another one.
    """

    async def told(device: Conversation) -> DeviceInfo:
        return device.info

    info = _again(site, lambda: run(reach(site.port, site.ask_s), told))
    if wanted and info.firmware != wanted:
        raise DeviceError(f"{site.port}: runs {info.firmware}, not {wanted}")
    return info


def _again(site: Site, what: Callable[[], T]) -> T:
    """Try until it works: a board that restarts takes its time, and its port goes and comes."""
    end_s = time.monotonic() + site.back_s
    while True:
        try:
            return what()
        except HiphingeError:
            if time.monotonic() > end_s:
                raise
            site.sleep(_AGAIN_S)


def _back(console: Console) -> None:
    """Restart: a firmware on trial is left by that alone."""
    try:
        console.reset()
    except DeviceError:
        raise DeviceError(
            f"{console.port}: the new firmware does not answer, nor does the prompt; switch the device off and on: it"
            " then starts the old one"
        ) from None
