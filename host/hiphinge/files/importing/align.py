"""Streams with times of their own on one time base. Pure: arrays in, arrays out.

The rule. The base is the instants of the fastest angular rate (or orientation, where there is none), from when all
sensors have begun to when the first ends; inside its own holes the base goes on in even steps. A value measured at an
instant of the base is taken as it is, missing parts included. Others are interpolated (quaternions along the shortest
turn) between complete neighbours no further apart than `INTERPOLATE_S`: what is missing longer stays missing. Two kinds
of sensors are interpolated between neighbours up to 1.25 of their own steps apart instead, so that not one lost sample
is filled in: those that are measured at the base's instants, which lack nothing but what was lost, and those slower
than 20 samples a second, whose neighbours are further apart than that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.files.columns import Kind
from hiphinge.kinematics.grid import INTERPOLATE_S
from hiphinge.kinematics.rotation import conjugate, multiply
from hiphinge.model import Floats, ImuSamples, Segment

# Two stamps are the same instant when nearer than this: stamps are rounded to microseconds, and floating point leaves
# 0.2 us of seconds since 1970. Even at 500 deg/s a sensor turns by 0.005 deg only in it.
SAME_INSTANT_S = 1e-5
# A slow sensor's neighbours: its own step and some jitter, well under two steps.
_REACH_STEPS = 1.25
# A sensor is measured at the base's instants if as many of its samples are.
_COINCIDING_SHARE = 0.5
# A hole in the base is filled where it is longer than this many of its steps.
_HOLE_STEPS = 1.5


@dataclass(frozen=True, slots=True)
class Track:
    """One stream on the common clock.

    Attributes
    ----------
    segment : Segment
    time_s : (N,) float
        Common clock, strictly increasing.
    values : mapping of Kind to (N, 3) or (N, 4) float
        NaN where missing.
    step_s : float
        Usual time between its samples.
    """

    segment: Segment
    time_s: Floats
    values: Mapping[Kind, Floats]
    step_s: float

    def reach_s(self, coinciding_share: float) -> float:
        """How far apart neighbours may be for interpolation between them.

        Parameters
        ----------
        coinciding_share : float
            Of its samples, how many are measured at instants of the base.
        """
        own_s = _REACH_STEPS * self.step_s
        return own_s if coinciding_share >= _COINCIDING_SHARE else max(INTERPOLATE_S, own_s)


def common_span(tracks: Sequence[Track]) -> tuple[float, float]:
    """When all sensors have begun, and when the first has ended, in s; the end may lie before the start.

    A sensor's span is that of its raw values; of its orientation where those are not both there.
    """
    starts: list[float] = []
    ends: list[float] = []
    for segment in dict.fromkeys(track.segment for track in tracks):
        own = [track for track in tracks if track.segment == segment]
        kinds = {kind for track in own for kind in track.values}
        wanted = {"acc", "gyr"} if {"acc", "gyr"} <= kinds else {"quat"}
        for track in own:
            if wanted & set(track.values):
                starts.append(float(track.time_s[0]))
                ends.append(float(track.time_s[-1]))
    return max(starts), min(ends)


def base_track(tracks: Sequence[Track]) -> Track:
    """The track whose instants become everybody's: the fastest that tells how the sensor turns."""
    kinds = {kind for track in tracks for kind in track.values}
    wanted: Kind = "gyr" if "gyr" in kinds else "quat"
    # Rates measured within a per cent of each other are one rate: then the first, the sacral one, leads.
    return min((track for track in tracks if wanted in track.values), key=lambda track: round(np.log(track.step_s), 2))


def base_instants(track: Track, start_s: float, end_s: float) -> Floats:
    """Instants of the common time base, (M,), strictly increasing."""
    time_s = track.time_s
    gaps = np.diff(time_s)
    pieces: list[Floats] = []
    last = 0
    for at in np.flatnonzero(gaps > _HOLE_STEPS * track.step_s).tolist():
        count = round(float(gaps[at]) / track.step_s)
        between = time_s[at] + gaps[at] * np.arange(1, count) / count
        pieces += [time_s[last : at + 1], between]
        last = at + 1
    every = np.concatenate([*pieces, time_s[last:]])
    inside = (every >= start_s - SAME_INSTANT_S) & (every <= end_s + SAME_INSTANT_S)
    return every[inside]


def on_base(tracks: Sequence[Track], segment: Segment, instants_s: Floats) -> ImuSamples:
    """One sensor's values at the instants of the base.

    Returns
    -------
    ImuSamples
        NaN where missing; None for a kind the sensor does not have.
    """
    found: dict[Kind, Floats] = {}
    for track in tracks:
        if track.segment == segment:
            for kind, values in track.values.items():
                found[kind] = _at(track, values, instants_s, kind == "quat")
    return ImuSamples(found.get("acc"), found.get("gyr"), found.get("quat"))


def _at(track: Track, values: Floats, instants_s: Floats, turns: bool) -> Floats:
    result = np.full((len(instants_s), values.shape[1]), np.nan)
    nearest = np.clip(np.searchsorted(track.time_s, instants_s), 1, len(track.time_s) - 1)
    nearest = nearest - (instants_s - track.time_s[nearest - 1] < track.time_s[nearest] - instants_s)
    exact = np.abs(track.time_s[nearest] - instants_s) <= SAME_INSTANT_S
    inside = (track.time_s >= instants_s[0] - SAME_INSTANT_S) & (track.time_s <= instants_s[-1] + SAME_INSTANT_S)
    reach_s = track.reach_s(np.count_nonzero(exact) / max(1, np.count_nonzero(inside)))
    complete = np.flatnonzero(~np.isnan(values).any(axis=1))
    if len(complete) > 1:
        time_s = track.time_s[complete]
        after = np.searchsorted(time_s, instants_s)
        inner = (after > 0) & (after < len(time_s))
        after = np.clip(after, 1, len(time_s) - 1)
        gap = time_s[after] - time_s[after - 1]
        near = inner & (gap <= reach_s + SAME_INSTANT_S)
        share = ((instants_s - time_s[after - 1]) / gap)[near, None]
        one, other = values[complete[after[near] - 1]], values[complete[after[near]]]
        result[near] = _turned(one, other, share) if turns else one + share * (other - one)
    # Last, over all that was interpolated: what was measured there, and what is missing there.
    result[exact] = values[nearest[exact]]
    return result


def _turned(one: Floats, other: Floats, share: Floats) -> Floats:
    """Quaternions a share of the way from one to another, along the shorter turn."""
    step = multiply(conjugate(one), other)
    step = np.where(step[:, :1] < 0.0, -step, step)
    sine = np.linalg.norm(step[:, 1:], axis=1, keepdims=True)
    half = np.arctan2(sine, step[:, :1]) * share
    axis = np.divide(step[:, 1:], sine, out=np.zeros_like(step[:, 1:]), where=sine > 0.0)
    return multiply(one, np.concatenate([np.cos(half), np.sin(half) * axis], axis=1))
