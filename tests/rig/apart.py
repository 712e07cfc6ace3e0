"""A boot with firmware and simulated board in two interpreters, joined by two pipes.

The firmware's heap then holds the firmware, and of the board no more than the calls to it (`near`): on an ESP32 that is
C. Only so can a heap of a stated size be one of the firmware.
"""

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import mpy_runner
from joined import Boot, Host, follow

NEAR = Path(__file__).resolve().parent / "near"
# Half an hour of flash, ledger and chips.
_FAR_HEAP = "8M"


def _in_names_of(firmware: Path, text: str) -> str:
    # A script for the sources, as one for what was compiled from them.
    table = firmware / "names.json"
    names = json.loads(table.read_text()) if table.exists() else {}
    return re.sub(r"(?<=\.)\w+", lambda match: names.get(match[0], match[0]), text)


def run_boot(plan: dict[str, Any], host: Host, firmware: Path, heap: str, timeout_s: float) -> Boot:
    """As `joined.run` wants it: `heap` is the firmware's alone; `Boot.end` has its `memory` and `ring_bytes`, too.

    `memory` is what of the heap was taken: before the firmware was imported, when it was built, at the end, and what
    was free at the end.
    """
    far_in, near_out = os.pipe()
    near_in, far_out = os.pipe()
    call = json.dumps({"script": "far_world", "function": "run", "arguments": {"plan": plan}})
    boot = Boot()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as printed:
        script = Path(folder) / "near_main.py"
        (Path(folder) / "fw").symlink_to(firmware)
        script.write_text(_in_names_of(firmware, (NEAR / script.name).read_text()))
        near = subprocess.Popen(
            [mpy_runner.INTERPRETER, "-X", f"heapsize={heap}", script.name],
            env={
                **os.environ,
                "MICROPYPATH": f"fw:{NEAR}",
                "NEAR_IN": str(near_in),
                "NEAR_OUT": str(near_out),
            },
            cwd=folder,
            pass_fds=(near_in, near_out),
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        world = subprocess.Popen(
            [mpy_runner.INTERPRETER, "-X", f"heapsize={_FAR_HEAP}", str(mpy_runner.WORLD / "rig_main.py")],
            env=mpy_runner.environment(RIG_CALL=call, FAR_IN=str(far_in), FAR_OUT=str(far_out)),
            pass_fds=(far_in, far_out),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        # Each side hears that the other has ended only when nobody else holds the pipe.
        for one in (far_in, far_out, near_in, near_out):
            os.close(one)
        with world, near:
            rest = follow(boot, host, world)
            world.wait(timeout_s)
            near.wait(timeout_s)
        printed.seek(0)
        lines = printed.read().splitlines()
    said = [line for line in lines if line.startswith("@")]
    if not boot.end or not said or near.returncode or world.returncode:
        raise mpy_runner.ScriptError("\n".join([*lines, *rest])[-3000:])
    boot.end.update(json.loads(said[0][1:]))
    boot.end["printed"] = "\n".join([*lines, *rest])
    return boot
