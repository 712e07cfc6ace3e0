"""What mpremote does for us on the device's console: ask, copy, check, switch, restart."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from hiphinge.device.build import Built
from hiphinge.device.chips import Mpy, mpy_of
from hiphinge.device.errors import DeviceError
from hiphinge.device.launcher import FOLDER
from hiphinge.device.tools import MPREMOTE, Tools

SLOTS = ("a", "b")
_LAUNCHER = Path(__file__).parent / "launcher.py"
# A line of ours among whatever a starting board prints.
_MARK = "hiphinge>"
_CONSOLE_S = 60.0
# 150 kB in pieces of 256 bytes at 115200 baud take 40 s, and flash writes as long again.
_COPY_S = 600.0

# 167 kB run in 32-bit words (tests/firmware/test_on_32_bits.py), 4 kB are the least of a ring of blocks, 15 kB what is
# read for one use, and for a filter's start.
_NEEDED_BYTES = 190_000

# Python's memory may grow by all that the system has free; of that `gc.mem_free` counts the largest piece.
_ASK = """
import sys, os, json
memory = 0
try:
    import esp32, gc
    free = [one[1:3] for one in esp32.idf_heap_info(esp32.HEAP_DATA)]
    memory = gc.mem_alloc() + gc.mem_free() + sum(one[0] for one in free) - max(one[1] for one in free)
except (ImportError, AttributeError):
    pass
s = sys.implementation
def here(p):
    try:
        os.stat(p)
        return True
    except OSError:
        return False
try:
    words = open('{folder}/current').read().split()
except OSError:
    words = []
try:
    import binascii
    crc = binascii.crc32(open('main.py', 'rb').read())
except OSError:
    crc = -1
print('{mark}' + json.dumps({{'mpy': getattr(s, '_mpy', 0), 'version': list(s[1])[:3], 'machine': s[2],
    'current': words, 'main': crc, 'memory': memory,
    'whole': [n for n in ('a', 'b') if here('{folder}/' + n + '/whole')]}}))
"""
_CLEAR = """
import os
def gone(p):
    try:
        for e in os.ilistdir(p):
            if e[1] & 0x4000:
                gone(p + '/' + e[0])
            else:
                os.remove(p + '/' + e[0])
        os.rmdir(p)
    except OSError:
        pass
def made(p):
    try:
        os.mkdir(p)
    except OSError:
        pass
try:
    os.remove('{folder}/{slot}/whole')
except OSError:
    pass
gone('{folder}/{slot}')
for p in {folders}:
    made(p)
print('{mark}' + 'null')
"""
_CHECK = """
import binascii, json
out = {{}}
b = bytearray(1024)
m = memoryview(b)
for p in {names}:
    c = n = 0
    try:
        with open('{folder}/{slot}/' + p, 'rb') as f:
            while True:
                k = f.readinto(b)
                if not k:
                    break
                c = binascii.crc32(m[:k], c)
                n += k
    except OSError:
        n = -1
    out[p] = (n, c & 0xffffffff)
print('{mark}' + json.dumps(out))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What runs on the device, and what is installed there.

    Attributes
    ----------
    mpy : Mpy
    version : str
        MicroPython's.
    machine : str
    slots : tuple of str
        Installed, the running one first.
    trial : bool
        The first was never confirmed.
    has_launcher, has_main : bool
        Whether its `/main.py` is ours; whether there is one at all.
    memory_bytes : int
        Most that Python can have; 0 where it does not say.
    """

    mpy: Mpy
    version: str
    machine: str
    slots: tuple[str, ...]
    trial: bool
    has_launcher: bool
    has_main: bool
    memory_bytes: int = 0


def check_memory(interpreter: Interpreter) -> None:
    """Compare what the firmware takes with what the board has.

    Raises
    ------
    DeviceError
        It does not fit: it would start, run out of memory and restart again and again.
    """
    if 0 < interpreter.memory_bytes < _NEEDED_BYTES:
        raise DeviceError(
            f"the board has {interpreter.memory_bytes // 1000} kB of memory for Python, the firmware takes"
            f" {_NEEDED_BYTES // 1000}: it was not installed; take a board with PSRAM (hardware/README.md)"
        )


class Console:
    """The MicroPython prompt on a port, by way of mpremote.

    Parameters
    ----------
    tools : Tools
    port : str
    """

    def __init__(self, tools: Tools, port: str) -> None:
        self._tools, self.port = tools, port

    def ask(self) -> Interpreter:
        """Which MicroPython this is and what is installed.

        Raises
        ------
        DeviceError
            No prompt answers.
        """
        said = cast("dict[str, Any]", self._value(_ASK.format(folder=FOLDER, mark=_MARK)))
        words = [str(word) for word in said["current"]]
        known = [word for word in words if word in SLOTS and word in said["whole"]]
        version = ".".join(str(part) for part in said["version"])
        return Interpreter(
            mpy_of(int(said["mpy"])),
            version,
            str(said["machine"]),
            tuple(known if words[-1:] == ["end"] else []),
            "trial" in words,
            int(said["main"]) == zlib.crc32(_LAUNCHER.read_bytes()),
            int(said["main"]) >= 0,
            int(said["memory"]),
        )

    def install(self, built: Built, slot: str, each: Callable[[str, int, int], None] | None = None) -> None:
        """Copy a firmware into a slot nobody runs, and read it back.

        Parameters
        ----------
        built : Built
        slot : str
        each : callable, optional
            Told name, number and count of each file as it is copied.

        Raises
        ------
        DeviceError
            It could not be copied, or arrived as something else; what ran before still does.
        """
        parents = {parent.as_posix() for name in built.manifest for parent in Path(name).parents} - {"."}
        folders = [FOLDER, f"{FOLDER}/{slot}", *(f"{FOLDER}/{slot}/{one}" for one in sorted(parents))]
        self._value(_CLEAR.format(folder=FOLDER, slot=slot, folders=folders, mark=_MARK))
        names = sorted(built.manifest)
        arguments: list[str] = []
        for name in names:
            arguments += ["+"] if arguments else []
            arguments += ["fs", "cp", str(built.folder / name), f":{FOLDER}/{slot}/{name}"]
        copied = 0

        def heard(line: str) -> None:
            nonlocal copied
            if line.startswith("cp ") and each is not None and copied < len(names):
                each(names[copied], copied, len(names))
                copied += 1

        self._run(arguments, "copying stopped half-way; what ran before still does: try again", heard, _COPY_S)
        seen = cast(
            "dict[str, list[int]]", self._value(_CHECK.format(folder=FOLDER, slot=slot, names=names, mark=_MARK))
        )
        wrong = [name for name in names if tuple(seen.get(name, ())) != built.manifest[name]]
        if wrong:
            raise DeviceError(
                f"{self.port}: {len(wrong)} of {len(names)} files arrived damaged ({wrong[0]}); what ran before still"
                " does: try again"
            )
        self._exec(f"open('{FOLDER}/{slot}/whole', 'w').close()", "the new firmware could not be marked whole")

    def put_launcher(self) -> None:
        """Write `/main.py` where it is not the one we know: beside first, then renamed."""
        self._run(["fs", "cp", str(_LAUNCHER), ":main.py.new"], "the launcher could not be copied", None, _CONSOLE_S)
        self._exec("import os; os.rename('main.py.new', 'main.py')", "the launcher could not be put in its place")

    def switch(self, slots: tuple[str, ...], trial: bool) -> None:
        """Name what is started next, in one step."""
        line = " ".join([*slots, *(["trial"] if trial else []), "end"])
        self._exec(
            f"import os; f = open('{FOLDER}/current.new', 'w'); f.write('{line}'); f.close();"
            f" os.rename('{FOLDER}/current.new', '{FOLDER}/current')",
            "could not switch to the new firmware; what ran before still does",
        )

    def hold(self) -> None:
        """Restart into the prompt, with no firmware running: its watchdog would end a long copy."""
        arguments = ["exec", f"open('{FOLDER}/hold', 'w').close()", "+", "reset"]
        self._run(arguments, "could not be restarted; unplug it and plug it in", None, _CONSOLE_S)

    def reset(self) -> None:
        """Restart the board."""
        self._run(["reset"], "could not be restarted; unplug it and plug it in", None, _CONSOLE_S, soft=False)

    def _value(self, code: str) -> object:
        lines = self._exec(code, "no MicroPython prompt answers; is another program using the port?")
        for line in lines:
            _, mark, text = line.partition(_MARK)
            if mark:
                return json.loads(text)
        raise DeviceError(f"{self.port}: the device's answer was lost; try again")

    def _exec(self, code: str, failed: str) -> tuple[str, ...]:
        return self._run(["exec", code], failed, None, _CONSOLE_S)

    def _run(
        self,
        arguments: list[str],
        failed: str,
        on_line: Callable[[str], None] | None,
        timeout_s: float,
        soft: bool = True,
    ) -> tuple[str, ...]:
        # Without `resume` mpremote restarts the interpreter first: whatever the firmware held is free again.
        begin = ["connect", self.port, *([] if soft else ["resume"])]
        ran = self._tools.run(MPREMOTE, [*begin, *arguments], on_line, timeout_s)
        if ran.code:
            raise DeviceError(f"{self.port}: {failed} (mpremote: {ran.last})")
        return ran.lines
