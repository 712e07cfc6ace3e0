"""Smoothness of a movement: spectral arc length of its speed."""

from __future__ import annotations

import numpy as np

from hiphinge.model import Floats

# Parameters of the SPARC measure as its authors recommend for reaching and trunk movement.
_PAD_LEVELS = 4
_CUT_OFF_HZ = 10.0
_AMPLITUDE_THRESHOLD = 0.05


def spectral_arc_length(speed: Floats, rate_hz: float) -> float:
    """SPARC of a speed profile: -1.4 to -1.6 for one smooth bell, more negative for a jerky movement.

    Parameters
    ----------
    speed : (N,) float
        Speed in any unit (the measure does not depend on amplitude), N >= 2.
    rate_hz : float

    Returns
    -------
    float
        NaN for no movement.

    References
    ----------
    S. Balasubramanian et al., "On the analysis of movement smoothness", J. NeuroEng. Rehabil. 12:112 (2015).
    """
    if len(speed) < 2 or not np.any(speed):
        return float("nan")
    size = int(2 ** (np.ceil(np.log2(len(speed))) + _PAD_LEVELS))
    magnitude = np.abs(np.fft.rfft(speed, size))
    magnitude /= magnitude.max()
    frequency_hz = np.fft.rfftfreq(size, 1.0 / rate_hz)
    inside = np.flatnonzero((frequency_hz <= _CUT_OFF_HZ) & (magnitude >= _AMPLITUDE_THRESHOLD))
    kept = slice(int(inside[0]), int(inside[-1]) + 1)
    band_hz = frequency_hz[kept]
    if len(band_hz) < 2:
        return float("nan")
    steps = np.diff(band_hz) / (band_hz[-1] - band_hz[0])
    return -float(np.sum(np.hypot(steps, np.diff(magnitude[kept]))))
