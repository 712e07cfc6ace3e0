"""Leads the wearer through the calibration: stand still, one slow hinge. Pure: samples in, words out."""

from __future__ import annotations

import numpy as np

from hiphinge.app.live.notices import notice
from hiphinge.app.live.updates import Guidance, Notice, Step
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.kinematics.quiet import angle_deg
from hiphinge.kinematics.rotation import unit
from hiphinge.model import SEGMENTS, Calibration, Floats, Segment

STAND_S = 3.0
"""How long to stand still: a mean over one sway (2-3 s)."""
# Standing people turn by 1-5 deg/s with sway and breath; the way into a hinge is 20 and more. Over a mean of 0.2 s.
_STILL_RADPS = np.deg2rad(12.0)
_MEAN_S = 0.2
# Stood this long before moving, it was meant: the wearer is told to begin anew, kindly.
_STOOD_S = 0.5
# The bend that calibrates must go 20 deg (DESIGN, section 2); the sensors' tilt by gravity is rough while they move.
_BENT_DEG, _BACK_DEG = 20.0, 12.0
# Back from a bend, the engine knows within half a second; it did not find that bend good if it still does not.
_FOUND_S = 2.0
# Standing on without a hinge: say once more what to do.
_REMIND_S = 10.0
# Housing axes: x right, y up, z out of the back. Pods sit on curved backs, askew by hand.
_ASKEW_DEG, _UPSIDE_DOWN_DEG = 60.0, 120.0

_STAND = f"stand still and tall for {STAND_S:.0f} s, in the stance and grip of your set"
_ONCE_MORE = f"you moved: stand still and tall for {STAND_S:.0f} s once more"
_HINGE = "now one slow hinge, straight ahead to about 45 deg, and back up"
_REMIND = "whenever you are ready: one slow hinge, straight ahead, and back up"
_DEEPER = "a little deeper: one slow hinge to about 45 deg, and back up"
_CLEARER = "that one was not clear enough: stand still a moment, then one slow hinge, straight ahead, and back up"
_TRAIN = "calibrated: off you go"


class Guide:
    """What the wearer is to do next, by the newest samples.

    Parameters
    ----------
    rate_hz : float
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._told: Guidance | None = None
        self._mean = max(1, round(_MEAN_S * rate_hz))
        self._calibrated = False
        self._begin(_STAND, "wait")

    def _begin(self, words: str, step: Step = "stand") -> None:
        self._step: Step = step
        self._words = words
        self._stood = self._since = self._back = 0
        self._deepest_deg = 0.0
        self._recent = np.zeros((2, 0, 6))
        self._ups: list[Floats] = [np.zeros(3), np.zeros(3)]

    def push(self, sacral: GriddedImu, thoracic: GriddedImu) -> list[Guidance | Notice]:
        """The next samples; what has changed for the wearer."""
        if self._calibrated or not len(sacral.gap_s):
            return []
        both: list[Floats] = []
        for imu in (sacral, thoracic):
            if imu.acc_mps2 is None or imu.gyr_radps is None:
                return []  # orientations only: the engine needs no guide's eye to calibrate
            both.append(np.concatenate([imu.acc_mps2, imu.gyr_radps], axis=1))
        if sacral.gap_s[-1] or thoracic.gap_s[-1]:
            # Nothing was seen: who stood may have moved.
            if self._step == "stand":
                self._begin(self._words)
            return []
        self._recent = np.concatenate([self._recent, np.stack(both)], axis=1)[:, -self._mean :]
        if self._step in ("wait", "stand"):
            return self._stand(len(sacral.gap_s))
        return self._hinge(len(sacral.gap_s))

    def calibrated(self) -> list[Guidance | Notice]:
        """The engine knows how the sensors sit."""
        self._calibrated = True
        self._step, self._words = "train", _TRAIN
        return self._tell(1.0)

    def again(self) -> list[Guidance | Notice]:
        """Begin anew."""
        self._calibrated, self._told = False, None
        self._begin(_STAND)
        return self._tell(0.0)

    def _stand(self, rows: int) -> list[Guidance | Notice]:
        self._step = "stand"
        if not self._still():
            if self._stood > _STOOD_S * self._rate_hz:
                self._words = _ONCE_MORE
            self._stood = 0
            return self._tell(0.0)
        self._stood += rows
        share = self._stood / (STAND_S * self._rate_hz)
        if share < 1.0:
            return self._tell(share)
        self._ups = [row[:, :3].mean(axis=0) for row in self._recent]
        told = self._tell(1.0)
        self._step, self._words, self._since = "hinge", _HINGE, 0
        return [*told, *leaning(self._ups), *self._tell(0.0)]

    def _hinge(self, rows: int) -> list[Guidance | Notice]:
        """Whether there was a bend, and whether it will do."""
        tilts_deg = [
            angle_deg(unit(row[:, :3].mean(axis=0)), unit(up)) for row, up in zip(self._recent, self._ups, strict=True)
        ]
        tilt_deg = max(tilts_deg)
        self._deepest_deg = max(self._deepest_deg, tilt_deg)
        self._since += rows
        if tilt_deg < _BACK_DEG and self._still():
            self._back += rows if self._deepest_deg > _BACK_DEG else 0
        else:
            self._back = self._since = 0
        if self._back > _FOUND_S * self._rate_hz:
            self._words = _DEEPER if self._deepest_deg < _BENT_DEG else _CLEARER
            self._told = None
            self._back, self._deepest_deg = 0, 0.0
        elif self._since > _REMIND_S * self._rate_hz:
            self._words, self._since = _REMIND, 0
        return self._tell(min(1.0, self._deepest_deg / 45.0))

    def _still(self) -> bool:
        turning = np.linalg.norm(self._recent[:, :, 3:].mean(axis=1), axis=1)
        return bool((turning < _STILL_RADPS).all())

    def _tell(self, share: float) -> list[Guidance | Notice]:
        # In tenths: a progress bar needs no more.
        told = Guidance(self._step, round(min(1.0, share), 1), self._words)
        if told == self._told:
            return []
        self._told = told
        return [told]


def leaning(ups: list[Floats]) -> list[Notice]:
    """Sensors that do not sit as they were made to, by gravity in quiet standing.

    Parameters
    ----------
    ups : list of (3,) float
        Mean specific force of the sacral and the thoracic sensor, in the housing's axes.
    """
    lines: list[Notice] = []
    for segment, up in zip(SEGMENTS, ups, strict=True):
        away_deg = angle_deg(unit(up), np.array([0.0, 1.0, 0.0]))
        if away_deg > _UPSIDE_DOWN_DEG:
            lines.append(notice(f"upside_down_{segment}"))
        elif away_deg > _ASKEW_DEG:
            lines.append(notice(f"askew_{segment}"))
    return lines


def askew(calibration: Calibration) -> list[Notice]:
    """The same by a calibration made of samples in the housing's axes."""
    frames: dict[Segment, Floats] = {"sacral": calibration.sacral, "thoracic": calibration.thoracic}
    ups = [frames[segment][1] for segment in SEGMENTS]
    return leaning(ups[::-1] if calibration.swapped else ups)
