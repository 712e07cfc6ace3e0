"""Other people's orientation filters, each fed the way its documentation asks.

All give quaternions w, x, y, z, sensor to Earth with z up, from m/s² and rad/s, and all begin level by the first
specific force. What each is fed:

- `vqf` 2.1 (Laidig & Seel 2023): as is; `offlineVQF` looks both ways in time, `VQF` only back.
- `ahrs` 0.4 Madgwick, Mahony: rad/s; any unit of acceleration. Mahony learns the gyroscope's bias by its integral term.
- `imufusion` 1.3 (x-io Fusion): deg/s and g; its own bias estimation (`imufusion.Bias`) runs before it.

Gains. The first setting of each filter is the library's own default, samples as they are. The others are given what
helps any of them: neighbouring gyroscope samples averaged (a sample is an instant, these filters hold it over a step)
and the gyroscope zeroed by its mean at rest, over the whole recording. Their gains lie below the defaults, which suits
slow bending: they were the best of a sweep on seeds the table does not use. Those tuned for BROAD by its authors
(Laidig et al. 2021, example_code/out of github.com/dlaidig/broad: Madgwick 0.12, Mahony 0.74 and 0.0012) were worse
there than these; they are in the table of BROAD. imufusion's rejection is that of its own example (10 deg, 5 s).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from hiphinge.kinematics.gravity import GRAVITY_MPS2
from hiphinge.kinematics.orientation import trapezoid
from hiphinge.kinematics.rotation import shortest_arc
from hiphinge.model import Floats

Filter = Callable[[Floats, Floats, float], Floats]
"""From (N, 3) rad/s, (N, 3) m/s² and Hz to (N, 4), sensor to Earth."""

RESTING_DPS = 3.0
BROAD_MADGWICK = 0.12
BROAD_MAHONY = (0.74, 0.0012)


@dataclass(frozen=True, slots=True)
class Setting:
    """A filter with its gains.

    Attributes
    ----------
    label : str
        For the table.
    run : Filter
    helped : bool
        Neighbouring samples averaged and the gyroscope zeroed beforehand.
    """

    label: str
    run: Filter
    helped: bool = False

    def __call__(self, gyr_radps: Floats, acc_mps2: Floats, rate_hz: float) -> Floats:
        """Orientations from samples without gaps."""
        if self.helped:
            gyr_radps = trapezoid(gyr_radps - resting_rate(gyr_radps))
        return self.run(np.ascontiguousarray(gyr_radps), np.ascontiguousarray(acc_mps2), rate_hz)


def resting_rate(gyr_radps: Floats) -> Floats:
    """The gyroscope's bias, (3,): the mean of the readings while somebody rests.

    Resting is to turn within 3 deg/s of the median: people sway by 1-2 deg/s, and imufusion's own bound is the same.
    """
    middle: Floats = np.median(gyr_radps, axis=0)
    resting = np.linalg.norm(gyr_radps - middle, axis=1) < np.deg2rad(RESTING_DPS)
    return gyr_radps[resting].mean(axis=0) if resting.any() else middle


def vqf_offline(gyr_radps: Floats, acc_mps2: Floats, rate_hz: float) -> Floats:
    """`vqf.offlineVQF`, defaults, without magnetometer."""
    out = _library("vqf").offlineVQF(gyr_radps, acc_mps2, None, 1.0 / rate_hz)
    return np.asarray(out["quat6D"])


def vqf_causal(gyr_radps: Floats, acc_mps2: Floats, rate_hz: float) -> Floats:
    """`vqf.VQF`, defaults, without magnetometer."""
    return np.asarray(_library("vqf").VQF(1.0 / rate_hz).updateBatch(gyr_radps, acc_mps2)["quat6D"])


def madgwick(gyr_radps: Floats, acc_mps2: Floats, rate_hz: float, **gains: float) -> Floats:
    """`ahrs.filters.Madgwick` without magnetometer; `gain`, default 0.033."""
    start = shortest_arc(acc_mps2[0])
    return np.asarray(
        _library("ahrs.filters").Madgwick(gyr=gyr_radps, acc=acc_mps2, frequency=rate_hz, q0=start, **gains).Q
    )


def mahony(gyr_radps: Floats, acc_mps2: Floats, rate_hz: float, **gains: float) -> Floats:
    """`ahrs.filters.Mahony` without magnetometer; `k_P`, `k_I`, defaults 1 and 0.3."""
    start = shortest_arc(acc_mps2[0])
    return np.asarray(
        _library("ahrs.filters").Mahony(gyr=gyr_radps, acc=acc_mps2, frequency=rate_hz, q0=start, **gains).Q
    )


def fusion(gyr_radps: Floats, acc_mps2: Floats, rate_hz: float, **settings: float) -> Floats:
    """`imufusion.Ahrs` without magnetometer, after `imufusion.Bias`; `settings` are those of `imufusion.AhrsSettings`.

    The start-up, three seconds of high gain that would take it to the vertical, is skipped: it begins there.
    """
    library = _library("imufusion")
    bias, filter_ = library.Bias(), library.Ahrs()
    bias.set_settings(library.BiasSettings(sample_rate=rate_hz))
    filter_.set_settings(library.AhrsSettings(sample_rate=rate_hz, **settings))
    filter_.set_quaternion(shortest_arc(acc_mps2[0]).astype(np.float32))
    filter_.skip_startup()
    quat = np.empty((len(gyr_radps), 4))
    for at, (rate_dps, force_g) in enumerate(zip(np.rad2deg(gyr_radps), acc_mps2 / GRAVITY_MPS2, strict=True)):
        filter_.update_no_magnetometer(bias.update(rate_dps), force_g)
        quat[at] = filter_.get_quaternion()
    return quat


def _helped(label: str, run: Callable[..., Floats], **gains: float) -> Setting:
    return Setting(label, partial(run, **gains), helped=True)


_REJECTION = {"acceleration_rejection": 10.0, "rejection_timeout": 5.0}

# The first of each is its default; a table's "best" is the one with the smallest error there, chosen in hindsight.
PEERS: Mapping[str, tuple[Setting, ...]] = {
    "vqf": (Setting("defaults", vqf_offline), _helped("helped", vqf_offline)),
    "madgwick": (
        Setting("default 0.033", madgwick),
        *(_helped(f"{gain:g}", madgwick, gain=gain) for gain in (0.01, 0.003)),
    ),
    "mahony": (
        Setting("default 1, 0.3", mahony),
        *(_helped(f"{p:g}, {i:g}", mahony, k_P=p, k_I=i) for p, i in ((0.3, 0.0012), (0.1, 0.001), (0.03, 0.0003))),
    ),
    "imufusion": (
        Setting("default 0.5", fusion),
        _helped("0.5", fusion),
        *(_helped(f"{gain:g}, rejects", fusion, gain=gain, **_REJECTION) for gain in (0.5, 0.2, 0.1, 0.05)),
    ),
}


def _library(name: str) -> Any:
    """An untyped library, loaded when it is needed."""
    return import_module(name)
