"""BROAD: inclination of one sensor against cameras, on the trials found below $HIPHINGE_DATA/broad.

D. Laidig, M. Caruso, A. Cereatti, T. Seel, "BROAD: a benchmark for robust inertial orientation estimation", Data 6
(2021) 72, doi 10.3390/data6070072. Its measure: RMSE of the angle between estimated and true vertical over the
movement phase. Nobody stands in place here: ours must fall back to the plain filter, and be no more than
10 % worse on any trial.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import as_completed
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from accuracy import workers
from accuracy.limits import NO_WORSE
from accuracy.peers import BROAD_MADGWICK, BROAD_MAHONY, fusion, madgwick, mahony, vqf_causal, vqf_offline

from hiphinge.kinematics.causal import CausalSensor
from hiphinge.kinematics.fusion import fuse_recording
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.rotation import unit, up_in_sensor
from hiphinge.model import Bools, Floats

Trials = dict[str, dict[str, float]]
"""RMSE in deg by trial and path."""


def _ours_offline(gyr: Floats, acc: Floats, rate_hz: float) -> Floats:
    return fuse_recording(_readings(gyr, acc), rate_hz)[0].quat


def _ours_live(gyr: Floats, acc: Floats, rate_hz: float) -> Floats:
    return CausalSensor(rate_hz).push(_readings(gyr, acc)).quat


def _readings(gyr: Floats, acc: Floats) -> GriddedImu:
    """Samples as the session format has them, the reading at each instant.

    BROAD's gyroscope says what was turned over the step that ends at a sample (VQF, which holds each sample over that
    step, is fed as it is): half a step late, which the mean with the next sample takes out.
    """
    at_instants = gyr.copy()
    at_instants[:-1] = (gyr[:-1] + gyr[1:]) / 2
    return GriddedImu(acc, at_instants, None, np.zeros(len(gyr)))


PATHS: dict[str, Callable[[Floats, Floats, float], Floats]] = {
    "offline": _ours_offline,
    "vqf": vqf_offline,
    "live": _ours_live,
    "vqf live": vqf_causal,
    "madgwick": madgwick,
    "madgwick, BROAD's": partial(madgwick, gain=BROAD_MADGWICK),
    "mahony": mahony,
    "mahony, BROAD's": partial(mahony, k_P=BROAD_MAHONY[0], k_I=BROAD_MAHONY[1]),
    "imufusion": fusion,
    "imufusion, rejects": partial(fusion, acceleration_rejection=10.0, rejection_timeout=5.0),
}
AGAINST = {"offline": "vqf", "live": "vqf live"}


def inclination_rmse_deg(quat: Floats, true_quat: Floats, counted: Bools) -> float:
    """RMSE of the angle between two verticals, seen from the sensor, over the instants counted."""
    estimated, true = unit(up_in_sensor(quat)), unit(up_in_sensor(true_quat))
    across = np.linalg.norm(np.cross(estimated, true), axis=1)
    angle: Floats = np.arctan2(across, (estimated * true).sum(axis=1))
    return float(np.degrees(np.sqrt(np.nanmean(angle[counted] ** 2))))


def evaluate(path: Path) -> dict[str, float]:
    """All paths on one trial's file."""
    load: Any = import_module("scipy.io").loadmat
    trial = load(str(path), squeeze_me=True)
    gyr, acc, true_quat = (np.ascontiguousarray(trial[name], np.float64) for name in ("imu_gyr", "imu_acc", "opt_quat"))
    true_quat /= np.linalg.norm(true_quat, axis=1, keepdims=True)
    rate_hz, moving = float(trial["sampling_rate"]), np.asarray(trial["movement"]).astype(bool)
    return {name: inclination_rmse_deg(run(gyr, acc, rate_hz), true_quat, moving) for name, run in PATHS.items()}


def run(jobs: int) -> Trials:
    """Evaluate every trial there is and print the table; nothing, and a line that says so, without the data."""
    root = os.environ.get("HIPHINGE_DATA")
    files = sorted(Path(root, "broad").glob("*.mat")) if root else []
    if not files:
        print("\nBROAD skipped: HIPHINGE_DATA names no folder with broad/*.mat")
        return {}
    trials: Trials = {}
    with workers.pool(jobs) as pool:
        waiting = {pool.submit(evaluate, file): file.stem for file in files}
        for done in as_completed(waiting):
            trials[waiting[done]] = done.result()
            print(f"BROAD {len(trials)} of {len(files)}: {waiting[done]}", file=sys.stderr)
    trials = dict(sorted(trials.items()))
    print(f"\nBROAD, inclination RMSE while moving, deg; {len(trials)} trials")
    print(f"{'':44s} " + " ".join(map(_short, PATHS)))
    for name, found in trials.items():
        print(f"{name:44s} " + " ".join(f"{found[path]:10.2f}" for path in PATHS))
    for name, combine in (("mean", np.mean), ("median", np.median)):
        print(f"{name:44s} " + " ".join(f"{combine([one[path] for one in trials.values()]):10.2f}" for path in PATHS))
    return trials


def missed(trials: Trials) -> list[str]:
    """The trials on which ours is worse than the plain filter by more than it may."""
    return [
        f"BROAD {name}, {mine}: {found[mine]:.2f} deg, plain vqf {found[plain]:.2f}"
        for name, found in trials.items()
        for mine, plain in AGAINST.items()
        if not found[mine] <= NO_WORSE * found[plain]
    ]


def as_json(trials: Trials) -> dict[str, dict[str, float]]:
    """For a file."""
    return {name: {path: round(value, 3) for path, value in found.items()} for name, found in trials.items()}


def _short(path: str) -> str:
    return f"{path.replace('imufusion', 'fusion').replace(', BROAD', ' B')[-10:]:>10s}"
