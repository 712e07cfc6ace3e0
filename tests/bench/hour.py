"""One hour at 100 Hz: `hiphinge analyse` as a whole process beside reading the file and plain VQF.

    python tests/bench/hour.py [--runs 3] [--fresh]

The peer is a process that does `polars.read_csv` and two `vqf.offlineVQF` calls and nothing else. Both take turns on
the same file; then 15, 30 and 60 minutes show whether time grows in proportion. The session is simulated once and kept
in the temporary folder. Aims: ratio at most 3, peak below 700 MB.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median

from processes import Cost, alternating, busy, cost_of

MINUTES = (15, 30, 60)
RATE_HZ = 100
# Sets of ten with rests of 25 s take 85 s or so each; cut to length afterwards.
_SETS = 50
_SEED = 5

PEER = """
import sys, numpy as np, polars as pl, vqf
table = pl.read_csv(sys.argv[1])
for segment in ("sacral", "thoracic"):
    gyr, acc = (
        np.ascontiguousarray(table.select([f"{segment}_{kind}_{axis}" for axis in "xyz"]).to_numpy())
        for kind in ("gyr", "acc")
    )
    vqf.offlineVQF(gyr, acc, None, 0.01)
"""


def session_paths() -> dict[int, Path]:
    """Where the CSV files of `MINUTES` are kept."""
    return {minutes: Path(tempfile.gettempdir(), f"hiphinge-bench-{_SEED}-{minutes}min.csv") for minutes in MINUTES}


def write_sessions() -> None:
    """Simulate the hour; in a process of its own, which may grow (see `processes`)."""
    import numpy as np

    from hiphinge.files.csv_writer import write_csv
    from hiphinge.model import ImuSamples, Recording
    from hiphinge.simulate import Scenario, good_set, simulate

    rng = np.random.default_rng(_SEED)
    sets = tuple(good_set(10, rng) for _ in range(_SETS))
    recording = simulate(Scenario(seed=_SEED, sets=sets, mounting="random", walking_s=20.0)).recording

    def first(minutes: int) -> Recording:
        rows = slice(0, minutes * 60 * RATE_HZ)
        assert len(recording.time_s) >= rows.stop, "simulate more sets"

        def cut(imu: ImuSamples) -> ImuSamples:
            assert imu.acc_mps2 is not None and imu.gyr_radps is not None
            return ImuSamples(imu.acc_mps2[rows], imu.gyr_radps[rows])

        sacral, thoracic = cut(recording.sacral), cut(recording.thoracic)
        return replace(recording, time_s=recording.time_s[rows], sacral=sacral, thoracic=thoracic)

    for minutes, path in session_paths().items():
        write_csv(path, first(minutes))


def ours(path: Path) -> list[str]:
    """The command under test."""
    return [str(Path(sys.executable).with_name("hiphinge")), "analyse", str(path), "--json", os.devnull]


def show(name: str, costs: list[Cost]) -> None:
    """One row of the table."""
    wall = [cost.wall_s for cost in costs]
    print(
        f"{name:9s} wall min {min(wall):5.2f} s, median {median(wall):5.2f} s; processor median "
        f"{median(cost.cpu_s for cost in costs):5.2f} s; peak {max(cost.peak_mb for cost in costs):4.0f} MB"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="one hour at 100 Hz")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--fresh", action="store_true", help="simulate again")
    parser.add_argument("--simulate-only", action="store_true")
    wanted = parser.parse_args()
    if wanted.simulate_only:
        write_sessions()
        return
    paths = session_paths()
    if wanted.fresh or not all(path.exists() for path in paths.values()):
        print("simulating an hour", file=sys.stderr)
        subprocess.run([sys.executable, __file__, "--simulate-only"], check=True)
    if warning := busy():
        print(warning)
    hour = paths[60]
    costs = alternating({"hiphinge": ours(hour), "peer": [sys.executable, "-c", PEER, str(hour)]}, wanted.runs)
    for name, found in costs.items():
        show(name, found)
    mine, peer = ([cost.wall_s for cost in costs[name]] for name in ("hiphinge", "peer"))
    worked = [min(cost.cpu_s for cost in costs[name]) for name in ("hiphinge", "peer")]
    print(
        f"ratio     wall of minima {min(mine) / min(peer):.2f}, of medians {median(mine) / median(peer):.2f} (aim: 3); "
        f"processor of minima {worked[0] / worked[1]:.2f}"
    )
    for minutes in MINUTES:
        found = [cost_of(ours(paths[minutes])) for _ in range(wanted.runs)]
        least_s = min(cost.wall_s for cost in found)
        print(
            f"{minutes:3d} min   {least_s:5.2f} s, {least_s / minutes * 60:5.2f} s per hour of session, "
            f"peak {max(cost.peak_mb for cost in found):4.0f} MB"
        )


if __name__ == "__main__":
    main()
