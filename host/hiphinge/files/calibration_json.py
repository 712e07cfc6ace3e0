"""A calibration as JSON: how the sensors sit, kept with a session or saved to be given again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, field_validator

from hiphinge.files.json_text import one_line, read_json, write_json
from hiphinge.model import Calibration, Floats

SCHEMA = "hiphinge.calibration/1"

# Matrices typed with four decimals still pass; 1e-3 off means angles 0.06 deg off.
_ROTATION_TOLERANCE = 1e-3

_Angle = Annotated[FiniteFloat, Field(ge=0, le=180)]
Row = tuple[FiniteFloat, FiniteFloat, FiniteFloat]
Matrix = tuple[Row, Row, Row]


class CalibrationFile(BaseModel):
    """The fields of a calibration file; see `Calibration` for their meaning."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    schema_: Literal["hiphinge.calibration/1"] = Field(default=SCHEMA, alias="schema")
    sacral: Matrix
    thoracic: Matrix
    neutral_s: tuple[FiniteFloat, FiniteFloat]
    flexion_axis_quality: Annotated[float, Field(ge=0, le=1)]
    swapped: bool = False
    warnings: tuple[str, ...] = ()
    stood_s: Annotated[FiniteFloat, Field(gt=0)] = 4.0
    flexion_axis_sd_deg: tuple[_Angle, _Angle] = (5.0, 5.0)
    bends: Annotated[int, Field(ge=1)] = 1

    @field_validator("sacral", "thoracic")
    @classmethod
    def _is_a_rotation(cls, value: Matrix) -> Matrix:
        # Entries of a rotation lie within 1; larger ones could overflow below.
        if max(abs(entry) for row in value for entry in row) <= 1.0 + _ROTATION_TOLERANCE:
            matrix = np.array(value)
            off = float(np.abs(matrix @ matrix.T - np.eye(3)).max())
            if off <= _ROTATION_TOLERANCE and np.linalg.det(matrix) > 0.0:
                return value
        raise ValueError("is not a rotation matrix (rows at right angles, of length 1, right-handed)")

    @field_validator("neutral_s")
    @classmethod
    def _is_a_span(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[0] >= value[1]:
            raise ValueError("must end after it starts")
        return value

    @classmethod
    def from_calibration(cls, calibration: Calibration, source: str) -> CalibrationFile:
        """Validate a calibration; `source` is named in the error."""
        values: dict[str, object] = {
            "schema": SCHEMA,
            "sacral": _rows(calibration.sacral),
            "thoracic": _rows(calibration.thoracic),
            "neutral_s": tuple(float(t) for t in calibration.neutral_s),
            "flexion_axis_quality": float(calibration.flexion_axis_quality),
            "swapped": bool(calibration.swapped),
            "warnings": tuple(calibration.warnings),
            "stood_s": float(calibration.stood_s),
            "flexion_axis_sd_deg": tuple(float(sd) for sd in calibration.flexion_axis_sd_deg),
            "bends": int(calibration.bends),
        }
        return _validated(values, source)

    def to_calibration(self) -> Calibration:
        """Give the calibration as everybody uses it."""
        return Calibration(
            sacral=np.array(self.sacral, dtype=np.float64),
            thoracic=np.array(self.thoracic, dtype=np.float64),
            neutral_s=self.neutral_s,
            flexion_axis_quality=self.flexion_axis_quality,
            swapped=self.swapped,
            warnings=self.warnings,
            stood_s=self.stood_s,
            flexion_axis_sd_deg=self.flexion_axis_sd_deg,
            bends=self.bends,
        )


def calibration_to_dict(calibration: Calibration) -> dict[str, object]:
    """Give the JSON form of a calibration, numbers at full precision.

    Raises
    ------
    SessionError
        Something in it is impossible (a matrix that is no rotation, ...).
    """
    return CalibrationFile.from_calibration(calibration, "calibration").model_dump(mode="json", by_alias=True)


def calibration_from_dict(values: Mapping[str, object], source: str = "calibration") -> Calibration:
    """Validate and read the JSON form of a calibration; `source` is named in errors.

    Raises
    ------
    SessionError
        One line which names the field.
    """
    return _validated(values, source).to_calibration()


def read_calibration(path: Path | str) -> Calibration:
    """Read a saved calibration.

    Raises
    ------
    SessionError
        One line which names the file and the field.
    """
    return read_json(Path(path), CalibrationFile).to_calibration()


def write_calibration(path: Path | str, calibration: Calibration) -> None:
    """Save a calibration, whole or not at all.

    Raises
    ------
    SessionError
        Something in it is impossible, or the file could not be written.
    """
    file = CalibrationFile.from_calibration(calibration, str(path))
    write_json(Path(path), file.model_dump(mode="json", by_alias=True))


def _validated(values: Mapping[str, object], source: str) -> CalibrationFile:
    try:
        return CalibrationFile.model_validate(values)
    except ValidationError as error:
        raise one_line(source, error) from None


def _rows(matrix: Floats) -> object:
    return np.asarray(matrix, dtype=np.float64).tolist()
