"""What is shown moves to better values without a jump."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hiphinge.model import Angles, Floats

# The difference fades with this time constant, 95 % in 0.9 s: slow enough not to look like a movement (voluntary trunk
# motion takes longer than 0.4 s), fast enough to be over before the next repetition's bottom.
FADE_S = 0.3
# No faster than this: 0.025 deg between two samples at 100 Hz, below the sway of standing (1-2 deg/s).
MOST_DEGPS = 2.5
# Below this the rest is dropped: a thousandth of what is displayed.
_GONE_DEG = 1e-4
_FADED = ("hip_hinge_deg", "trunk_deg", "lumbar_side_bend_deg", "lumbar_rotation_deg")


class Fader:
    """Angles for the eye: the best knowledge plus what still separates it from what was shown last.

    Memoryless but for the last values shown, so that knowledge may change at any time, during a fade too.
    """

    def __init__(self, rate_hz: float) -> None:
        self._keep = float(np.exp(-1.0 / (FADE_S * rate_hz)))
        self._most_deg = MOST_DEGPS / rate_hz
        self._shown: list[float] | None = None

    def push(self, angles: Angles, overlap: bool) -> Angles:
        """The next angles as they are shown.

        Parameters
        ----------
        angles : Angles
            By the best knowledge now.
        overlap : bool
            Their first row is the one shown last, seen by this knowledge; it is not shown again.

        Returns
        -------
        Angles
            The new rows. What still separates them from the best knowledge is in their standard deviation.
        """
        values = np.array([getattr(angles, name) for name in _FADED])
        apart = [0.0] * len(_FADED)
        if overlap:
            angles = Angles(*(getattr(angles, name)[1:] for name in Angles.__slots__))
            if self._shown is not None:
                apart = [_known(shown - best) for shown, best in zip(self._shown, values[:, 0].tolist(), strict=True)]
            values = values[:, 1:]
        if not any(apart):
            self._shown = values[:, -1].tolist()
            return angles
        fading = np.array([self._fading(start, values.shape[1]) for start in apart])
        values += fading
        self._shown = values[:, -1].tolist()
        return _with(angles, values, fading)

    def _fading(self, apart: float, size: int) -> list[float]:
        rest: list[float] = []
        for _ in range(size):
            step = max(-self._most_deg, min(self._most_deg, apart * (1 - self._keep)))
            apart = apart - step if abs(apart) > _GONE_DEG else 0.0
            rest.append(apart)
        return rest


def _known(difference: float) -> float:
    # Rounding in shown minus best is no difference.
    return difference if abs(difference) > 1e-9 else 0.0


def _with(angles: Angles, values: Floats, fading: Floats) -> Angles:
    hip, trunk, side, turn = values
    hip_off, trunk_off, side_off, turn_off = fading
    return replace(
        angles,
        hip_hinge_deg=hip,
        trunk_deg=trunk,
        lumbar_flexion_deg=trunk - hip,
        lumbar_side_bend_deg=side,
        lumbar_rotation_deg=turn,
        hip_hinge_sd_deg=np.hypot(angles.hip_hinge_sd_deg, hip_off),
        trunk_sd_deg=np.hypot(angles.trunk_sd_deg, trunk_off),
        lumbar_flexion_sd_deg=np.hypot(angles.lumbar_flexion_sd_deg, trunk_off - hip_off),
        lumbar_side_bend_sd_deg=np.hypot(angles.lumbar_side_bend_sd_deg, side_off),
        lumbar_rotation_sd_deg=np.hypot(angles.lumbar_rotation_sd_deg, turn_off),
    )
