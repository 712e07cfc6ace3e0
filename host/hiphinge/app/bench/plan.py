"""What is to be done at the bench, for each kind of session: stages and what to tell who stands there; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hiphinge.app.bench.stages import Kind
from hiphinge.model import HiphingeError

# Detents of the printed jig (hardware/hiphinge_hardware/cad/jig.py), up and half-way back: coming back tells slack.
JIG_DEG = (0.0, 15.0, 30.0, 45.0, 60.0, 75.0, 90.0, 45.0, 0.0)
HOLD_S = 5.0
DISTANCES_M = (1.0, 3.0, 5.0, 10.0, 15.0)
RANGE_HOLD_S = 20.0
STAND_S = 6.0
BENDS = 10
# A slow bend and return with its rests: what `rig.bends` takes, and a little more.
BEND_S = 7.0
DRIFT_MIN = 10.0
# What is set down by hand swings on.
_SETTLE_S = 1.0
# As the report wants it (tilt.py): told before somebody has recorded for nothing.
_LEAST_RANGE_DEG = 10.0
_MOST_STAGES = 200
_MOST_MIN = 120.0


@dataclass(frozen=True, slots=True)
class Step:
    """One stage to come.

    Attributes
    ----------
    words : str
        What to do before it, for the person at the bench.
    hold_s : float
        How long it lasts.
    settle_s : float
        Waited between the word "go" and the stage.
    angle_deg, distance_m : float or None
        Known beforehand; None with `asks` where the person reads it off.
    asks : bool
        The known value is typed.
    note : str
    """

    words: str
    hold_s: float
    settle_s: float = 0.0
    angle_deg: float | None = None
    distance_m: float | None = None
    asks: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A bench session to be recorded."""

    kind: Kind
    reference: str
    steps: tuple[Step, ...]


def tilt_plan(angles_deg: Sequence[float] = JIG_DEG, hold_s: float = HOLD_S, inclinometer: bool = False) -> Plan:
    """Angles of a jig, or read off an inclinometer.

    Raises
    ------
    HiphingeError
        No zero among them, too few, or impossible ones.
    """
    if any(not -180 <= angle <= 180 for angle in angles_deg) or not 3 <= len(angles_deg) <= _MOST_STAGES:
        raise HiphingeError(f"angles must be 3 to {_MOST_STAGES} numbers from -180 to 180; such as 0,15,30,45,60")
    if not any(angle == 0 for angle in angles_deg):
        raise HiphingeError("one of the angles must be 0: the others are counted from it")
    if max(angles_deg) - min(angles_deg) < _LEAST_RANGE_DEG:
        raise HiphingeError(f"angles must be over at least {_LEAST_RANGE_DEG:g} deg; such as 0,15,30,45,60")
    first = angles_deg.index(0)
    steps = tuple(_tilt_step(angle, hold_s, inclinometer, at == first) for at, angle in enumerate(angles_deg))
    return Plan("tilt", "inclinometer, readings typed" if inclinometer else "protractor jig, its detents", steps)


def _tilt_step(angle_deg: float, hold_s: float, inclinometer: bool, zero: bool) -> Step:
    if not inclinometer:
        return Step(f"put it to {angle_deg:g} deg, let go", hold_s, _SETTLE_S, angle_deg)
    if zero:
        # The first 0 is what the others are counted from; a later one is read like every other angle.
        return Step("put it to 0 deg, let go, set the inclinometer to 0 there", hold_s, _SETTLE_S, 0.0)
    return Step(f"put it to about {angle_deg:g} deg, let go", hold_s, _SETTLE_S, angle_deg, asks=True)


def pair_plan(count: int = BENDS) -> Plan:
    """Two pods on one board: standing, then bends."""
    stand = Step("stand the board upright with both pods on it, hands off if it can", STAND_S, _SETTLE_S, note="stand")
    words = f"bend it slowly forward to 90 deg and back, {count} times, a short rest upright between"
    return Plan("pair", "two pods on one board: lumbar angle 0", (stand, Step(words, count * BEND_S, note="bends")))


def drift_plan(minutes: float = DRIFT_MIN) -> Plan:
    """Untouched pods.

    Raises
    ------
    HiphingeError
        Too short or too long.
    """
    if not 0.5 <= minutes <= _MOST_MIN:
        raise HiphingeError(f"{minutes:g} minutes: give 0.5 to {_MOST_MIN:g}")
    words = "lay both pods down and keep off the table"
    return Plan("drift", "nothing moves", (Step(words, 60 * minutes, _SETTLE_S, note="still"),))


def range_plan(distances_m: Sequence[float] = DISTANCES_M, hold_s: float = RANGE_HOLD_S) -> Plan:
    """Farther and farther away.

    Raises
    ------
    HiphingeError
        No distances, or impossible ones.
    """
    if not distances_m or len(distances_m) > _MOST_STAGES or any(not 0 <= metres <= 1000 for metres in distances_m):
        raise HiphingeError(f"distances must be 1 to {_MOST_STAGES} numbers from 0 to 1000 m; such as 1,3,5,10")
    steps = tuple(
        Step(f"wear it, back to the computer, {metres:g} m away", hold_s, _SETTLE_S, distance_m=metres)
        for metres in distances_m
    )
    return Plan("range", "distance paced or measured", steps)
