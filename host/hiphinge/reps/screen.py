"""What is a bend of the trunk and yet no attempt: side bends, twists, jumps, a bend whose beginning was not seen."""

from __future__ import annotations

import numpy as np

from hiphinge.model import Floats

# Mostly sagittal: the side lean at the bottom is at most this share of the forward bend...
MOST_LEAN_SHARE = 0.75
# ...and at least this share of the tilting goes about the flexion axis. A hinge has 0.9 and more, one with 20 deg of
# side bend in it still 0.8; real side bends with much flexion in them were seen at 0.2-0.46.
LEAST_SAGITTAL_SHARE = 0.6
# In flight the sacral sensor feels next to nothing, for 0.2-0.5 s in a jump. The fastest swing leaves it over 5 m/s².
FLIGHT_FORCE_MPS2 = 4.0
FLIGHT_S = 0.12


def mostly_sagittal(trunk_deg: float, lean_deg: float, sagittal_rate: Floats, tilting_rate: Floats) -> bool:
    """Whether a bend goes mostly forward.

    Parameters
    ----------
    trunk_deg, lean_deg : float
        Sagittal and frontal excursion of the thorax at the bottom, from its own standing.
    sagittal_rate, tilting_rate : (N,) float
        Angular speed about the flexion axis, and about any but the long axis, over the bend, same unit.
    """
    if abs(lean_deg) > MOST_LEAN_SHARE * trunk_deg:
        return False
    total = float(np.nansum(tilting_rate**2))
    return total > 0 and float(np.nansum(sagittal_rate**2)) >= LEAST_SAGITTAL_SHARE * total


def has_flight(sacral_force_mps2: Floats, rate_hz: float) -> bool:
    """Whether the body was in free fall: |specific force| under `FLIGHT_FORCE_MPS2` for `FLIGHT_S` on end."""
    longest = run = 0
    for weightless in (sacral_force_mps2 < FLIGHT_FORCE_MPS2).tolist():
        run = run + 1 if weightless else 0
        longest = max(longest, run)
    return longest >= max(2, round(FLIGHT_S * rate_hz))
