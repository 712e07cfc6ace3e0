"""Sessions to be exported: one simulated and analysed, and ones made by hand with chosen angles and attempts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hiphinge.app.analyse import Request, analyse_recording
from hiphinge.app.exporting import content_of
from hiphinge.files.export.content import Content
from hiphinge.model import Angles, Attempt, Event, Fault, Recording, SessionMeta
from hiphinge.simulate import default_scenario, simulate

META = SessionMeta(
    person="Anna",
    started_at="2025-03-01T23:59:30.5+01:00",
    device={"model": "pod 2", "serial": "17"},
    stance="split",
    side="left",
    load_kg=12.5,
    pain_0_10=3,
    notes="first session",
    events=(Event(3.0, "set_start", "a\tb\nc"), Event(50.0, "mark")),
)
UNKNOWN = slice(1000, 1100)  # rows of `a_session` at which one sensor has no sample


def a_session() -> Content:
    """Ten repetitions, five of them faulty, with everything a session can say, and one second of one sensor missing."""
    recording = simulate(default_scenario()).recording
    acc, gyr = recording.sacral.acc_mps2, recording.sacral.gyr_radps
    assert acc is not None and gyr is not None
    acc, gyr = acc.copy(), gyr.copy()
    acc[UNKNOWN], gyr[UNKNOWN] = np.nan, np.nan
    sacral = replace(recording.sacral, acc_mps2=acc, gyr_radps=gyr)
    whole = replace(recording, source="monday/session.csv", meta=META, sacral=sacral)
    return content_of(analyse_recording(whole, Request()))


def with_angles(content: Content, **angles_deg: list[float]) -> Content:
    """The same session with a few chosen instants only; angles not named are zero, each sd is 0.5."""
    count = len(next(iter(angles_deg.values())))
    zero = np.zeros(count)
    names = ("hip_hinge", "trunk", "lumbar_flexion", "lumbar_side_bend", "lumbar_rotation")
    values = {f"{name}_deg": np.array(angles_deg.get(name, zero), dtype=np.float64) for name in names}
    sds = {f"{name}_sd_deg": zero + 0.5 for name in names}
    angles = Angles(time_s=np.arange(count) / 100.0, **values, **sds)
    recording = Recording(angles.time_s, *(_cut(content, segment, count) for segment in ("sacral", "thoracic")))
    recording = replace(recording, meta=content.recording.meta, source=content.recording.source)
    return replace(content, recording=recording, analysis=replace(content.analysed, angles=angles))


def _cut(content: Content, segment: str, count: int):
    imu = getattr(content.recording, segment)
    return replace(imu, acc_mps2=imu.acc_mps2[:count], gyr_radps=imu.gyr_radps[:count])


def with_attempts(content: Content, *attempts: Attempt) -> Content:
    return replace(content, analysis=replace(content.analysed, attempts=attempts))


def with_meta(content: Content, **changes: object) -> Content:
    return replace(content, recording=replace(content.recording, meta=replace(content.recording.meta, **changes)))


def an_attempt(content: Content, **changes: object) -> Attempt:
    """The session's first attempt with other values."""
    return replace(content.analysed.attempts[0], **changes)


FLEXION = Fault("lumbar_flexion", 16.9, 10.0, 0.5, 16.2, "down")
SIDE_BEND = Fault("asymmetry", -9.0, 5.0, 1.5, 16.0, "bottom", advisory=True)
ROTATION = Fault("asymmetry", 7.0, 5.0, 1.5, 16.1, "bottom")
TOO_FAST = Fault("too_fast", 0.9, 1.5, 0.05, 15.0, "down")
