"""What is to be simulated: the wearer's intentions, the sensors, and what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Literal, cast, get_args

from hiphinge.model import HiphingeError
from hiphinge.simulate.errors import TYPICAL, SensorErrors

IntendedFault = Literal["flexion", "extension", "shallow", "deep", "fast"]
DistractorKind = Literal["side_bends", "twists", "sit_to_stand", "jumps", "pick_up", "walk"]
Mounting = Literal["nominal", "random", "upside_down", "turned", "opposite"]

# What a fault means when `fault_deg` is not given: plainly past the strict limits of DESIGN section 2 (flexion 10,
# extension 8, depth 45..50 with 3 of grace), not merely at them.
FAULT_DEG: dict[IntendedFault, float] = {"flexion": 16.0, "extension": 14.0, "shallow": 35.0, "deep": 60.0}
FAST_ECCENTRIC_S = 0.8  # about half the strict preset's 1.5 s


@dataclass(frozen=True, slots=True)
class Repetition:
    """One intended bend and return.

    Attributes
    ----------
    hip_hinge_deg : float
        Pelvic tilt at the bottom. `fault` "shallow" and "deep" replace it by `fault_deg`.
    lumbar_flexion_deg : float
        The smooth share of lumbar flexion at the bottom, there in every repetition.
    eccentric_s, bottom_s, concentric_s, top_s : float
        Tempo, whole blends. The 5 % speed rule of DESIGN section 2 sees about 0.88 of a blend. Under 0.1 s at the
        bottom the wearer turns round without a pause. "fast" caps the eccentric at `FAST_ECCENTRIC_S`.
    fault : str or None
        What goes wrong.
    fault_deg : float or None
        Peak lumbar flexion or extension (positive), or the depth of "shallow" and "deep"; None takes `FAULT_DEG`.
    fault_at : float
        0..1, where the peak comes: of the way down for flexion (1: at the bottom), of the way up for extension
        (1: at lock-out). Under 0.25 counts as 0.25: a peak needs time to rise.
    side_bend_deg, rotation_deg : float
        Lumbar side bend (right +) and rotation (left +) at the bottom.
    """

    hip_hinge_deg: float = 47.5
    lumbar_flexion_deg: float = 3.0
    eccentric_s: float = 2.0
    bottom_s: float = 0.3
    concentric_s: float = 1.5
    top_s: float = 0.8
    fault: IntendedFault | None = None
    fault_deg: float | None = None
    fault_at: float = 1.0
    side_bend_deg: float = 0.0
    rotation_deg: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no wearer could do."""
        if self.fault is not None and self.fault not in get_args(IntendedFault):
            raise HiphingeError(f"repetition: fault {self.fault!r} is unknown; use {_listed(IntendedFault)} or none")
        if min(self.eccentric_s, self.concentric_s) < 0.2 or min(self.bottom_s, self.top_s) < 0:
            raise HiphingeError("repetition: down and up take at least 0.2 s each, the pauses at least 0 s")
        if not 0 <= self.fault_at <= 1:
            raise HiphingeError(f"repetition: fault_at is {self.fault_at}; use a fraction from 0 to 1")

    @property
    def depth_deg(self) -> float:
        """The hinge this repetition really aims at, its fault counted in."""
        return self.peak_deg if self.fault in ("shallow", "deep") else self.hip_hinge_deg

    @property
    def down_s(self) -> float:
        """The way down's length, its fault counted in."""
        return min(self.eccentric_s, FAST_ECCENTRIC_S) if self.fault == "fast" else self.eccentric_s

    @property
    def peak_deg(self) -> float:
        """`fault_deg`, or what its fault means by default (0 without one)."""
        if self.fault_deg is not None:
            return self.fault_deg
        return 0.0 if self.fault is None else FAULT_DEG.get(self.fault, 0.0)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole session.

    Order: bent start, walking, standing, `distractors_before`, the sets with `distractors` in every rest (after the set
    if there is one only), `distractors_after`, three seconds of standing.

    Attributes
    ----------
    seed : int
        Everything random follows from it. Body and motion, mounting, sensor errors and losses draw from streams of
        their own, so changing one does not change another.
    rest_s : float
        Least time between sets; longer when distractors need it (a bend keeps 18 s from sets and other bends, beyond
        the default rest of 15 s that joins attempts to a set).
    bent_start : (degrees, seconds) or None
        The recording starts bent forward.
    stances : tuple of (pelvis, lumbar) degrees
        One per set: the neutral pose of that set against upright standing; truth is then relative to each set's own.
    blank_fraction : float
        Share of a single sensor's samples that are missing (NaN) while the row stays.
    drop_fraction : float
        Share of rows missing, singly and in short runs.
    asymmetry_deg : float
        1 sigma of the wearer's habitual side bend and rotation at the bottom; half of it again per repetition.
    sway : float
        1 is lifelike: about 0.5 deg and 0.5 cm rms of frontal and sagittal sway. 0 is a statue between bends.
    soft_tissue_deg : float
        How far skin turns a sensor against its bone: at a bend of 45 deg, and about half of it per 5 m/s² of shaking.
        Real skin at S2 and T12 is of the order of 1..3 deg; the default is a snug clip on a belt.
    quaternions : bool
        Also give device-fused orientation: arbitrary drifting heading, inclination wrong by about 0.4 deg rms.
    marks : bool
        Add `set_start` and `set_end` events.
    """

    seed: int = 0
    rate_hz: float = 100.0
    sets: tuple[tuple[Repetition, ...], ...] = ()
    standing_s: float = 4.0
    rest_s: float = 25.0
    walking_s: float = 0.0
    bent_start: tuple[float, float] | None = None
    distractors: tuple[DistractorKind, ...] = ()
    distractors_before: tuple[DistractorKind, ...] = ()
    distractors_after: tuple[DistractorKind, ...] = ()
    stances: tuple[tuple[float, float], ...] = ()
    swapped: bool = False
    mounting: Mounting = "nominal"
    sensors: SensorErrors = TYPICAL
    drop_fraction: float = 0.0
    blank_fraction: float = 0.0
    asymmetry_deg: float = 1.0
    sway: float = 1.0
    soft_tissue_deg: float = 0.5
    quaternions: bool = False
    marks: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated."""
        if not (isinstance(cast("object", self.rate_hz), Real) and 10 <= self.rate_hz <= 1000):
            raise HiphingeError(f"scenario: rate is {self.rate_hz} Hz; use 10 to 1000")
        if self.seed < 0:
            raise HiphingeError(f"scenario: seed is {self.seed}; use 0 or more")
        if self.standing_s < 1:
            raise HiphingeError(f"scenario: standing is {self.standing_s} s; a neutral pose needs at least 1 s")
        if not (0 <= self.drop_fraction < 0.9 and 0 <= self.blank_fraction < 0.9):
            raise HiphingeError("scenario: drop and blank fractions lie between 0 and 0.9")
        if self.stances and len(self.stances) != len(self.sets):
            raise HiphingeError(f"scenario: {len(self.stances)} stances for {len(self.sets)} sets; give one per set")
        if self.mounting not in get_args(Mounting):
            raise HiphingeError(f"scenario: mounting {self.mounting!r} is unknown; use {_listed(Mounting)}")
        for kind in (*self.distractors_before, *self.distractors, *self.distractors_after):
            if kind not in get_args(DistractorKind):
                raise HiphingeError(f"scenario: distractor {kind!r} is unknown; use {_listed(DistractorKind)}")


def _listed(literal: object) -> str:
    return ", ".join(str(name) for name in get_args(literal))
