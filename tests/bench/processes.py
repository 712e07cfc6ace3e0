"""Run a command as a process of its own and say what it cost; Unix only (wait4).

On Linux a process's peak memory begins with that of the process which started it: callers stay small.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

# Both sides with one thread each: small matrices only lose by more, and a benchmark is to repeat.
_ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds, and the largest resident size in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def cost_of(command: Sequence[str]) -> Cost:
    """Run to the end; stop everything if it fails."""
    begun_s = time.perf_counter()
    with tempfile.TemporaryFile() as talk:
        with subprocess.Popen(command, env=_ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=talk) as process:
            _, status, usage = os.wait4(process.pid, 0)
            wall_s = time.perf_counter() - begun_s
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            talk.seek(0)
            said = talk.read().decode(errors="replace")
            raise SystemExit(f"{' '.join(command)} failed ({process.returncode}): {said[-500:]}")
    # Linux counts in kB, macOS in bytes.
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def alternating(commands: dict[str, Sequence[str]], runs: int) -> dict[str, list[Cost]]:
    """Costs of each command, taking turns, so that a slow spell of the machine meets both."""
    for command in commands.values():  # caches of the disk, compiled bytecode
        cost_of(command)
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            costs[name].append(cost_of(command))
    return costs


def busy() -> str:
    """A warning when others use the machine, or nothing."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    return f"the machine is busy (load {load:.1f} on {cores} cores): figures are rough" if load > 0.5 * cores else ""
