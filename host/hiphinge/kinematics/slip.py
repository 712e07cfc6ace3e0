"""A sensor that turned on its wearer: when, how far, and how it sits since.

Three signs, none of which needs the mounting: the vertical it sees when the wearer is upright steps and stays; the axis
of its bends steps and stays; and the other sensor, which tells what upright is, goes on as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from hiphinge.kinematics.anchors import Anchors, anchors
from hiphinge.kinematics.angles import axis_heading_rad, wrapped
from hiphinge.kinematics.calibration import frame, reneutral
from hiphinge.kinematics.neutral import Neutral
from hiphinge.kinematics.orientation import SensorMotion
from hiphinge.kinematics.rotation import unit
from hiphinge.model import SEGMENTS, Floats, Segment

# Levels are medians of so many anchors on either side: two odd ones (a rest arched, a weight shift) do not move them.
_NEIGHBOURS = 5
# Within a set the wearer comes back to the same standing within 1-3 deg (day to day; tired people round by some more).
_STEP_IN_SET_DEG = 6.0
# Between sets the stance may change: feet parallel or split tilt the pelvis by 5-8 deg, sideways by 2-4.
_STEP_BETWEEN_DEG = 11.0
_LEAN_BETWEEN_DEG = 7.0
# Bends further apart than this are not of one set for this purpose: a pause to breathe.
_ONE_SET_S = 12.0
# The axis of the bends: single ones scatter by 2-4 deg, by 8 with 12 deg of random asymmetry; another leg in front
# turns the pelvis's axis by 5-10 between sets.
_TURN_IN_SET_DEG = 9.0
_TURN_BETWEEN_DEG = 13.0
# A slip takes half a second at most; nobody shifts a stance as briskly with one segment alone.
_BRISK_RADPS = np.deg2rad(15.0)
# Within this time a slip is over.
_SLIP_S = 1.0
# The most extreme of some 30 splits reaches 4 by chance.
_TURN_SIGMA = 6.0
# Bends on either side that an axis must rest on.
_LEAST_BENDS = 2
# A sensor that slips more often than this is loose; each is looked for in what the others leave.
_MOST_SLIPS = 6


@dataclass(frozen=True, slots=True)
class Slip:
    """One sensor's mounting changed.

    Attributes
    ----------
    sensor : "sacral" or "thoracic"
        By the right labels.
    start_s, end_s : float
        The last moment it was seen as before, the first at which it was seen as since.
    at_s : float
        The best guess between them.
    angle_deg : float
        How far it turned.
    frame : (3, 3) float
        Sensor to segment since.
    """

    sensor: Segment
    start_s: float
    end_s: float
    at_s: float
    angle_deg: float
    frame: Floats


@dataclass(frozen=True, slots=True)
class Mounted:
    """How one sensor sat from the end of its first anchor to the begin of its last: a slip may fall into an anchor."""

    start: int
    stop: int
    frame: Floats


@dataclass(frozen=True, slots=True)
class Pair:
    """The sensor looked at and the one that goes on as before, thinned."""

    own: SensorMotion
    other: SensorMotion
    other_frame: Floats
    time_s: Floats

    def alone(self, start: int, stop: int) -> bool:
        """Whether the sensor turned briskly between two samples while the other one hardly did."""
        own, other = (np.linalg.norm(m.rate_radps[start:stop], axis=1).max(initial=0.0) for m in (self.own, self.other))
        return bool(own > _BRISK_RADPS and other < _BRISK_RADPS / 3)

    def heading_step(self, span: slice, frame: Floats, turn_deg: float) -> int | None:
        """The sample of a span at which the heading between the segments steps by about a turn, or None.

        Within a second or so: the filters drift against each other by tenths of a degree per second.
        """
        own = axis_heading_rad(self.own.quat[span], frame)
        heading = wrapped(own - axis_heading_rad(self.other.quat[span], self.other_frame))
        reach = min(len(heading) - 1, max(1, round(_SLIP_S / float(self.time_s[1] - self.time_s[0]))))
        steps = np.nan_to_num(np.degrees(wrapped(heading[reach:] - heading[:-reach]))) * np.sign(turn_deg)
        largest = steps.max(initial=0.0)
        if largest < 0.6 * abs(turn_deg):
            return None
        # Any window that holds all of it will do: the middle of those.
        return int(np.median(np.flatnonzero(steps > 0.95 * largest))) + reach // 2

    def located(self, span: slice, before: Floats, after: Floats) -> int:
        """The sample of a span at which one frame gives way to the other."""
        turn_deg = heading_turn_deg(before, after)
        # A turn about the long axis shows in the heading between the segments, but hardly in the vertical.
        by_heading = (
            self.heading_step(span, before, turn_deg) if abs(turn_deg) > rotated_deg(before, after) / 2 else None
        )
        if by_heading is not None:
            return by_heading
        # Either side of it the two segments' verticals differ least by the right frame.
        other = self.other.up[span] @ self.other_frame.T
        costs = [np.nan_to_num(((self.own.up[span] @ f.T - other) ** 2).sum(axis=1)) for f in (before, after)]
        total = np.concatenate([[0.0], np.cumsum(costs[0] - costs[1])])
        return min(int(np.argmin(total)), len(other) - 1)


def find_slips(
    sacral: SensorMotion, thoracic: SensorMotion, base: Neutral, time_s: Floats, rate_hz: float
) -> tuple[Neutral, list[Slip]]:
    """All slips of both sensors.

    Parameters
    ----------
    sacral, thoracic : SensorMotion
        Under their right labels, thinned to some 25 Hz, N samples.
    base : Neutral
        A neutral learnt without regard to slips: right before or after them, its axes may be a mixture.
    time_s : (N,) float
    rate_hz : float

    Returns
    -------
    first : Neutral
        The frames before the first slip, `base` where there is none.
    slips : list of Slip
        In order of time.
    """
    motions = {"sacral": sacral, "thoracic": thoracic}
    frames = {"sacral": base.sacral, "thoracic": base.thoracic}
    found: list[Slip] = []
    for sensor, other in (SEGMENTS, SEGMENTS[::-1]):
        pair = Pair(motions[sensor], motions[other], frames[other], time_s)
        seen = anchors(pair.own, pair.other, pair.other_frame, rate_hz)
        mounted = _mountings(seen, frames[sensor], pair)
        frames[sensor] = mounted[0].frame
        for before, after in pairwise(mounted):
            span = slice(before.stop, after.start)
            at = span.start + pair.located(span, before.frame, after.frame)
            around = _bracket(seen, at, span, round(_SLIP_S / 2 * rate_hz))
            start_s, at_s, end_s = (float(time_s[row]) for row in (around.start, at, around.stop - 1))
            found.append(Slip(sensor, start_s, end_s, at_s, rotated_deg(before.frame, after.frame), after.frame))
    return replace(base, sacral=frames["sacral"], thoracic=frames["thoracic"]), sorted(
        found, key=lambda slip: slip.at_s
    )


def neutrals_after(first: Neutral, slips: Sequence[Slip]) -> list[Neutral]:
    """The frames in force over time: before the first slip, and from each slip on."""
    neutrals = [first]
    for slip in slips:
        last = neutrals[-1]
        sacral, thoracic = (slip.frame, last.thoracic) if slip.sensor == "sacral" else (last.sacral, slip.frame)
        neutrals.append(replace(last, from_s=slip.at_s, sacral=sacral, thoracic=thoracic))
    return neutrals


def _mountings(seen: Anchors, start: Floats, pair: Pair) -> list[Mounted]:
    """Stretches over which a sensor sat the same; one if it never slipped."""
    parts = [slice(0, len(seen.start))]
    by_axis: set[int] = set()
    for _ in range(_MOST_SLIPS):
        cuts = [cut for part in parts if (cut := _cut(seen, part, start, pair)) is not None]
        if not cuts:
            break
        by_axis |= {at for at, of_axis in cuts if of_axis}
        edges = sorted({0, len(seen.start), *(part.start for part in parts), *(at for at, _ in cuts)})
        parts = [slice(a, b) for a, b in pairwise(edges)]
    if len(parts) == 1:
        return [Mounted(0, len(pair.time_s), start)]
    mounted: list[Mounted] = []
    for part in parts:
        inside = seen.rows(part)
        bends = np.flatnonzero(inside.bends)
        first, last = 0, len(inside.start) - 1
        # Seen by the bends' axis alone, a slip lies between the last bend of the old and the first of the new.
        if part.stop in by_axis and len(bends):
            last = int(bends[-1])
        if part.start in by_axis and len(bends):
            first = int(bends[0]) + 1
        frame_now = _frame_of(inside, mounted[-1].frame if mounted else start)
        mounted.append(Mounted(int(inside.stop[first]), int(inside.start[last]), frame_now))
    return mounted


def _frame_of(seen: Anchors, last: Floats) -> Floats:
    """Frame of a stretch: its own vertical, its own axis where enough bends tell, else as little turned as can be."""
    level = _level(seen, last)
    near = np.linalg.norm(tilts_deg(seen.up, last) - level, axis=1) < _STEP_IN_SET_DEG
    up = unit(seen.up[near].mean(axis=0)) if near.any() else unit(seen.up.mean(axis=0))
    kept = reneutral(last, up)
    turns, weights = _axis_turns_deg(seen, kept)
    if len(turns) < _LEAST_BENDS:
        return kept
    turn = float(np.average(turns, weights=weights))
    error = float(np.sqrt(np.average((turns - turn) ** 2, weights=weights) / (len(turns) - 1)))
    # A turn that its own scatter explains is no reason to leave the axis known so far.
    return kept if abs(turn) < 2 * error else _turned(kept, turn)


def _cut(seen: Anchors, part: slice, start: Floats, pair: Pair) -> tuple[int, bool] | None:
    """The anchor from which on the sensor sat differently within a stretch, and whether by its bends' axis alone."""
    inside = seen.rows(part)
    if len(inside.start) < 2:
        return None
    middle = reneutral(start, unit(np.median(inside.up, axis=0)))
    by_level = _level_step(inside, middle, pair)
    if by_level is not None:
        return part.start + by_level, False
    by_axis = _axis_step(inside, middle, pair)
    return None if by_axis is None else (part.start + by_axis, True)


def _level_step(seen: Anchors, middle: Floats, pair: Pair) -> int | None:
    """Where the vertical at the anchors steps for good."""
    tilts = tilts_deg(seen.up, middle)
    count = len(tilts)
    padded = np.full((count + 2 * _NEIGHBOURS, 2), np.nan)
    padded[_NEIGHBOURS : _NEIGHBOURS + count] = tilts
    windows = np.lib.stride_tricks.sliding_window_view(padded, _NEIGHBOURS, axis=0)  # (count + N + 1, 2, N)
    cuts = np.arange(1, count)
    before, after = windows[cuts], windows[cuts + _NEIGHBOURS]
    levels = [np.nanmedian(values, axis=2) for values in (before, after)]
    spreads = [
        np.nanmean(np.linalg.norm(values - level[:, :, None], axis=1), axis=1)
        for values, level in zip((before, after), levels, strict=True)
    ]
    steps = levels[1] - levels[0]
    sizes = np.linalg.norm(steps, axis=1)
    # A step stands out of the scatter on either side; creeping and wandering do not.
    clear = sizes - 1.5 * (spreads[0] + spreads[1])
    for at in np.argsort(-clear).tolist():
        if clear[at] <= 0:
            break
        if sizes[at] < _STEP_IN_SET_DEG:
            continue
        cut = int(cuts[at])
        large = sizes[at] > _STEP_BETWEEN_DEG or abs(steps[at, 1]) > _LEAN_BETWEEN_DEG
        large = large or _within_a_set(seen, cut, pair.time_s) or pair.alone(*_across(seen, cut))
        if large and _goes_on(seen, tilts, cut, levels[0][at], levels[1][at]):
            return cut
    return None


def _goes_on(seen: Anchors, tilts: Floats, cut: int, old: Floats, new: Floats) -> bool:
    """Whether the wearer bends from the new level as from the old one: sitting down is another pose, not a slip."""
    nearer_new = np.linalg.norm(tilts - new, axis=1) < np.linalg.norm(tilts - old, axis=1)

    def bends_at(level: Floats, mine: np.ndarray) -> int:
        there = mine & (np.linalg.norm(tilts - level, axis=1) < max(3.0, 0.4 * float(np.linalg.norm(new - old))))
        return int(np.count_nonzero(seen.bends[:-1] & there[:-1] & there[1:]))

    later = np.arange(len(tilts)) >= cut
    # Afterwards it does not go back: nine of ten anchors are at the new level, and before at the old.
    stays = bool(nearer_new[later].mean() > 0.9 and nearer_new[~later].mean() < 0.1)
    return stays and bends_at(new, later) >= 1 and bends_at(old, ~later) >= 1


def _axis_step(seen: Anchors, middle: Floats, pair: Pair) -> int | None:
    """The anchor before the first bend whose axis is another for good."""
    at = np.flatnonzero(seen.bends)
    turns, _ = _axis_turns_deg(seen, middle)
    best, found, step = _TURN_SIGMA, 0, 0.0
    for split in range(_LEAST_BENDS, len(turns) - _LEAST_BENDS + 1):
        before, after = turns[:split], turns[split:]
        change = float(np.mean(after) - np.mean(before))
        squares = ((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum()
        # However well a few bends agree, their axes are not known to better than a degree.
        scatter = max(float(np.sqrt(squares / (len(turns) - 2))), 1.0)
        sigmas = abs(change) / (scatter * np.sqrt(1 / len(before) + 1 / len(after)))
        if sigmas > best:
            best, found, step = float(sigmas), split, change
    if not found:
        return None
    last, first = int(at[found - 1]), int(at[found])
    span = slice(int(seen.start[last]), int(seen.stop[first + 1]))
    sudden = _within_a_set(seen, first, pair.time_s) or pair.heading_step(span, middle, step) is not None
    return first if abs(step) > (_TURN_IN_SET_DEG if sudden else _TURN_BETWEEN_DEG) else None


def _across(seen: Anchors, cut: int) -> tuple[int, int]:
    """Samples from the end of one anchor into the next, one more either side."""
    return max(0, int(seen.stop[cut - 1]) - 2), int(seen.start[cut]) + 2


def _bracket(seen: Anchors, at: int, span: slice, margin: int) -> slice:
    """The samples from the anchor before a slip to the one after it: what lies there was seen both ways."""
    before, after = seen.start[seen.stop <= at - margin], seen.stop[seen.start > at + margin]
    return slice(
        max(span.start, int(before[-1]) if len(before) else 0),
        min(span.stop, int(after[0]) if len(after) else span.stop),
    )


def _within_a_set(seen: Anchors, cut: int, time_s: Floats) -> bool:
    """Whether bends before and after a cut follow each other as in a set."""
    at = np.flatnonzero(seen.bends)
    # A bend over which the cut falls counts on both sides.
    earlier, later = at[at < cut], at[at >= cut - 1]
    if not len(earlier) or not len(later):
        return False
    return float(time_s[seen.stop[later[0]] - 1] - time_s[seen.start[min(earlier[-1] + 1, cut)]]) < _ONE_SET_S


def _axis_turns_deg(seen: Anchors, kept: Floats) -> tuple[Floats, Floats]:
    """By how much each bend's axis is turned about the long axis from a frame's own, and its weight."""
    axes = seen.axis[seen.bends] @ kept.T
    return np.degrees(np.arctan2(axes[:, 0], axes[:, 2])), np.maximum(np.linalg.norm(axes, axis=1), 1e-9)


def _turned(kept: Floats, turn_deg: float) -> Floats:
    """A frame whose axis to the right is turned about the long axis as `_axis_turns_deg` counts."""
    turn = np.radians(turn_deg)
    return frame(kept[1], np.cos(turn) * kept[2] + np.sin(turn) * kept[0])


def _level(seen: Anchors, kept: Floats) -> Floats:
    return np.median(tilts_deg(seen.up, kept), axis=0)


def tilts_deg(up: Floats, kept: Floats) -> Floats:
    """Sagittal and frontal lean, (K, 2)."""
    inside = up @ kept.T
    sagittal = np.arctan2(-inside[:, 0], inside[:, 1])
    return np.degrees(np.column_stack([sagittal, np.arcsin(np.clip(-inside[:, 2], -1, 1))]))


def heading_turn_deg(before: Floats, after: Floats) -> float:
    """By how much the sensor turned about the long axis of the segment, left positive, between two frames."""
    # Where the new sensor's axis to the right lay on the segment before: the sensor turned the other way.
    inside = before @ after.T
    return float(np.degrees(np.arctan2(inside[2, 0] - inside[0, 2], inside[0, 0] + inside[2, 2])))


def rotated_deg(before: Floats, after: Floats) -> float:
    """Angle of the rotation between two frames."""
    cosine = (float(np.trace(before.T @ after)) - 1) / 2
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
