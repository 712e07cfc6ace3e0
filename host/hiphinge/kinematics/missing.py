"""What to say of samples that are missing for longer than can be bridged."""

from __future__ import annotations

import numpy as np

from hiphinge.kinematics.grid import BRIDGE_S, GriddedImu, runs
from hiphinge.model import SEGMENTS, Floats


def missing_lines(imus: tuple[GriddedImu, GriddedImu], time_s: Floats, swapped: bool) -> list[str]:
    """One line for each sensor that gave nothing for longer than `grid.BRIDGE_S`.

    Parameters
    ----------
    imus : pair of GriddedImu
        As labelled on the device, M rows each.
    time_s : (M,) float
    swapped : bool
        The labels are to be exchanged.
    """
    labels = SEGMENTS[::-1] if swapped else SEGMENTS
    lines: list[str] = []
    for label, imu in zip(labels, imus, strict=True):
        gaps = [(float(time_s[gap.start]), float(time_s[gap.stop - 1])) for gap in runs(imu.gap_s > BRIDGE_S)]
        # At either end a sensor may begin or end a moment later: that is no silence.
        gaps = [(start_s, stop_s) for start_s, stop_s in gaps if stop_s - start_s > BRIDGE_S]
        if gaps:
            lines.append(
                f"the {label} sensor gave nothing {_when(gaps, float(time_s[-1]))}: bends then are not counted"
            )
    return lines


def _when(gaps: list[tuple[float, float]], end_s: float) -> str:
    start_s, stop_s = gaps[0]
    if len(gaps) == 1:
        if stop_s >= end_s:
            return f"from {start_s:.1f} s on"
        return f"for {stop_s - start_s:.1f} s at {start_s:.1f} s"
    longest_s = float(np.max([stop - start for start, stop in gaps]))
    return f"{len(gaps)} times for up to {longest_s:.1f} s, first at {start_s:.1f} s, last at {gaps[-1][0]:.1f} s"
