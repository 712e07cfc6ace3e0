"""Trunk curves drawn by hand, and angles and measures made of them."""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from hiphinge.model import Angles, Floats
from hiphinge.reps.measure import Extreme, Measured

COARSE_HZ = 25.0
# A minimum-jerk speed s²(1-s)² passes 5 % of its peak at 0.0594 and 0.9406 of its length.
SEEN_SHARE = 0.8812


def curve(pieces: Sequence[tuple[float, float]], rate_hz: float = COARSE_HZ, start_deg: float = 0.0) -> Floats:
    """Degrees: minimum-jerk moves, each (seconds, to degrees); a move to where it is already is a rest."""
    time_s = np.arange(round(sum(seconds for seconds, _ in pieces) * rate_hz)) / rate_hz
    drawn, begin_s, at_deg = np.full(len(time_s), float(start_deg)), 0.0, start_deg
    for seconds, to_deg in pieces:
        u = np.clip((time_s - begin_s) / seconds, 0, 1)
        drawn += (to_deg - at_deg) * (10 * u**3 - 15 * u**4 + 6 * u**5)
        begin_s, at_deg = begin_s + seconds, to_deg
    return drawn


def angles_of(trunk_deg: Floats, rate_hz: float, lumbar_deg: Floats | float = 0.0, sd_deg: float = 0.3) -> Angles:
    """Angles of a trunk curve of which `lumbar_deg` is lumbar flexion."""
    lumbar = np.broadcast_to(np.asarray(lumbar_deg, np.float64), trunk_deg.shape).copy()
    zero, sd = np.zeros_like(trunk_deg), np.full_like(trunk_deg, sd_deg)
    return Angles(
        time_s=np.arange(len(trunk_deg)) / rate_hz,
        hip_hinge_deg=trunk_deg - lumbar,
        trunk_deg=trunk_deg,
        lumbar_flexion_deg=lumbar,
        lumbar_side_bend_deg=zero,
        lumbar_rotation_deg=zero,
        **{field.name: sd for field in fields(Angles) if field.name.endswith("_sd_deg")},
    )


def extreme(value: float, sd: float = 0.0, phase: str = "bottom") -> Extreme:
    return Extreme(value, sd, 3.0, phase)  # type: ignore[arg-type]


# A slow hinge with nothing wrong, every value known for certain.
GOOD = Measured(
    onset=100,
    bottom=300,
    end=480,
    closed=520,
    start_s=1.0,
    bottom_s=3.0,
    end_s=4.8,
    hip_hinge=extreme(47.5),
    trunk=extreme(51.0),
    flexion=extreme(4.0),
    extension=extreme(1.0, phase="top"),
    side_bend=extreme(1.0),
    rotation=extreme(-1.0),
    lumbar_share=0.07,
    eccentric_s=2.0,
    pause_bottom_s=0.3,
    concentric_s=1.5,
    smoothness_sal=-1.5,
)


def good_but(**changes: object) -> Measured:
    return replace(GOOD, **changes)  # type: ignore[arg-type]
