"""A recording through the live path: what would have been shown, from the past alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import numpy as np

from hiphinge.engine import AnglesKnown, Calibrated, Decided, Disturbed, LiveEngine, LiveEvent, Noted, Rezeroed
from hiphinge.kinematics.calibration import CalibrationError, check_fit
from hiphinge.kinematics.disturbances import said
from hiphinge.kinematics.grid import grid_times, measure_grid, put_on_grid
from hiphinge.kinematics.missing import missing_lines
from hiphinge.kinematics.orientation import fuse_offline
from hiphinge.kinematics.track import take
from hiphinge.model import Analysis, Angles, Attempt, Calibration, Floats, Recording
from hiphinge.programmes.limits import Limits
from hiphinge.reps.attempts import completed
from hiphinge.reps.sets import DEFAULT_REST_S

# Kinds of events by which a session keeps what the wearer asked for.
RECALIBRATE, ZERO = "recalibrate", "zero"
# Samples handed over at a time; the engine's result does not depend on it.
_PIECE_S = 10.0


def analyse_live(
    recording: Recording, limits: Limits, rest_s: float = DEFAULT_REST_S, calibration: Calibration | None = None
) -> Analysis:
    """Analyse a recording as `hiphinge live` would have, sample by sample with the past alone.

    Angles are NaN before calibration. Across gaps of up to `grid.BRIDGE_S` the first sample after the gap is known, as
    it is live, where the samples wait for it. Sets are numbered at the end; verdicts are those shown live.
    Arguments and errors are those of `hiphinge.analysis.analyse`.
    """
    grid = measure_grid(recording.time_s)
    time_s = grid_times(recording.time_s, grid)
    sacral, thoracic = put_on_grid(recording.sacral, grid), put_on_grid(recording.thoracic, grid)
    # What a session was judged by it was judged by, and the wearer was told; another one may still be refused.
    if calibration is not None and calibration is not recording.meta.calibration:
        check_fit(calibration, fuse_offline(sacral, grid.rate_hz), fuse_offline(thoracic, grid.rate_hz), grid.rate_hz)
    engine = LiveEngine(grid.rate_hz, limits, rest_s, calibration)
    shown = np.full((len(fields(Angles)), grid.size), np.nan)
    shown[0] = time_s
    attempts: list[Attempt] = []
    calibrations: list[Calibration] = []
    notes: list[str] = []
    neutrals_from_s = [float(time_s[0])]

    def note(event: LiveEvent) -> None:
        match event:
            case Calibrated():
                calibrations.append(event.calibration)
            case Rezeroed():
                neutrals_from_s.append(event.at_s)
            case AnglesKnown():
                stop = event.first + len(event.angles.time_s)
                shown[:, event.first : stop] = [getattr(event.angles, f.name) for f in fields(Angles)]
            case Decided():
                attempts.append(event.attempt)
            case Noted():
                notes.append(event.words)
            case Disturbed():
                pass  # all of them, with their ends, are said at the end

    for part, asked in _parts(recording, time_s, grid.rate_hz):
        for event in engine.push(time_s[part], sacral.rows(part), thoracic.rows(part)):
            note(event)
        for command in asked:
            engine.recalibrate() if command == RECALIBRATE else engine.zero()
    for event in engine.finish():
        note(event)
    if not calibrations and notes:
        raise CalibrationError(notes[0])
    if not calibrations:
        raise CalibrationError(
            "never calibrated: live needs a quiet upright standing, then one forward bend of 20 deg and the return; "
            "analyse without --live looks both ways in time"
        )
    return Analysis(
        calibration=calibrations[-1],
        neutrals_from_s=tuple(neutrals_from_s),
        attempts=completed(attempts, recording.meta.events, rest_s),
        angles=take(Angles(*shown), grid.index),
        rate_hz=grid.rate_hz,
        missing_samples=int(np.count_nonzero((sacral.gap_s > 0) | (thoracic.gap_s > 0))),
        warnings=(
            *recording.warnings,
            *calibrations[-1].warnings,
            *missing_lines((sacral, thoracic), time_s, calibrations[-1].swapped),
            *engine.plainly_filtered,
            *said(engine.disturbances),
        ),
    )


def _parts(recording: Recording, time_s: Floats, rate_hz: float) -> Iterator[tuple[slice, list[str]]]:
    """Stretches of the grid, each with what the wearer asked for at its end."""
    asked = [event for event in recording.meta.events if event.kind in (RECALIBRATE, ZERO)]
    # An event carries the time of the newest sample before it.
    after = np.searchsorted(time_s, np.array([event.time_s for event in asked]) + 0.5 / rate_hz)
    piece = max(1, round(_PIECE_S * rate_hz))
    ends = sorted({*range(piece, len(time_s), piece), *(int(row) for row in after), len(time_s)})
    first = 0
    for end in ends:
        yield slice(first, end), [event.kind for event, row in zip(asked, after, strict=True) if row == end]
        first = end
