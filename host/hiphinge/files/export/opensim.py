"""OpenSim: `.sto` of orientations for OpenSense, `.mot` of angles. Builders give the text; `files` are all of a format.

Checked against OpenSim 4.6 reading and using the files:

* Coordinates of the Rajagopal and gait2392 models turn about +z (tilt, extension), +x (list, bending), +y (rotation),
  in that order, each body-fixed: the same Cardan order as ours. Bending forward is a negative turn about z, so
  ``pelvis_tilt = -hip_hinge`` and ``lumbar_extension = -lumbar_flexion``; ``lumbar_bending`` (right +) and
  ``lumbar_rotation`` (left +) have our signs.
* A number that is not there stops OpenSim's readers (`Storage` drops every row from it on) and its IMU solver. Rows
  with anything missing are therefore left out, which leaves a gap in the times, and the header counts them.
* A header's value ends at its last ``=``, so that values must hold none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import polars as pl

from hiphinge import __version__
from hiphinge.files.csv_writer import ANGLE_DECIMALS, TIME_DECIMALS
from hiphinge.files.errors import session_error
from hiphinge.files.export.content import Content, measured_rate_hz, provenance
from hiphinge.files.export.segments import SegmentOrientations
from hiphinge.model import Angles, Bools, Floats

# A billionth of a turn; double precision carries 16 digits, a 16-bit sensor 5.
_QUAT_DECIMALS = 9

_TILTS = "zero is the wearer's own quiet standing, not the model's default pose"


@dataclass(frozen=True, slots=True)
class _Coordinate:
    name: str
    angle: str
    sign: float


# Signs: see the module.
COORDINATES: tuple[_Coordinate, ...] = (
    _Coordinate("pelvis_tilt", "hip_hinge", -1.0),
    _Coordinate("lumbar_extension", "lumbar_flexion", -1.0),
    _Coordinate("lumbar_bending", "lumbar_side_bend", 1.0),
    _Coordinate("lumbar_rotation", "lumbar_rotation", 1.0),
)


def mot(content: Content) -> str:
    """Angles as OpenSim coordinates, in degrees.

    Parameters
    ----------
    content : Content

    Returns
    -------
    str
        A `.mot`: `time` and those of `COORDINATES` that are known; rows with a gap left out. `lumbar_extension` is the
        difference of the two segments' sagittal tilts, which in a purely sagittal bend is the model's coordinate; with
        10 deg of side bend and of rotation in a 45 deg hinge the two differ by less than 1 deg.

    Raises
    ------
    SessionError
        No angle is known at any instant.
    """
    used, whole = _known(content)
    columns = {one.name: one.sign * _values(content.analysed.angles, f"{one.angle}_deg") for one in used}
    notes = [
        f"Angles in degrees; {_TILTS}.",
        "Bending forward makes pelvis_tilt and lumbar_extension negative.",
        "lumbar_bending is positive to the right, lumbar_rotation to the left.",
        *_left_out(content, used, whole),
        "One standard deviation of each value: the file of the same name that ends in _sd.sto.",
    ]
    return _table("Coordinates", content, _rows(content, columns, whole), len(columns), "inDegrees=yes", notes)


def mot_sd(content: Content) -> str:
    """One standard deviation of every value of `mot`, same rows and columns, in degrees.

    In a file of its own: tools that take every column of a `.mot` for a coordinate would refuse others.

    Raises
    ------
    SessionError
        As `mot`.
    """
    used, whole = _known(content)
    columns = {one.name: _values(content.analysed.angles, f"{one.angle}_sd_deg") for one in used}
    notes = ["One standard deviation in degrees of each value of the .mot; no coordinates themselves."]
    return _table("StandardDeviations", content, _rows(content, columns, whole), len(columns), "inDegrees=yes", notes)


def sto(content: Content, segments: SegmentOrientations) -> str:
    """Orientations of virtual sensors `pelvis_imu` and `torso_imu`, aligned with OpenSim's bodies.

    What OpenSense's IMUPlacer wants is each sensor's orientation in a ground frame with y up, and one row during which
    the model's default pose was held. These are already turned by our calibration: at neutral standing both are the
    identity. So ``sensor_to_opensim_rotations`` is 0 0 0, no heading correction is needed, and
    ``orientation_file_for_calibration`` is `sto_neutral`, not this file, whose first row is any moment.

    Parameters
    ----------
    content : Content
    segments : SegmentOrientations

    Returns
    -------
    str
        Cells are w,x,y,z. Rows in which either is missing are left out.

    Raises
    ------
    SessionError
        Nothing is known at any instant.
    """
    whole = np.isfinite(segments.pelvis).all(axis=1) & np.isfinite(segments.thorax).all(axis=1)
    if not whole.any():
        raise session_error(content.source, "no instant with both orientations known", "export it as parquet")
    return _quaternions(content, segments.time_s[whole], segments.pelvis[whole], segments.thorax[whole])


def sto_neutral(content: Content) -> str:
    """The file for IMUPlacer: one row, both sensors as they are at neutral standing, the identity by definition."""
    identity = np.array([[1.0, 0.0, 0.0, 0.0]])
    return _quaternions(content, np.zeros(1), identity, identity)


def _quaternions(content: Content, time_s: Floats, pelvis: Floats, thorax: Floats) -> str:
    numbers = {"time": np.round(time_s, TIME_DECIMALS) + 0.0}
    for name, quat in (("pelvis_imu", pelvis), ("torso_imu", thorax)):
        rounded = np.round(quat, _QUAT_DECIMALS) + 0.0
        numbers |= {f"{name}{axis}": rounded[:, axis] for axis in range(4)}
    cells = [
        pl.concat_str([pl.col(f"{name}{axis}").cast(pl.String) for axis in range(4)], separator=",").alias(name)
        for name in ("pelvis_imu", "torso_imu")
    ]
    frame = pl.DataFrame(numbers).select("time", *cells)
    header = [
        f"DataRate={measured_rate_hz(content):.6f}",
        "DataType=Quaternion",
        "version=3",
        f"OpenSimVersion=hiphinge {__version__}",
        _about(content),
        "endheader",
    ]
    return "\n".join(header) + "\n" + _tabbed(frame)


def _known(content: Content) -> tuple[list[_Coordinate], Bools]:
    """Coordinates known at any instant, and the instants at which all of them (and their sd) are."""
    angles = content.analysed.angles
    used = [one for one in COORDINATES if np.isfinite(_values(angles, f"{one.angle}_deg")).any()]
    whole = np.ones(len(angles.time_s), bool)
    for one in used:
        whole &= np.isfinite(_values(angles, f"{one.angle}_deg")) & np.isfinite(_values(angles, f"{one.angle}_sd_deg"))
    if not used or not whole.any():
        raise session_error(content.source, "no instant at which all angles are known", "export it as parquet")
    return used, whole


def _left_out(content: Content, used: list[_Coordinate], whole: Bools) -> list[str]:
    notes = [f"Missing samples: {int((~whole).sum())} of {len(whole)} rows left out."]
    notes += [f"{one.name} is not known in this session and left out." for one in COORDINATES if one not in used]
    if len(content.analysed.neutrals_from_s) > 1:
        starts = ", ".join(f"{start:.2f}" for start in content.analysed.neutrals_from_s)
        notes.append(f"Sets have their own zero, each from these seconds on: {starts}.")
    return notes


def _rows(content: Content, columns: dict[str, Floats], whole: Bools) -> pl.DataFrame:
    values = {"time": np.round(content.recording.time_s[whole], TIME_DECIMALS) + 0.0}
    # Adding zero turns -0.0 into 0.0.
    values |= {name: np.round(column[whole], ANGLE_DECIMALS) + 0.0 for name, column in columns.items()}
    return pl.DataFrame(values)


def _table(name: str, content: Content, frame: pl.DataFrame, columns: int, units: str, notes: list[str]) -> str:
    header = [
        name,
        "version=1",
        f"nRows={frame.height}",
        f"nColumns={columns + 1}",
        units,
        _about(content),
        *notes,
        "",
        "endheader",
    ]
    return "\n".join(header) + "\n" + _tabbed(frame)


def _about(content: Content) -> str:
    text = json.dumps(provenance(content), allow_nan=False).replace("=", "\\u003d")
    return f"hiphinge={text}"


def _tabbed(frame: pl.DataFrame) -> str:
    return frame.write_csv(separator="\t", line_terminator="\n", quote_style="never")


def _values(angles: Angles, name: str) -> Floats:
    return getattr(angles, name)
