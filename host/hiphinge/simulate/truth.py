"""What really happened: clinical angles by DESIGN section 2 from the segments' true rotations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.model import Bools, Floats, ImuSamples
from hiphinge.simulate.scenario import IntendedFault
from hiphinge.simulate.schedule import Happening, Plan, PlannedRepetition

ONSET = 0.05  # share of a phase's peak trunk speed that bounds it (DESIGN section 2)


@dataclass(frozen=True, slots=True)
class TrueRepetition:
    """One repetition as it was done.

    Attributes
    ----------
    set : int
        1 for the first.
    start_s, bottom_s, end_s : float
        Onset and end by the 5 % rule on the trunk's speed; the bottom is where the trunk is furthest forward.
    close_s : float
        When the next descent may begin: largest flexion and extension are taken from `start_s` to here.
    hip_hinge_deg, trunk_deg : float
        At the bottom.
    lumbar_flexion_deg, lumbar_extension_deg : float
        Largest flexion, and largest extension as a positive number (0 if it never extends).
    lumbar_side_bend_deg, lumbar_rotation_deg : float
        At the bottom.
    eccentric_s : float
        From onset until the trunk's speed falls below 5 % of the descent's peak.
    fault : str or None
        What was intended; `fault_at_s` is when the largest flexion or extension came (None for other faults).
    """

    set: int
    start_s: float
    bottom_s: float
    end_s: float
    close_s: float
    hip_hinge_deg: float
    trunk_deg: float
    lumbar_flexion_deg: float
    lumbar_extension_deg: float
    lumbar_side_bend_deg: float
    lumbar_rotation_deg: float
    eccentric_s: float
    fault: IntendedFault | None
    fault_at_s: float | None


@dataclass(frozen=True, slots=True)
class TrueSensor:
    """One sensor without errors, at the recording's instants, with `Recording`'s labels (swapped when worn so).

    Attributes
    ----------
    position_m : (N, 3) float
        World, ENU.
    imu : ImuSamples
        True specific force, angular rate and orientation (sensor to Earth).
    mounting : (3, 3) float
        Rotation sensor to segment, skin at rest.
    """

    position_m: Floats
    imu: ImuSamples
    mounting: Floats


@dataclass(frozen=True, slots=True)
class Truth:
    """Clinical angles (deg) at the recording's instants, and what was done when."""

    time_s: Floats
    hip_hinge_deg: Floats
    trunk_deg: Floats
    lumbar_flexion_deg: Floats
    lumbar_side_bend_deg: Floats
    lumbar_rotation_deg: Floats
    repetitions: tuple[TrueRepetition, ...]
    distractors: tuple[Happening, ...]
    neutral_s: tuple[tuple[float, float], ...]
    swapped: bool
    sacral: TrueSensor
    thoracic: TrueSensor


def clinical_angles(pelvis: Floats, thorax: Floats) -> Floats:
    """Angles of two segments against upright.

    Parameters
    ----------
    pelvis, thorax : (N, 3, 3) float
        Segment (x forward, y up, z right) to world (z up).

    Returns
    -------
    (N, 4) float
        Hip hinge, trunk, lumbar side bend (right +), lumbar rotation (left +), deg; not yet relative to neutral.
    """
    relative = np.einsum("nji,njk->nik", pelvis, thorax)
    side = np.arcsin(np.clip(relative[:, 2, 1], -1, 1))
    rotation = np.arctan2(-relative[:, 2, 0], relative[:, 2, 2])
    return np.degrees(np.column_stack([_tilt(pelvis), _tilt(thorax), side, rotation]))


def _tilt(rotation: Floats) -> Floats:
    """Forward tilt, rad: the vertical, seen from the segment, moves backward as the segment goes forward."""
    return np.arctan2(-rotation[:, 2, 0], rotation[:, 2, 1])


def relative_to_neutral(angles: Floats, time_s: Floats, plan: Plan) -> Floats:
    """Subtract each stance's mean over its quiet standing; a stance holds from one second before it."""
    result = np.empty_like(angles)
    begins = [0, *(int(np.searchsorted(time_s, window[0] - 1.0)) for window in plan.neutral_s[1:]), len(time_s)]
    for window, first, last in zip(plan.neutral_s, begins, begins[1:], strict=False):
        quiet = slice(*np.searchsorted(time_s, window))
        result[first:last] = angles[first:last] - np.mean(angles[quiet], axis=0)
    return result


def true_repetition(planned: PlannedRepetition, time_s: Floats, angles: Floats) -> TrueRepetition:
    """Measure one repetition.

    Parameters
    ----------
    planned : PlannedRepetition
    time_s : (N,) float
        Uniform.
    angles : (N, 4) float
        From `relative_to_neutral`.
    """
    first, close = np.searchsorted(time_s, (planned.start_s, planned.close_s))
    hinge, trunk = angles[first:close, 0], angles[first:close, 1]
    speed = np.gradient(trunk, time_s[first:close])
    bottom = int(np.argmax(trunk))
    fall, rise = int(np.argmax(speed[: bottom + 1])), bottom + int(np.argmin(speed[bottom:]))
    slow = np.flatnonzero(speed[:fall] < ONSET * speed[fall])
    start = int(slow[-1]) + 1 if len(slow) else 0
    arrived = fall + _first(speed[fall:] < ONSET * speed[fall])
    end = rise + _first(speed[rise:] > ONSET * speed[rise])
    lumbar = (trunk - hinge)[start:]
    fault = planned.intended.fault
    extreme = {"flexion": int(np.argmax(lumbar)), "extension": int(np.argmin(lumbar))}.get(fault or "")
    at = time_s[first:close]
    return TrueRepetition(
        planned.set,
        float(at[start]),
        float(at[bottom]),
        float(at[end]),
        planned.close_s,
        float(hinge[bottom]),
        float(trunk[bottom]),
        max(0.0, float(np.max(lumbar))),
        max(0.0, -float(np.min(lumbar))),
        float(angles[first + bottom, 2]),
        float(angles[first + bottom, 3]),
        float(at[arrived] - at[start]),
        fault,
        None if extreme is None else float(at[start + extreme]),
    )


def _first(true: Bools) -> int:
    """Index of the first True, the last index if there is none."""
    return int(np.argmax(true)) if bool(np.any(true)) else len(true) - 1
