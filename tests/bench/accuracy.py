"""Angle errors through the range of movement, ours offline and live beside plain `vqf`.

    python tests/bench/accuracy.py [--seeds 10] [--scenario "symmetrical; swings 60-75"]

RMSE in degrees within repetitions, zero included, median and worst over the seeds: `tilt` of the worse segment, and
`lumbar`. Peers, on the same grid with the same calibration code:

- `tuned`: plain VQF 6D as this project sets it up (`kinematics.orientation.fuse_offline`: trapezoid, wider bias).
- `vqf`: `vqf.offlineVQF` with its defaults, fed with the samples as they are.
- `floor`: the true orientation of either sensor; skin that gives way and the sway in which zero was taken remain, which
  no filter can undo.

`x tuned`, `x vqf` are ratios of medians to theirs, below 1 is better. `in 2 sd` is the share of instants whose error
lies within two stated standard deviations, median and worst of the seeds: tilt of the worse segment, lumbar flexion.
A simulation: never a claim about people.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
import vqf
from scenarios import ACCURACY_KINDS, STRICT, accuracy_scenario, chosen, rmse, within_repetitions

from hiphinge.analysis import analyse
from hiphinge.kinematics.calibration import calibrate, exchange
from hiphinge.kinematics.grid import GriddedImu, grid_times, measure_grid, put_on_grid
from hiphinge.kinematics.neutral import Neutral
from hiphinge.kinematics.orientation import SensorMotion, fuse_offline
from hiphinge.kinematics.rotation import up_in_sensor
from hiphinge.kinematics.track import heading_offset_rad, published, take, track
from hiphinge.model import Angles, Floats, HiphingeError, ImuSamples, Recording
from hiphinge.replay import analyse_live
from hiphinge.simulate import Simulation, Truth, simulate

Fuse = Callable[[GriddedImu, float], SensorMotion]
TILTS = ("hip_hinge", "trunk")


def vqf_defaults(imu: GriddedImu, rate_hz: float) -> SensorMotion:
    """VQF as its documentation shows it: default parameters, samples as they are."""
    assert imu.gyr_radps is not None and imu.acc_mps2 is not None
    gyr, acc = (np.ascontiguousarray(values) for values in (imu.gyr_radps, imu.acc_mps2))
    out = cast(dict[str, Floats], cast(Any, vqf).offlineVQF(gyr, acc, None, 1.0 / rate_hz))
    quat = out["quat6D"]
    return SensorMotion(quat, up_in_sensor(quat), gyr - out["bias"], acc, imu.gap_s, np.zeros(len(gyr)))


def peer(recording: Recording, fuse: Fuse) -> Angles:
    """The offline chain with another orientation filter, one neutral."""
    grid = measure_grid(recording.time_s)
    time_s = grid_times(recording.time_s, grid)
    motions = [fuse(put_on_grid(imu, grid), grid.rate_hz) for imu in (recording.sacral, recording.thoracic)]
    found = calibrate(motions[0], motions[1], time_s, grid.rate_hz)
    sacral, thoracic = exchange(motions[0], motions[1], found.swapped)
    neutral = Neutral(float(time_s[0]), found.sacral, found.thoracic)
    offset = heading_offset_rad(sacral, thoracic, neutral, grid.rate_hz)
    whole = track(sacral, thoracic, time_s, neutral, offset, found.flexion_axis_quality)
    return take(published(whole), grid.index)


def floor(session: Simulation) -> Angles:
    """The offline chain on true sensor orientations."""
    sacral, thoracic = (
        ImuSamples(None, None, true.imu.quat) for true in (session.truth.sacral, session.truth.thoracic)
    )
    return peer(replace(session.recording, sacral=sacral, thoracic=thoracic), fuse_offline)


PATHS: dict[str, Callable[[Simulation], Angles]] = {
    "offline": lambda session: analyse(session.recording, STRICT).angles,
    "live": lambda session: analyse_live(session.recording, STRICT).angles,
    "tuned": lambda session: peer(session.recording, fuse_offline),
    "vqf": lambda session: peer(session.recording, vqf_defaults),
    "floor": floor,
}


def errors(angles: Angles, truth: Truth) -> tuple[float, float, float, float]:
    """Tilt RMSE of the worse segment, lumbar RMSE, and both coverages within 2 sigma."""
    rows = within_repetitions(truth) & np.isfinite(angles.trunk_deg) & np.isfinite(angles.hip_hinge_deg)
    size: dict[str, float] = {}
    inside: dict[str, float] = {}
    for name in (*TILTS, "lumbar_flexion"):
        off = (getattr(angles, f"{name}_deg") - getattr(truth, f"{name}_deg"))[rows]
        size[name] = rmse(off)
        inside[name] = float(np.mean(np.abs(off) < 2 * getattr(angles, f"{name}_sd_deg")[rows]))
    tilt, covered = max(size[name] for name in TILTS), min(inside[name] for name in TILTS)
    return tilt, size["lumbar_flexion"], covered, inside["lumbar_flexion"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="angle errors on simulated sessions")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--scenario", help="names in the first column, separated by semicolons")
    wanted = parser.parse_args()
    print(
        f"{'scenario':14s} {'path':8s} {'tilt deg':>12s} {'x tuned':>8s} {'x vqf':>6s}  {'lumbar deg':>12s} "
        f"{'x tuned':>8s} {'x vqf':>6s}  {'in 2 sd: tilt':>14s} {'lumbar':>10s}"
    )
    for kind in chosen(wanted.scenario, ACCURACY_KINDS):
        table = {name: np.full((wanted.seeds, 4), np.nan) for name in PATHS}
        for seed in range(wanted.seeds):
            session = simulate(accuracy_scenario(kind, seed))
            for name, run in PATHS.items():
                try:
                    table[name][seed] = errors(run(session), session.truth)
                except HiphingeError as error:
                    print(f"{kind}, seed {seed}, {name}: {error}")
        report(kind, table)


def report(kind: str, table: dict[str, Floats]) -> None:
    """Print one scenario's rows; a seed that failed is left out of its path's figures."""
    medians = {name: np.nanmedian(found, axis=0) for name, found in table.items()}
    for name, found in table.items():
        cells = [f"{kind:14s} {name:8s}"]
        for column in (0, 1):
            mine = medians[name][column]
            over = [mine / medians[other][column] for other in ("tuned", "vqf")]
            cells.append(f"{mine:5.2f} / {np.nanmax(found[:, column]):4.2f} {over[0]:8.2f} {over[1]:6.2f} ")
        if name in ("offline", "live"):
            cells += [f"{medians[name][at]:5.2f} / {np.nanmin(found[:, at]):4.2f}" for at in (2, 3)]
        print(" ".join(cells), flush=True)


if __name__ == "__main__":
    main()
