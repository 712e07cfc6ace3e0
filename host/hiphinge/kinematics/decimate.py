"""A thinned copy of the motion for questions that need no more: poses, axes, turning points."""

from __future__ import annotations

import numpy as np

from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.rotation import unit
from hiphinge.model import Floats

# Voluntary trunk motion lies below 3 Hz, the fastest swings (0.45 s a phase) have harmonics to 5 Hz.
COARSE_HZ = 25.0


def coarse_stride(rate_hz: float) -> int:
    """How many samples go into one of about `COARSE_HZ`."""
    return max(1, round(rate_hz / COARSE_HZ))


def block_means(values: Floats, stride: int) -> Floats:
    """Mean of each full block of `stride` rows; a rest shorter than a block is left out."""
    if stride == 1:
        return values
    whole = len(values) // stride * stride
    total = values[0:whole:stride].copy()
    for offset in range(1, stride):
        total += values[offset:whole:stride]
    return total / stride


def thin(motion: SensorMotion, stride: int) -> SensorMotion:
    """Block means of rates, forces and verticals; quaternions and gaps at the blocks' middle."""
    blocks = len(motion.up) // stride
    middle = np.arange(blocks) * stride + stride // 2
    return SensorMotion(
        quat=motion.quat[middle],
        up=unit(block_means(motion.up, stride)),
        rate_radps=block_means(motion.rate_radps, stride),
        acc_mps2=None if motion.acc_mps2 is None else block_means(motion.acc_mps2, stride),
        gap_s=motion.gap_s[middle],
        gap_sd_deg=motion.gap_sd_deg[middle],
    )
