"""Runs firmware code on MicroPython's 32-bit WebAssembly build, under Node.js.

Small integers end at 2**30 there, as on an ESP32. The build comes from npm, once, into a cache of the tests' own. It
has no viper: those functions become Python, run outside a locked heap (`wasm/viper_shim.py`); everything else is the
firmware's own source.
"""

import ast
import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import mpy_runner

from hiphinge.device.folding import fold
from hiphinge.device.naming import shorten
from hiphinge.device.sources import find_sources

VERSION = "1.27.0"
PACKAGE = "@micropython/micropython-webassembly-pyscript"
_SHIM = Path(__file__).resolve().parent / "wasm"
_ROOTS = (mpy_runner.WORLD, mpy_runner.ROOT / "firmware", mpy_runner.ROOT / "protocol")


class Missing(Exception):
    """Why it cannot run here, in one line."""


def _found(name: str) -> str:
    path = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if path is None:
        raise Missing(f"no {name} here: Node.js brings it")
    return path


@functools.cache
def interpreter() -> Path:
    """The build, fetched where it is not in the cache yet.

    Raises
    ------
    Missing
        No Node.js, or npm could not fetch it.
    """
    _found("node")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "hiphinge-tests" / f"micropython-wasm-{VERSION}"
    module = folder / "node_modules" / PACKAGE / "micropython.mjs"
    if not module.exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [_found("npm"), "install", "--no-audit", "--no-fund", "--no-save", f"{PACKAGE}@{VERSION}"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode or not module.exists():
            raise Missing(f"npm could not fetch {PACKAGE}: {done.stderr.strip()[-200:]}")
    return module


# No closure: one with more than four arguments is called by way of the heap.
_WRAPPER = """

def {name}({arguments}):
    locked = viper_shim.leave()
    value = _python_{name}({arguments})
    viper_shim.enter(locked)
    return value
"""


def without_viper(source: str) -> str:
    """The source with its viper functions in Python, and scripts' heap locks known to them."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and any("viper" in ast.unparse(one) for one in node.decorator_list):
            for one in node.decorator_list:
                lines[one.lineno - 1] = ""
            lines[node.lineno - 1] = lines[node.lineno - 1].replace(f"def {node.name}", f"def _python_{node.name}")
            assert node.end_lineno is not None
            arguments = ", ".join(one.arg for one in node.args.args)
            lines[node.end_lineno - 1] += _WRAPPER.format(name=node.name, arguments=arguments)
    out = "\n".join(lines) + "\n"
    for name in ("heap_lock", "heap_unlock"):
        out = out.replace(f"micropython.{name}()", f"viper_shim.{name}()")
    out = out.replace("\nimport os\n", "\nimport wasm_os as os\n")
    names = "\nimport micropython\n"
    return out.replace(names, f"{names}import viper_shim\nfrom viper_shim import ptr8, ptr16, ptr32\n")


def put_on(folder: Path) -> dict[str, str]:
    """Replace firmware and codec in a filled folder by what `hiphinge device update` makes of them.

    Returns
    -------
    dict
        What stands there for a name of the sources.
    """
    files = find_sources(mpy_runner.ROOT / "firmware").files
    texts, names = shorten(fold({name: path.read_text(encoding="utf-8") for name, path in files.items()}))
    for name, text in texts.items():
        (folder / name).write_text(without_viper(text), encoding="utf-8")
    return names


def fill(folder: Path, *scripts: Path) -> None:
    """Put the simulated world, the firmware, the codec and the scripts into a folder."""
    for root in (*_ROOTS, *scripts):
        for path in root.rglob("*.py"):
            place = folder / path.relative_to(root)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(without_viper(path.read_text(encoding="utf-8")), encoding="utf-8")
    for path in _SHIM.glob("*.py"):
        shutil.copy(path, folder)


def execute(folder: Path, *calls: str, heap: str = "1M", timeout_s: float = 60) -> list[dict[str, object]]:
    """Run Python in turn in one interpreter; returns its reports."""
    size = int(heap[:-1]) * {"k": 1024, "M": 1 << 20}[heap[-1]]
    result = subprocess.run(
        [_found("node"), str(_SHIM / "run.mjs"), str(interpreter()), str(folder), str(size), *calls],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if result.returncode:
        raise mpy_runner.ScriptError(f"{calls}:\n{result.stdout[-4000:]}{result.stderr[-4000:]}")
    return [json.loads(line[1:]) for line in result.stdout.splitlines() if line.startswith("@")]


def run(
    script: str, function: str, *, folder: Path, heap: str = "4M", timeout_s: float = 60, **arguments: object
) -> list[dict[str, object]]:
    """As `mpy_runner.run`; `folder` was filled, and garbage is not collected meanwhile."""
    del heap
    call = f"import json, {script}\n{script}.{function}(**json.loads({json.dumps(arguments)!r}))"
    return execute(folder, call, heap="4M", timeout_s=timeout_s)
