"""The channels of a Motion-BIDS recording: what each column is, where it was worn, in which frame. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hiphinge.files.columns import TIME, Group, Kind
from hiphinge.files.export.content import SIGNS, Content
from hiphinge.files.export.table import angle_columns, by_kind
from hiphinge.model import SEGMENTS, Floats, ImuSamples, Segment

MISSING = "n/a"

_TYPES: dict[Kind, str] = {"acc": "ACCEL", "gyr": "GYRO", "quat": "ORNT"}
# BIDS has no unit for what has none.
_UNITS: dict[Kind, str] = {"acc": "m/s^2", "gyr": "rad/s", "quat": MISSING}
_WORN: dict[Segment, tuple[str, str]] = {
    "sacral": ("pelvis", "sacrum, about S2"),
    "thoracic": ("thorax", "thoracic spine, about T12"),
}
_ANGLES: dict[str, tuple[str, str]] = {
    "hip_hinge": ("MISC", "pelvis"),
    "trunk": ("MISC", "thorax"),
    "lumbar_flexion": ("JNTANG", "lumbar spine"),
    "lumbar_side_bend": ("JNTANG", "lumbar spine"),
    "lumbar_rotation": ("JNTANG", "lumbar spine"),
}

COLUMNS = (
    "name", "component", "type", "tracked_point", "units", "placement", "reference_frame", "description",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Channel:
    """One column of `_motion.tsv`: its row in `_channels.tsv` and its values, (N,)."""

    name: str
    component: str
    type: str
    tracked_point: str
    units: str
    placement: str
    reference_frame: str
    description: str
    values: Floats


def channels(content: Content) -> list[Channel]:
    """Give every channel of a session: time, samples as recorded, angles with their standard deviations.

    Parameters
    ----------
    content : Content

    Returns
    -------
    list of Channel
        In the order of the columns of `_motion.tsv`. Names are the session CSV's; where the sensors were worn under
        each other's name, `tracked_point` says where a sensor really was.
    """
    recording = content.recording
    found = [
        Channel(
            "latency", MISSING, "LATENCY", MISSING, "s", MISSING, MISSING, "time from the first sample",
            recording.time_s - recording.time_s[0],
        )
    ]  # fmt: skip
    for segment in SEGMENTS:
        found += _imu(getattr(recording, segment), segment, _worn(content, segment))
    return found + _angles(content)


def reference_frames(content: Content) -> dict[str, Any]:
    """Give `_channels.json`: the frames the channels are in."""
    levels: dict[str, Any] = {
        f"sensor_{segment}": {
            "Description": f"The {segment} sensor's own axes, mounted in any way; the calibration in _motion.json "
            "turns them to the segment's (x forward, y up, z right).",
            "RotationRule": "right-hand",
        }
        for segment in SEGMENTS
    }
    levels["earth"] = {
        "Description": "Earth, x east, y north, z up; without a magnetometer the heading is relative. Quaternions turn "
        "the sensor's axes into these.",
        "RotationRule": "right-hand",
    }
    if content.analysis is not None:
        levels["body"] = {"Description": f"Clinical angles. {SIGNS}"}
    return {"reference_frame": {"Description": "Frame the channel is expressed in.", "Levels": levels}}


def _worn(content: Content, segment: Segment) -> Segment:
    if content.analysis is None or not content.analysis.calibration.swapped:
        return segment
    return "thoracic" if segment == "sacral" else "sacral"


def _imu(imu: ImuSamples, segment: Segment, worn: Segment) -> list[Channel]:
    words = {"acc": "specific force", "gyr": "angular rate", "quat": "orientation, sensor to Earth"}
    point, placement = _WORN[worn]
    found: list[Channel] = []
    for kind, values in by_kind(imu).items():
        frame = "earth" if kind == "quat" else f"sensor_{segment}"
        for axis, name in enumerate(Group(segment, kind).names):
            letter = name.rsplit("_", 1)[1]
            component = f"quat_{letter}" if kind == "quat" else letter
            found.append(
                Channel(
                    name, component, _TYPES[kind], point, _UNITS[kind], placement, frame, words[kind], values[:, axis]
                )
            )
    return found


def _angles(content: Content) -> list[Channel]:
    if content.analysis is None:
        return []
    found: list[Channel] = []
    for name, values in angle_columns(content.analysis.angles).items():
        if name == TIME:
            continue
        what = name.removesuffix("_deg").removesuffix("_sd")
        kind, point = _ANGLES[what]
        words = what.replace("_", " ")
        if name.endswith("_sd_deg"):
            kind, words = "MISC", f"{words}: one standard deviation"
        found.append(Channel(name, MISSING, kind, point, "deg", MISSING, "body", words, values))
    return found
