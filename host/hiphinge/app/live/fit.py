"""Whether a saved calibration is that of the sensors as they sit now. Pure."""

from __future__ import annotations

import numpy as np

from hiphinge.app.live.notices import notice
from hiphinge.app.live.updates import Notice
from hiphinge.kinematics.calibration import MOST_OFF_DEG
from hiphinge.model import Angles

# Who is about to train stands upright within this time, before or after the first bend.
_LOOK_S = 15.0


class Fit:
    """Watches the first angles by a calibration that was given.

    Upright, all of them are small. With sensors clipped on another way they never are.
    """

    def __init__(self) -> None:
        self._since_s = float("nan")
        self._least_deg = float("inf")
        self._over = False

    def push(self, angles: Angles) -> Notice | None:
        """The next angles; a notice when it is clear that they do not fit, once."""
        if self._over:
            return None
        known = np.isfinite(angles.hip_hinge_deg) & np.isfinite(angles.trunk_deg)
        if not known.any():
            return None
        time_s = angles.time_s[known]
        if self._since_s != self._since_s:
            self._since_s = float(time_s[0])
        off_deg = np.maximum(np.abs(angles.hip_hinge_deg[known]), np.abs(angles.trunk_deg[known]))
        self._least_deg = min(self._least_deg, float(off_deg.min()))
        self._over = self._least_deg <= MOST_OFF_DEG or float(time_s[-1]) - self._since_s > _LOOK_S
        if self._least_deg <= MOST_OFF_DEG or not self._over:
            return None
        return notice("does_not_fit", off_deg=f"{self._least_deg:.0f}")
