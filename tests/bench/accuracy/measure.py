"""One session through every path: angle errors within repetitions.

Every path runs through the product's own chain. A peer's orientations go in as those of a device that fuses itself, so
that standing, mounting, neutral and angles are found by the same code, from the same gridded samples.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from accuracy import peers
from accuracy.moving_floor import carried, ride, shuffle
from accuracy.peers import PEERS, Filter, Setting, vqf_causal
from scenarios import STRICT, accuracy_scenario, rmse, within_repetitions

from hiphinge.analysis import analyse
from hiphinge.kinematics.grid import GriddedImu, measure_grid, put_on_grid
from hiphinge.model import Analysis, Angles, Floats, HiphingeError, ImuSamples, Recording
from hiphinge.programmes import Limits
from hiphinge.replay import analyse_live
from hiphinge.simulate import Simulation, Truth, simulate

TILTS = ("hip_hinge", "trunk")
OURS = ("offline", "live")
# What ours is held against: the filter its orientation would otherwise come from, with the same knowledge of time.
PLAIN = {"offline": "vqf", "live": "vqf live"}
PATHS = (*OURS, "vqf", "vqf live", *(name for name in PEERS if name != "vqf"), "floor")

_VERSIONS = tuple(version(name) for name in ("vqf", "AHRS", "imufusion"))
_CODE = hashlib.blake2b(Path(peers.__file__).read_bytes(), digest_size=8).hexdigest()

Chain = Callable[[Recording, Limits], Analysis]


@dataclass(frozen=True, slots=True)
class Measured:
    """One path on one session.

    Attributes
    ----------
    path, setting : str
    tilt_deg, lumbar_deg : float
        RMSE within repetitions, zero included; `tilt_deg` of the worse segment. NaN where the path failed.
    rows : int
        Instants measured: those within repetitions at which the path knows the angles.
    known : float
        Their share of all instants within repetitions.
    inside : dict
        Of them, how many lie within two stated standard deviations, by angle.
    failed : str
        Why there is no figure, or nothing.
    """

    path: str
    setting: str
    tilt_deg: float = np.nan
    lumbar_deg: float = np.nan
    rows: int = 0
    known: float = 0.0
    inside: dict[str, int] | None = None
    failed: str = ""


def session(kind: str, seed: int, skin_deg: float) -> Simulation:
    """A simulated session of one of `scenarios.ACCURACY_KINDS`."""
    made = simulate(replace(accuracy_scenario(kind, seed), soft_tissue_deg=skin_deg))
    rng = np.random.default_rng([seed, 9])
    if kind == "rides":
        return carried(made, ride(made.recording, made.truth.neutral_s[0][1], rng))
    return carried(made, shuffle(made, rng)) if kind == "shuffles" else made


def measure(
    kind: str, seed: int, skin_deg: float, paths: tuple[str, ...], memory: Path | None = None
) -> list[Measured]:
    """Every path of a session, each with all its settings; `memory` is a folder for what peers' filters said."""
    made = session(kind, seed, skin_deg)
    found: list[Measured] = []
    for path in paths:
        for setting, run in runs(path, memory).items():
            try:
                found.append(measured(path, setting, run(made), made.truth))
            except HiphingeError as error:
                found.append(Measured(path, setting, failed=str(error)))
    return found


def runs(path: str, memory: Path | None = None) -> dict[str, Callable[[Simulation], Angles]]:
    """A path's settings, the default first."""
    if path == "offline":
        return {"": lambda made: analyse(made.recording, STRICT).angles}
    if path == "live":
        return {"": lambda made: analyse_live(made.recording, STRICT).angles}
    if path == "floor":
        return {"": floor}
    if path == "vqf live":
        settings = (Setting("defaults", vqf_causal), Setting("helped", vqf_causal, helped=True))
        return {setting.label: _through(path, setting, analyse_live, memory) for setting in settings}
    return {setting.label: _through(path, setting, analyse, memory) for setting in PEERS[path]}


def _through(path: str, setting: Setting, chain: Chain, memory: Path | None) -> Callable[[Simulation], Angles]:
    def run(gyr_radps: Floats, acc_mps2: Floats, rate_hz: float) -> Floats:
        if memory is None:
            return setting(gyr_radps, acc_mps2, rate_hz)
        return remembered(memory, f"{path}, {setting.label}", setting, gyr_radps, acc_mps2, rate_hz)

    return lambda made: chain(fused(made.recording, run), STRICT).angles


def fused(recording: Recording, run: Filter) -> Recording:
    """The recording as of a device that fuses with this filter: no angular rates, but orientations."""
    grid = measure_grid(recording.time_s)

    def device(samples: ImuSamples) -> ImuSamples:
        imu: GriddedImu = put_on_grid(samples, grid)
        assert imu.gyr_radps is not None and imu.acc_mps2 is not None
        quat = run(imu.gyr_radps, imu.acc_mps2, grid.rate_hz)
        return ImuSamples(samples.acc_mps2, None, quat[grid.index])

    return replace(recording, sacral=device(recording.sacral), thoracic=device(recording.thoracic))


def remembered(memory: Path, name: str, run: Filter, gyr_radps: Floats, acc_mps2: Floats, rate_hz: float) -> Floats:
    """What the filter of that name says of these samples, (N, 4): from the folder, if it was asked before.

    Filters in plain Python take most of a table's time, and say the same when only our own estimator has changed.
    """
    asked = hashlib.blake2b(gyr_radps.tobytes() + acc_mps2.tobytes(), digest_size=16)
    asked.update(f"{name} {rate_hz} {_VERSIONS} {_CODE}".encode())
    file = memory / f"{asked.hexdigest()}.npy"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_suffix(f".{os.getpid()}.npy")  # never a file half written under the name
        np.save(half, run(gyr_radps, acc_mps2, rate_hz).astype(np.float32))
        half.replace(file)
    return np.load(file).astype(np.float64)


def floor(made: Simulation) -> Angles:
    """The chain on true orientations of the sensors: what no filter can undo remains.

    That is skin, the sway in which zero was taken, and an axis learnt from crooked bends. Without accelerations: their
    errors would speak against orientations that have none.
    """
    sacral, thoracic = (ImuSamples(None, None, true.imu.quat) for true in (made.truth.sacral, made.truth.thoracic))
    return analyse(replace(made.recording, sacral=sacral, thoracic=thoracic), STRICT).angles


def measured(path: str, setting: str, angles: Angles, truth: Truth) -> Measured:
    """Hold a path's angles against the truth."""
    within = within_repetitions(truth)
    rows = within & np.isfinite(angles.trunk_deg) & np.isfinite(angles.hip_hinge_deg)
    count = int(np.count_nonzero(rows))
    if not count:
        return Measured(path, setting, failed="no angle within any repetition")
    off: dict[str, Floats] = {
        name: (getattr(angles, f"{name}_deg") - getattr(truth, f"{name}_deg"))[rows]
        for name in (*TILTS, "lumbar_flexion")
    }
    inside = {
        name: int(np.count_nonzero(np.abs(error) < 2 * getattr(angles, f"{name}_sd_deg")[rows]))
        for name, error in off.items()
    }
    tilt_deg = max(rmse(off[name]) for name in TILTS)
    return Measured(
        path, setting, tilt_deg, rmse(off["lumbar_flexion"]), count, count / np.count_nonzero(within), inside
    )
