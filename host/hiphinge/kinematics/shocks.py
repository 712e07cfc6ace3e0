"""What raw samples tell of a knock, a range too small, or vibration, of one block or a whole recording.

Everything looks at the samples alone (no orientation, no calibration), at most a second or so around each, and works on
any stretch of the past as on the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hiphinge.kinematics.gravity import GRAVITY_MPS2
from hiphinge.kinematics.grid import GriddedImu, runs
from hiphinge.kinematics.quiet import moving_mean
from hiphinge.model import Floats

# A touch lasts 5-50 ms; movement of the trunk takes 100 ms and more, even in swings.
_SPIKE_S = 0.06
# Half a g within such a time: swings reach 2-3 m/s², and both sensors see them.
KNOCK_MPS2 = 5.0
# Steps, jumps and sitting down are felt by both: the spine leaves half to a third of a heel strike at T12.
_OTHER_SHARE = 0.3
# A blow runs up the spine in hundredths of a second, slow sampling may catch it late, and in a jump the pelvis takes up
# a tenth of a second after the thorax what throws it.
_LATER_S = 0.2
# A brisk turn between moving and resting throws a sensor this far from the hip, or further, by its angular acceleration
# and is movement; what a knock rocks swings back within its tenths, and leaves the rate as it was.
_ARM_M = 0.6
# Beyond this many times what the sensor felt in the seconds around: a step among steps is none.
_ABOVE_USUAL = 5.0
_AROUND_S = 2.0
# The bridged force is a guess, and a pod that rocks within a sample or two tells its own rate badly: this, and half of
# what it rocked.
_KNOCK_SD_DEG = 0.5
# No IMU for people has a smaller range: +-2 g and +-125 deg/s. Lower values are not clipped but quiet.
LEAST_FORCE_MPS2 = 1.9 * GRAVITY_MPS2
LEAST_RATE_RADPS = np.deg2rad(120.0)
# Floats that went through a text file are the same within this.
_SAME = 1e-6
# A curve that is cut off enters its flat top with a slope: at least this share of the value in one sample. A curve that
# merely turns there, coarsely digitised, does not.
_STEEP_SHARE = 0.01
# Trunk movement ends at 5 Hz, skin rings at 5-15 Hz but dies in tenths of a second: what goes on for a second is
# not the wearer. Tremor under load reaches 0.3 m/s².
_VIBRATION_HZ = 8.0
_VIBRATION_MPS2 = 0.6
_VIBRATION_S = 1.0
# A machine goes on evenly, steps come and go: walking, on a real hip, the least of 0.2 s in a second is a fifth to two
# fifths of the most.
_EVEN = 0.5
_SHORT_S = 0.2
# Below this rate there is no band above the movement's to look into.
_LEAST_RATE_HZ = 25.0
# A tenth of what it would tilt the vertical if it did not average out: aliasing and rectification leave some.
_VIBRATION_SHARE = 0.1

ShockKind = Literal["knock", "clipping", "vibration"]


@dataclass(frozen=True, slots=True)
class Shock:
    """Something in one sensor's samples.

    Attributes
    ----------
    kind : "knock", "clipping" or "vibration"
    start, stop : int
        Half-open rows.
    size : float
        Peak or rms in m/s²; for clipping the value of the flat top in m/s² or rad/s.
    of_rate : bool
        The gyroscope was concerned (clipping).
    sd_deg : float
        What it adds to the tilt's standard deviation.
    """

    kind: ShockKind
    start: int
    stop: int
    size: float
    of_rate: bool
    sd_deg: float


def find_shocks(own: GriddedImu, other: GriddedImu, rate_hz: float) -> list[Shock]:
    """Knocks, clipping and vibration of one sensor, in order of time.

    Parameters
    ----------
    own, other : GriddedImu
        The sensor looked at, and the wearer's other one, N rows each.
    rate_hz : float
    """
    found = [*knocks(own, other, rate_hz), *clipping(own, rate_hz), *vibration(own, rate_hz)]
    return sorted(found, key=lambda shock: shock.start)


def knocks(own: GriddedImu, other: GriddedImu, rate_hz: float) -> list[Shock]:
    """Spikes of force shorter than movement that the other sensor did not feel."""
    reach = int(_SPIKE_S * rate_hz)
    # Below 17 Hz swings look like spikes, and nothing shorter is seen.
    if own.acc_mps2 is None or len(own.gap_s) < 3 or reach < 1:
        return []
    spike = _spike(own.acc_mps2, reach)
    if not (spike > KNOCK_MPS2).any():
        return []
    felt = np.zeros(len(spike)) if other.acc_mps2 is None else _spike(other.acc_mps2, reach)
    usual = np.maximum(_usual(spike, rate_hz), _usual(felt, rate_hz))
    felt = _widest(felt, max(reach, round(_LATER_S * rate_hz)))
    struck = (spike > KNOCK_MPS2) & (felt < _OTHER_SHARE * spike) & (spike > _ABOVE_USUAL * usual)
    struck &= (own.gap_s == 0) & (other.gap_s == 0)
    if own.gyr_radps is not None:
        struck &= spike > _ARM_M * _turning_radps2(own.gyr_radps, reach, rate_hz)
    if not struck.any():
        return []
    rocking = np.zeros(len(spike)) if own.gyr_radps is None else _spike(own.gyr_radps, reach)
    found: list[Shock] = []
    for near in runs(_widest(struck.astype(np.float64), reach) > 0):
        peak = near.start + int(np.argmax(spike[near]))
        # Beyond a reach from its peak lies the echo of the difference, not the knock.
        first, last = max(0, peak - reach), min(len(spike), peak + reach + 1)
        strong = np.flatnonzero(spike[first:last] > 0.6 * spike[peak])
        start, stop = max(0, first + int(strong[0]) - 1), min(len(spike), first + int(strong[-1]) + 2)
        rocked_deg = np.degrees(rocking[first:last].sum() / rate_hz)
        found.append(Shock("knock", start, stop, float(spike[peak]), False, float(_KNOCK_SD_DEG + 0.5 * rocked_deg)))
    return found


def clipping(own: GriddedImu, rate_hz: float) -> list[Shock]:
    """Flat tops at a repeated extreme value."""
    found: list[Shock] = []
    for values, least, of_rate in (
        (own.acc_mps2, LEAST_FORCE_MPS2, False),
        (own.gyr_radps, LEAST_RATE_RADPS, True),
    ):
        if values is None or not len(values):
            continue
        for axis in range(3):
            for sign in (1.0, -1.0):
                column = sign * values[:, axis]
                top = float(np.max(column))
                if top < least:
                    continue
                flat = runs((column > top * (1 - _SAME)) & (own.gap_s == 0))
                if _cut_off(column, flat):
                    found += [_clipped(column, part, top, rate_hz, of_rate) for part in flat]
    return found


def vibration(own: GriddedImu, rate_hz: float) -> list[Shock]:
    """Force above the movement's band that goes on for a second or more; nothing is known of slowly sampled sensors."""
    if own.acc_mps2 is None or rate_hz < _LEAST_RATE_HZ:
        return []
    width = max(2, round(rate_hz / _VIBRATION_HZ))
    short, long = max(2, round(_SHORT_S * rate_hz)), round(_VIBRATION_S * rate_hz)
    if len(own.gap_s) < long:
        return []
    square = np.zeros(len(own.gap_s))
    for axis in range(3):
        fast = own.acc_mps2[:, axis]
        for _ in range(2):
            fast = fast - moving_mean(fast, width)
        square += fast**2
    rms = np.sqrt(moving_mean(np.where(own.gap_s == 0, square, 0.0), short))
    most, least = _widest(rms, long // 2), -_widest(-rms, long // 2)
    # Every instant within half a second of an even second hums.
    even = (least > _EVEN * most) & (least > _VIBRATION_MPS2)
    # At either end there is no whole second to be even.
    even[: long // 2] = even[-(long // 2) :] = False
    humming = _widest(even.astype(np.float64), long // 2) > 0
    return [
        Shock("vibration", part.start, part.stop, size, False, _vibration_sd_deg(size))
        for part in runs(humming)
        for size in [float(np.sqrt(square[part].mean()))]
    ]


def without_knocks(imu: GriddedImu, shocks: list[Shock]) -> GriddedImu:
    """The samples with the force of every knock bridged: it says nothing of the vertical."""
    parts = [shock for shock in shocks if shock.kind == "knock"]
    if imu.acc_mps2 is None or not parts:
        return imu
    force = imu.acc_mps2.copy()
    last = len(force) - 1
    for part in parts:
        before, after = max(0, part.start - 1), min(last, part.stop)
        share = (np.arange(part.start, part.stop) - before)[:, None] / max(1, after - before)
        force[part.start : part.stop] = (1 - share) * imu.acc_mps2[before] + share * imu.acc_mps2[after]
    return replace(imu, acc_mps2=force)


def _spike(values: Floats, reach: int) -> Floats:
    """How far each row lies from the middle of its neighbours at `reach`, (N,)."""
    padded = np.concatenate([np.repeat(values[:1], reach, axis=0), values, np.repeat(values[-1:], reach, axis=0)])
    away = values - (padded[: len(values)] + padded[2 * reach :]) / 2
    return np.sqrt(np.einsum("ij,ij->i", away, away))


def _turning_radps2(gyr_radps: Floats, reach: int, rate_hz: float) -> Floats:
    """Angular acceleration over `reach` rows either side, rad/s², (N,)."""
    rows = np.arange(len(gyr_radps))
    before, after = np.maximum(rows - reach, 0), np.minimum(rows + reach, len(rows) - 1)
    change = np.linalg.norm(gyr_radps[after] - gyr_radps[before], axis=1)
    return change * rate_hz / np.maximum(after - before, 1)


def _widest(values: Floats, reach: int) -> Floats:
    """Running maximum over `reach` rows either side, by doubling."""
    size, widest, done = len(values), values.copy(), 0
    reach = min(reach, size - 1)
    while done < reach:
        step = min(done + 1, reach - done)
        wider = widest.copy()
        wider[step:] = np.maximum(wider[step:], widest[: size - step])
        wider[: size - step] = np.maximum(wider[: size - step], widest[step:])
        widest, done = wider, done + step
    return widest


def _usual(spike: Floats, rate_hz: float) -> Floats:
    """What is felt in the seconds around, no knock counting for more than two."""
    return moving_mean(np.minimum(spike, 2 * KNOCK_MPS2), round(_AROUND_S * rate_hz))


def _cut_off(column: Floats, flat: list[slice]) -> bool:
    """Whether flat stretches at the largest value are a range's end and no coincidence.

    Two flat tops, or one of at least three samples, and the curve comes to one of them with a slope.
    """
    lengths = [part.stop - part.start for part in flat]
    longest = max(lengths, default=0)
    if sum(length >= 2 for length in lengths) < 2 and longest < 3 and len(flat) < 3:
        return False
    return any(_slope(column, part) > _STEEP_SHARE * column[part.start] for part in flat)


def _slope(column: Floats, part: slice) -> float:
    """The steeper of the steps into and out of a flat top."""
    into = column[part.start] - column[part.start - 1] if part.start else 0.0
    out = column[part.start] - column[part.stop] if part.stop < len(column) else 0.0
    return float(max(into, out, 0.0))


def _clipped(column: Floats, part: slice, top: float, rate_hz: float, of_rate: bool) -> Shock:
    # A parabola that enters with this slope and leaves as steeply encloses slope * T² / 6 above the top.
    length = part.stop - part.start + 1
    lost = _slope(column, part) * length**2 / 6 / rate_hz
    # The gyroscope loses an angle, the accelerometer a speed, which tilts the vertical by v / (g * 3 s).
    sd_deg = np.degrees(lost if of_rate else lost / (3.0 * GRAVITY_MPS2))
    return Shock("clipping", part.start, part.stop, top, of_rate, float(min(30.0, 0.2 + sd_deg)))


def _vibration_sd_deg(rms_mps2: float) -> float:
    return float(np.degrees(np.arctan2(_VIBRATION_SHARE * rms_mps2, GRAVITY_MPS2)))
