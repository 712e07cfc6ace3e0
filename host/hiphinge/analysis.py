"""A whole recording analysed: standing, mounting, every attempt, its measures and its verdict.

The chain, each link a module of its own: samples on an even grid (`kinematics.grid`), orientation of either sensor
(`kinematics.orientation`), calibration from the movement itself (`kinematics.calibration`), angles
(`kinematics.track`), bends (`reps.segmenter`), measures and verdicts (`reps.attempts`). Live, `hiphinge.engine` drives
the same links with the past alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hiphinge.kinematics.calibration import check_fit, exchange, learn
from hiphinge.kinematics.decimate import coarse_stride, thin
from hiphinge.kinematics.fusion import fuse_recording
from hiphinge.kinematics.grid import grid_times, measure_grid, put_on_grid
from hiphinge.kinematics.neutral import Neutral, changed, own_neutral, spans
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.quiet import LEAST_STANDING_S, QuietRun, quiet_runs
from hiphinge.kinematics.track import Track, heading_offset_rad, joined, published, take, track
from hiphinge.model import Analysis, Attempt, Calibration, Event, Floats, Recording
from hiphinge.programmes.limits import Limits
from hiphinge.reps.attempts import Located, attempt, completed, examine
from hiphinge.reps.measure import Measured
from hiphinge.reps.segmenter import Segmenter
from hiphinge.reps.sets import DEFAULT_REST_S, number_sets


def analyse(
    recording: Recording, limits: Limits, rest_s: float = DEFAULT_REST_S, calibration: Calibration | None = None
) -> Analysis:
    """Analyse a recording as a whole.

    Parameters
    ----------
    recording : Recording
    limits : Limits
        What the attempts are judged by.
    rest_s : float
        Attempts further apart belong to different sets, unless the session marks its sets.
    calibration : Calibration, optional
        A saved one; found in the recording if not given.

    Returns
    -------
    Analysis

    Raises
    ------
    CalibrationError
        Without a usable standing or bend.
    """
    motion = oriented(recording)
    if calibration is not None:
        check_fit(calibration, motion.sacral, motion.thoracic, motion.rate_hz)
    stride = coarse_stride(motion.rate_hz)
    coarse = (thin(motion.sacral, stride), thin(motion.thoracic, stride))
    found = calibration or learn(*coarse, motion.time_s[::stride], motion.rate_hz / stride).calibration
    sacral, thoracic = exchange(motion.sacral, motion.thoracic, found.swapped)
    right = replace(motion, sacral=sacral, thoracic=thoracic)
    neutrals = [Neutral(float(motion.time_s[0]), found.sacral, found.thoracic)]
    whole = _tracked(right, neutrals, found)
    bends = _bends(whole, motion.rate_hz)
    measured = _examined(whole, bends, motion.rate_hz)
    if calibration is None and measured:
        sets = _set_spans(measured, recording.meta.events, rest_s, motion.time_s)
        quiet = quiet_runs(*exchange(*coarse, found.swapped), motion.rate_hz / stride)
        neutrals = _per_set(sets, quiet, neutrals[0], motion.time_s[::stride])
    if len(neutrals) > 1:
        whole = _tracked(right, neutrals, found)
        measured = _examined(whole, bends, motion.rate_hz)
    attempts = [attempt(at, m, limits, float(motion.time_s[b.decided])) for at, (b, m) in enumerate(measured, 1)]
    return Analysis(
        calibration=found,
        neutrals_from_s=tuple(neutral.from_s for neutral in neutrals),
        attempts=completed(attempts, recording.meta.events, rest_s),
        angles=take(published(whole), motion.rows),
        rate_hz=motion.rate_hz,
        missing_samples=motion.missing_samples,
        warnings=(*recording.warnings, *found.warnings),
    )


@dataclass(frozen=True, slots=True)
class Oriented:
    """Both sensors oriented on one grid.

    `rows` are the grid indices of the recording's own instants.
    """

    time_s: Floats
    rate_hz: float
    sacral: SensorMotion
    thoracic: SensorMotion
    rows: np.ndarray
    missing_samples: int


def oriented(recording: Recording) -> Oriented:
    """Both sensors on the recording's grid, fused over the whole recording."""
    grid = measure_grid(recording.time_s)
    lower, upper = put_on_grid(recording.sacral, grid), put_on_grid(recording.thoracic, grid)
    return Oriented(
        time_s=grid_times(recording.time_s, grid),
        rate_hz=grid.rate_hz,
        sacral=fuse_recording(lower, grid.rate_hz)[0],
        thoracic=fuse_recording(upper, grid.rate_hz)[0],
        rows=grid.index,
        missing_samples=int(np.count_nonzero((lower.gap_s > 0) | (upper.gap_s > 0))),
    )


def _tracked(motion: Oriented, neutrals: list[Neutral], calibration: Calibration) -> Track:
    offset = heading_offset_rad(motion.sacral, motion.thoracic, neutrals[0], motion.rate_hz)
    return joined(
        [
            track(
                motion.sacral.rows(part),
                motion.thoracic.rows(part),
                motion.time_s[part],
                neutral,
                offset[part],
                calibration.flexion_axis_quality,
            )
            for part, neutral in spans(neutrals, motion.time_s)
        ]
    )


def _bends(whole: Track, rate_hz: float) -> list[Located]:
    stride = coarse_stride(rate_hz)
    segmenter = Segmenter(rate_hz / stride)
    coarse = slice(stride - 1, None, stride)
    found = segmenter.push(whole.angles.trunk_deg[coarse], whole.angles.hip_hinge_deg[coarse]) + segmenter.finish()
    return [Located.from_coarse(bend, stride) for bend in found]


def _examined(whole: Track, bends: list[Located], rate_hz: float) -> list[tuple[Located, Measured]]:
    pairs = ((bend, examine(whole, bend, rate_hz)) for bend in bends)
    return [(bend, measured) for bend, measured in pairs if measured is not None]


def _per_set(sets: list[_SetSpan], quiet: list[QuietRun], base: Neutral, time_s: Floats) -> list[Neutral]:
    """The neutral of each set by its own standing, if the stance differs between any of them.

    `quiet` are runs of thinned samples, `time_s` their times.
    """
    spans_s = [(float(time_s[run.start]), float(time_s[min(run.stop, len(time_s) - 1)]), run) for run in quiet]

    def between(after_s: float, before_s: float) -> list[tuple[float, QuietRun]]:
        return [(b - a, run) for a, b, run in spans_s if a >= after_s and b <= before_s + _LATE_S]

    def of_set(span: _SetSpan) -> Neutral | None:
        before = between(span.after_s, span.onset_s)
        standing = [run for lasted_s, run in before if lasted_s >= LEAST_STANDING_S][-1:]
        pauses = [run for _, run in between(span.onset_s, span.end_s)]
        return own_neutral(base, standing + pauses, span.after_s) if standing else None

    own = [of_set(span) or replace(base, from_s=span.after_s) for span in sets]
    if not changed(own):
        return [base]
    return [replace(own[0], from_s=base.from_s), *own[1:]]


# A quiet run may reach this far into the descent: the first tenths of a slow one are still.
_LATE_S = 0.5


@dataclass(frozen=True, slots=True)
class _SetSpan:
    after_s: float  # the end of whatever was attempted before it
    onset_s: float
    end_s: float


def _set_spans(
    measured: list[tuple[Located, Measured]], events: tuple[Event, ...], rest_s: float, time_s: Floats
) -> list[_SetSpan]:
    numbers = number_sets([(m.start_s, m.end_s) for _, m in measured], events, rest_s)
    found: list[_SetSpan] = []
    for number in range(1, max(numbers, default=0) + 1):
        members = [at for at, mine in enumerate(numbers) if mine == number]
        if not members:
            continue  # a marked set in which nothing was attempted
        first, last = measured[members[0]][1], measured[members[-1]][1]
        after_s = _closed_s(measured[members[0] - 1], time_s) if members[0] else -np.inf
        found.append(_SetSpan(after_s, first.start_s, last.end_s))
    return found


def _closed_s(before: tuple[Located, Measured], time_s: Floats) -> float:
    """When the attempt before a set is over, its extremes included: they are its own, by its own zero."""
    return float(time_s[min(before[0].closed + 1, len(time_s) - 1)])


def summary(attempts: tuple[Attempt, ...]) -> dict[str, int]:
    """Counts over the attempts of sets; isolated bends (`set` 0) are left out."""
    counted = [one for one in attempts if one.set > 0]
    return {
        "attempts": len(counted),
        **{verdict: sum(one.verdict == verdict for one in counted) for verdict in ("compliant", "faulty", "uncertain")},
        "sets": len({one.set for one in counted}),
    }
