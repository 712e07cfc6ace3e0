"""The columns of every table of a session, named as in its CSV and in `analyse --angles`. Pure."""

from __future__ import annotations

from dataclasses import fields

from hiphinge.files.columns import TIME, Group, Kind
from hiphinge.model import SEGMENTS, Angles, Floats, ImuSamples, Recording

TEMPO = ("eccentric_s", "pause_bottom_s", "concentric_s", "pause_top_s")
"""What the parts of `Attempt.tempo_s` are called where each has a column, in their order."""


def by_kind(imu: ImuSamples) -> dict[Kind, Floats]:
    """What a sensor has, (N, 3) or (N, 4) each: acceleration, angular rate, orientation."""
    kinds: dict[Kind, Floats | None] = {"acc": imu.acc_mps2, "gyr": imu.gyr_radps, "quat": imu.quat}
    return {kind: values for kind, values in kinds.items() if values is not None}


def sample_columns(recording: Recording) -> dict[str, Floats]:
    """Time and samples by column name, (N,) each, as recorded: m/s², rad/s, each sensor in its own axes.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    dict of str to (N,) float
        NaN where missing.
    """
    columns: dict[str, Floats] = {TIME: recording.time_s}
    for segment in SEGMENTS:
        for kind, values in by_kind(getattr(recording, segment)).items():
            columns |= {name: values[:, axis] for axis, name in enumerate(Group(segment, kind).names)}
    return columns


def angle_columns(angles: Angles) -> dict[str, Floats]:
    """Time and angles by column name, (N,) each, in deg, with their standard deviations; NaN where not known."""
    return {item.name: getattr(angles, item.name) for item in fields(Angles)}
