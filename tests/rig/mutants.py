"""Firmware with one thing wrong: each must fail the session test, or that test proves nothing."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import mpy_runner
from joined import FIRMWARE, planned, run
from session_checks import failures

# The last boot begins near where 16 bits end, and an outage lies across it.
SHORT: dict[str, Any] = {
    "errors_from": 5,
    "outages": [(40, 43), (60, 90), (125, 140), (170, 470)],
    "unplugged": [(1, 100, 103)],
    "stuck": [(0, 112)],
    "reboots": [135],
    "end": 610,
    "plan": {"first_sequence": 65000},
}
STOP_S = 600.0
# Enough of it for all but those that need the long outage: 3 and 30 s without a link.
BRIEF: dict[str, Any] = {
    "errors_from": 5,
    "outages": [(20, 23), (40, 70)],
    "end": 130,
    "plan": {"first_sequence": 65000},
}
LONG: dict[str, Any] = {"errors_from": 5, "outages": [(20, 200)], "end": 300}

# Name: file, what stands there, what stands there instead, session.
MUTANTS: dict[str, tuple[str, str, str, dict[str, Any], float]] = {
    "no resend": (
        "core/delivery.py",
        "        if len(self._resends) >= MOST_RANGES:",
        "        if first <= last:\n            return True\n        if len(self._resends) >= MOST_RANGES:",
        BRIEF,
        120.0,
    ),
    "no ACK": (
        "core/delivery.py",
        "            self.acknowledged = sequence + 1\n            self.ring.free(sequence)\n        else:",
        "            pass\n        else:",
        BRIEF,
        120.0,
    ),
    "no spill": (
        "core/delivery.py",
        "        if self.log is None or sequence >= ring.next:",
        "        if True:",
        LONG,
        290.0,
    ),
    "nominal rate": ("core/rate.py", "            self._fit()\n", "            pass\n", BRIEF, 120.0),
    "plain subtraction for ticks_diff": (
        "core/clock.py",
        "    d = (later - earlier) & _TICKS\n    # In two steps: 2**30 itself is no small integer.\n"
        "    return d if d < _HALF else (d - _HALF) - _HALF",
        "    return later - earlier",
        BRIEF,
        120.0,
    ),
    "16-bit sequence": (
        "core/assembly.py",
        "words[packer.SEQUENCE] = ring.next",
        "words[packer.SEQUENCE] = ring.next & 0xFFFF",
        BRIEF,
        120.0,
    ),
}


def caught(name: str) -> list[str]:
    """What fails with a mutant; empty when nobody noticed."""
    file, old, new, sections, stop_s = MUTANTS[name]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "firmware"
        shutil.copytree(FIRMWARE, copy, ignore=shutil.ignore_patterns("__pycache__", ".ruff_cache"))
        path = copy / "hiphinge_fw" / file
        source = path.read_text(encoding="utf-8")
        assert source.count(old) == 1, f"{name}: the firmware changed, and this mutant with it"
        path.write_text(source.replace(old, new), encoding="utf-8")
        try:
            joined = run(planned(sections), firmware=copy, stop_s=stop_s)
            return failures(joined, sections)
        except (mpy_runner.ScriptError, IndexError, KeyError) as error:
            return [f"{type(error).__name__}: {str(error)[-200:]}"]
