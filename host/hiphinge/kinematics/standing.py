"""Standing still, watched live: it fixes the heading between the sensors and, between sets, a new zero."""

from __future__ import annotations

import numpy as np

from hiphinge.kinematics.neutral import Neutral, changed, own_neutral
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import LEAST_STANDING_S, SAME_POSE_DEG, STILL_RATE_RADPS, QuietRun, angle_deg
from hiphinge.kinematics.rotation import unit
from hiphinge.kinematics.track import heading_difference_rad
from hiphinge.model import Floats

# The heading is taken where both segments are near standing and have been still for a moment.
_HEADING_S = 0.4
_UPRIGHT_DEG = 8.0
# A standing is averaged over its last seconds: several periods of sway.
_LONGEST_S = 10.0


class StandingWatch:
    """Follows runs of stillness in thinned samples.

    Attributes
    ----------
    heading_offset_rad : float
        Heading of the thoracic filter minus the sacral one, as of the last standing; NaN until known.
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._sacral_ups: list[Floats] = []
        self._thoracic_ups: list[Floats] = []
        self._headings: list[float] = []
        self.heading_offset_rad = float("nan")
        self.lasted = 0

    def push(
        self, sacral: SensorMotion, thoracic: SensorMotion, base: Neutral, current: Neutral, may_rezero: bool
    ) -> Neutral | None:
        """One thinned sample of either sensor, rightly labelled.

        Parameters
        ----------
        sacral, thoracic : SensorMotion
            One row each.
        base, current : Neutral
            The calibration's neutral and the one in force.
        may_rezero : bool
            Whether a standing may define a new zero now (between sets).

        Returns
        -------
        Neutral or None
            The neutral in force from now on, where it changes.
        """
        rates = (np.linalg.norm(m.rate_radps) for m in (sacral, thoracic))
        if not all(rate < STILL_RATE_RADPS for rate in rates) or self._moved(sacral.up[0], thoracic.up[0]):
            self._clear()
            return None
        self._remember(sacral, thoracic, current)
        self.lasted = len(self._sacral_ups)
        lasted_s = len(self._sacral_ups) / self._rate_hz
        if lasted_s >= _HEADING_S and self._upright(current):
            self.heading_offset_rad = float(np.angle(np.exp(1j * np.array(self._headings)).mean()))
        if not may_rezero or lasted_s < LEAST_STANDING_S:
            return None
        means = [unit(np.mean(ups, axis=0)) for ups in (self._sacral_ups, self._thoracic_ups)]
        own = own_neutral(base, [QuietRun(0, len(self._sacral_ups), means[0], means[1])], base.from_s)
        return own if own is not None and changed([base, own]) else base

    def _moved(self, sacral_up: Floats, thoracic_up: Floats) -> bool:
        return bool(self._sacral_ups) and (
            angle_deg(self._sacral_ups[0], sacral_up) > SAME_POSE_DEG
            or angle_deg(self._thoracic_ups[0], thoracic_up) > SAME_POSE_DEG
        )

    def _remember(self, sacral: SensorMotion, thoracic: SensorMotion, current: Neutral) -> None:
        self._sacral_ups.append(sacral.up[0])
        self._thoracic_ups.append(thoracic.up[0])
        self._headings.append(float(heading_difference_rad(sacral, thoracic, current)[0]))
        if len(self._headings) > _LONGEST_S * self._rate_hz:
            for kept in (self._sacral_ups, self._thoracic_ups, self._headings):
                del kept[0]

    def _upright(self, current: Neutral) -> bool:
        return (
            angle_deg(self._sacral_ups[-1], current.sacral[1]) < _UPRIGHT_DEG
            and angle_deg(self._thoracic_ups[-1], current.thoracic[1]) < _UPRIGHT_DEG
        )

    def _clear(self) -> None:
        for kept in (self._sacral_ups, self._thoracic_ups, self._headings):
            kept.clear()
