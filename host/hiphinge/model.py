"""What flows through the house: frozen dataclasses.

Rows are samples. Missing values are NaN. Names carry units; frames are the sensor's own unless a name says otherwise.
Signs and definitions of the angles: see `Angles`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FaultKind = Literal["lumbar_flexion", "lumbar_extension", "too_shallow", "too_deep", "too_fast", "asymmetry"]
Phase = Literal["down", "bottom", "up", "top"]
Verdict = Literal["compliant", "faulty", "uncertain"]
Segment = Literal["sacral", "thoracic"]

SEGMENTS: tuple[Segment, Segment] = ("sacral", "thoracic")


class HiphingeError(Exception):
    """Something a user can act on: one line that says what is wrong, where, and what to do."""


@dataclass(frozen=True, slots=True)
class ImuSamples:
    """What one IMU measured, in its own frame, at the instants of `Recording.time_s`.

    Attributes
    ----------
    acc_mps2 : (N, 3) float or None
        Specific force in m/s² (+1 g up at rest).
    gyr_radps : (N, 3) float or None
        Angular rate in rad/s.
    quat : (N, 4) float or None
        Unit quaternions w, x, y, z, sensor to Earth (ENU), as fused on the device.
    """

    acc_mps2: Floats | None
    gyr_radps: Floats | None
    quat: Floats | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something marked during a session: `set_start`, `set_end`, `mark`, `knock`, ..."""

    time_s: float
    kind: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How each sensor sits on its segment, and what was taken for the wearer's neutral standing.

    Attributes
    ----------
    sacral, thoracic : (3, 3) float
        Rotation sensor to segment: ``v_segment = m @ v_sensor``. Segment axes (ISB): x forward, y up, z right.
    neutral_s : (start, end)
        The quiet upright standing that defines zero.
    flexion_axis_quality : float
        0..1: how well the bends agree on one flexion axis (1: perfectly).
    swapped : bool
        The sensor labelled sacral was worn at the thorax. The matrices above belong to the *corrected* labels.
    warnings : tuple of str
        What a user should know, in plain words.
    stood_s : float
        How long the wearer stood in the neutral pose in all: zero is a mean over that much sway.
    flexion_axis_sd_deg : (sacral, thoracic)
        How well each flexion axis is known, as a turn about the vertical, by the scatter of the bends' own axes.
    bends : int
        How many bends the axes were learnt from.
    """

    sacral: Floats
    thoracic: Floats
    neutral_s: tuple[float, float]
    flexion_axis_quality: float
    swapped: bool = False
    warnings: tuple[str, ...] = ()
    stood_s: float = 4.0
    flexion_axis_sd_deg: tuple[float, float] = (5.0, 5.0)
    bends: int = 1


@dataclass(frozen=True, slots=True)
class SessionMeta:
    """What is known of a session besides its samples (`session.json`)."""

    person: str | None = None
    started_at: str | None = None
    device: Mapping[str, str] = field(default_factory=dict[str, str])
    source_rates_hz: Mapping[str, float] = field(default_factory=dict[str, float])
    programme: str | None = None
    preset: str | None = None
    limits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    # A programme of the user's own, whole: whoever opens the session elsewhere has no file of it.
    own_programme: Mapping[str, Any] = field(default_factory=dict[str, Any])
    # Attempts further apart are different sets; None: as the programme says.
    rest_s: float | None = None
    stance: str | None = None
    side: str | None = None
    load_kg: float | None = None
    pain_0_10: int | None = None
    notes: str = ""
    events: tuple[Event, ...] = ()
    calibration: Calibration | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """A session's samples: two IMUs on one time base.

    Attributes
    ----------
    time_s : (N,) float
        Device time from the session's start, strictly increasing. Values are the sensors' readings *at* these instants.
    sacral, thoracic : ImuSamples
    meta : SessionMeta
    source : str
        Where it came from, for messages.
    warnings : tuple of str
        What a reader noticed (a file cut in mid-line, ...), in plain words.
    """

    time_s: Floats
    sacral: ImuSamples
    thoracic: ImuSamples
    meta: SessionMeta = SessionMeta()
    source: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Angles:
    """Clinical angles in degrees, one row per instant; NaN where not known.

    Zero is the wearer's own quiet standing. Positive: `hip_hinge` (pelvis) and `trunk` (thorax) tilt forward,
    `lumbar_flexion` is trunk minus hip hinge (flexion +, extension -), side bend to the right,
    rotation to the left (ISB).
    Every `*_sd` is one standard deviation in degrees.
    """

    time_s: Floats
    hip_hinge_deg: Floats
    trunk_deg: Floats
    lumbar_flexion_deg: Floats
    lumbar_side_bend_deg: Floats
    lumbar_rotation_deg: Floats
    hip_hinge_sd_deg: Floats
    trunk_sd_deg: Floats
    lumbar_flexion_sd_deg: Floats
    lumbar_side_bend_sd_deg: Floats
    lumbar_rotation_sd_deg: Floats


@dataclass(frozen=True, slots=True)
class Fault:
    """One limit left, or too near to call: value and limit in the kind's unit (deg, or s for `too_fast`)."""

    kind: FaultKind
    value: float
    limit: float
    sd: float
    at_s: float
    phase: Phase
    advisory: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One cycle of forward bend and return, measured and judged. `set` is 0 for an isolated bend."""

    index: int
    set: int
    start_s: float
    bottom_s: float
    end_s: float
    decided_s: float
    hip_hinge_deg: float
    hip_hinge_sd_deg: float
    trunk_deg: float
    trunk_sd_deg: float
    lumbar_flexion_deg: float
    lumbar_flexion_sd_deg: float
    lumbar_extension_deg: float
    lumbar_extension_sd_deg: float
    lumbar_side_bend_deg: float
    lumbar_rotation_deg: float
    lumbar_share: float
    tempo_s: tuple[float | None, float | None, float | None, float | None]
    smoothness_sal: float
    verdict: Verdict
    faults: tuple[Fault, ...] = ()
    doubts: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an analysis found.

    Attributes
    ----------
    calibration : Calibration
    neutrals_from_s : tuple of float
        From when on each neutral holds: one, or more where the stance differed between sets.
    attempts : tuple of Attempt
        In order of time, isolated bends (`set` 0) included.
    angles : Angles
        At the recording's own instants.
    rate_hz : float
        Measured.
    missing_samples : int
        Instants at which either sensor has no sample.
    warnings : tuple of str
    """

    calibration: Calibration
    neutrals_from_s: tuple[float, ...]
    attempts: tuple[Attempt, ...]
    angles: Angles
    rate_hz: float
    missing_samples: int
    warnings: tuple[str, ...] = ()
