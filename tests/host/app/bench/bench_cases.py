"""Bench sessions with known errors, made once."""

from dataclasses import replace
from functools import cache

import numpy as np

from hiphinge.app.bench.oriented import Oriented
from hiphinge.app.bench.rig import Rig, bends, steps
from hiphinge.app.bench.stages import Stage
from hiphinge.model import Angles, Floats, Recording
from hiphinge.simulate.errors import PERFECT, SensorErrors

SAID_DEG = (0.0, 15.0, 30.0, 45.0, 60.0, 75.0, 90.0, 45.0, 0.0)
ERRORS_DEG = (0.0, 0.3, -0.4, 0.5, 0.1, 0.7, -0.2, 0.3, 0.0)


def on_a_jig(errors: SensorErrors = PERFECT, seed: int = 1) -> tuple[Recording, list[Stage]]:
    """Pods on a jig whose angles are off by `ERRORS_DEG` from what it says."""
    true = [said + off for said, off in zip(SAID_DEG, ERRORS_DEG, strict=True)]
    knots, still = steps(true, 6.0)
    recording = Rig(knots, errors=errors).recording(still[-1][1], 100.0, seed)
    stages = [
        Stage(from_s + 0.5, to_s - 0.5, angle_deg=said) for (from_s, to_s), said in zip(still, SAID_DEG, strict=True)
    ]
    return recording, stages


@cache
def on_a_board(share: float, errors: SensorErrors = PERFECT, seed: int = 1) -> tuple[Rig, Recording, Stage]:
    """A board bent six times, whose upper pod turns by `share` further."""
    knots = bends(6, 90.0)
    rig = Rig(knots, (0.0, share), errors=errors)
    end_s = knots[-1].at_s
    return rig, rig.recording(end_s, 100.0, seed), Stage(0.0, end_s)


def at_rest(slope_deg: float, noise_deg: float, minutes: float, seed: int, turn_deg: float = 0.0) -> Oriented:
    """A pod whose tilt goes on by `slope_deg` and whose heading by `turn_deg` in ten minutes, ten samples a second."""
    time_s = np.arange(round(600 * minutes)) / 10.0
    rng = np.random.default_rng(seed)
    lean = np.radians(slope_deg * time_s / 600.0 + rng.normal(0, noise_deg, len(time_s)))
    up = np.stack([np.sin(lean), np.zeros_like(lean), np.cos(lean)], axis=1)
    half = np.radians(turn_deg * time_s / 600.0) / 2
    quat = np.stack([np.cos(half), 0 * half, 0 * half, np.sin(half)], axis=1)
    return Oriented(time_s, up, None, quat)


def angles_like(like: Angles, trunk: Floats, lumbar: Floats) -> Angles:
    """The same angles with another trunk and lumbar angle."""
    return replace(like, trunk_deg=trunk, lumbar_flexion_deg=lumbar, hip_hinge_deg=trunk - lumbar)
