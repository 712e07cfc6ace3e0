"""What a mapping file may say: how a vendor's text files are to be read. Every key of the TOML is a field here."""

from __future__ import annotations

from typing import Annotated, Literal, Self, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, model_validator

from hiphinge.model import Segment

Column = tuple[int | str, ...]
"""A column by its number (from 1) or name; several are alternatives, the first that is there counts."""

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", " ": "space", "|": "bar"}
_ACC_UNITS = {"m/s2": "m/s²", "m/s^2": "m/s²", "mps2": "m/s²"}
_GYR_UNITS = {"dps": "deg/s", "°/s": "deg/s", "radps": "rad/s"}
_TIME_UNITS = {"µs": "us", "μs": "us", "epoch_µs": "epoch_us"}


def _column(value: object) -> object:
    found = cast("list[object]", value) if isinstance(value, list) else [value]
    for one in found:
        number = isinstance(one, int) and not isinstance(one, bool) and one >= 1
        if not number and not (isinstance(one, str) and one.strip()):
            raise ValueError("write a column's name in quotes, its number from 1, or a list of alternative names")
    if not found:
        raise ValueError("name at least one column")
    return tuple(one.strip() if isinstance(one, str) else one for one in found)


def _texts(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _axes(value: object) -> object:
    message = 'write three axes, each of x, y and z once, such as ["y", "-x", "z"]'
    if not isinstance(value, list | tuple):
        raise ValueError(message)
    axes = [str(one).strip().lower().removeprefix("+") for one in cast("list[object]", value)]
    if sorted(axis.removeprefix("-") for axis in axes) != ["x", "y", "z"]:
        raise ValueError(message)
    return tuple(axes)


def _other_words(words: dict[str, str]) -> BeforeValidator:
    return BeforeValidator(lambda value: words.get(value, value) if isinstance(value, str) else value)


OneColumn = Annotated[Column, BeforeValidator(_column)]
Texts = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_texts)]
Markers = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Axes = Annotated[tuple[str, str, str], BeforeValidator(_axes)]
Positive = Annotated[FiniteFloat, Field(gt=0)]
SAME_AXES = ("x", "y", "z")


class _Model(BaseModel):
    # A key nobody reads is a slip: it would change nothing, in silence.
    model_config = ConfigDict(extra="forbid", frozen=True)


class TableLook(_Model):
    """``[table]``: what the text looks like."""

    delimiter: Annotated[
        Literal["auto", "comma", "semicolon", "tab", "space", "blanks", "bar"], _other_words(_DELIMITERS)
    ] = "auto"
    decimal: Literal["auto", ".", ","] = "auto"
    encoding: Literal["utf-8", "utf-16", "latin-1", "cp1252"] = "utf-8"
    comment: Texts = ()
    skip_lines: int = Field(default=0, ge=0)
    header: bool = True
    header_starts_with: Texts = ()
    extra_cells: bool = False
    missing: Markers = ("", "nan", "na", "n/a", "null", "none")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.decimal == "," and self.delimiter == "comma":
            raise ValueError("decimal and delimiter cannot both be the comma")
        if self.header_starts_with and not self.header:
            raise ValueError("header_starts_with needs header = true")
        return self


class Acceleration(_Model):
    """``acc``: three columns, in the sensor's axes. `free`: gravity was taken out."""

    columns: tuple[OneColumn, OneColumn, OneColumn]
    unit: Annotated[Literal["m/s²", "g", "mg"], _other_words(_ACC_UNITS)]
    kind: Literal["specific_force", "free"] = "specific_force"
    frame: Literal["sensor", "earth"] = "sensor"
    axes: Axes = SAME_AXES
    scale: Positive = 1.0
    optional: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.frame == "earth" and self.kind != "free":
            raise ValueError('frame = "earth" is known for kind = "free" only')
        return self


class AngularRate(_Model):
    """``gyr``: three columns, in the sensor's axes."""

    columns: tuple[OneColumn, OneColumn, OneColumn]
    unit: Annotated[Literal["rad/s", "deg/s"], _other_words(_GYR_UNITS)]
    axes: Axes = SAME_AXES
    scale: Positive = 1.0
    optional: bool = False


class _Orientation(_Model):
    direction: Literal["sensor_to_earth", "earth_to_sensor"] = "sensor_to_earth"
    earth: Literal["ENU", "NWU", "NED"] = "ENU"
    axes: Axes = SAME_AXES
    optional: bool = False

    @model_validator(mode="after")
    def _turns(self) -> Self:
        # A mirrored sensor frame has no orientation a quaternion could give.
        negative = sum(axis.startswith("-") for axis in self.axes)
        places = [SAME_AXES.index(axis[-1]) for axis in self.axes]
        odd = sum(places[i] > places[j] for i in range(3) for j in range(i + 1, 3)) % 2
        if (negative + odd) % 2:
            raise ValueError("axes mirror the sensor: turn one more sign")
        return self


class Quaternion(_Orientation):
    """``quat``: four columns."""

    columns: tuple[OneColumn, OneColumn, OneColumn, OneColumn]
    order: Literal["wxyz", "xyzw"] = "wxyz"


class Matrix(_Orientation):
    """``matrix``: nine columns of a rotation matrix, row by row."""

    columns: Annotated[tuple[OneColumn, ...], Field(min_length=9, max_length=9)]


class Euler(_Orientation):
    """``euler``: three angles in the order of `sequence`; capitals turn about the moving axes, small letters do not."""

    columns: tuple[OneColumn, OneColumn, OneColumn]
    sequence: Annotated[str, Field(pattern="^([XYZ]{3}|[xyz]{3})$")] = "ZYX"
    unit: Literal["deg", "rad"] = "deg"

    @model_validator(mode="after")
    def _three_turns(self) -> Self:
        if self.sequence[0] == self.sequence[1] or self.sequence[1] == self.sequence[2]:
            raise ValueError("sequence turns twice about one axis; write one such as ZYX")
        return self


class TimeColumn(_Model):
    """``time``: a column of time stamps. `wrap` is the number at which it begins anew, in its own unit."""

    column: OneColumn
    unit: Annotated[
        Literal["s", "ms", "us", "ns", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns"], _other_words(_TIME_UNITS)
    ]
    wrap: Positive | None = None
    optional: bool = False


class Counter(_Model):
    """``counter``: a column that counts samples; they come at the stream's rate. After `modulus` - 1 it is 0."""

    column: OneColumn
    modulus: Annotated[int, Field(ge=16)] | None = None
    optional: bool = False


class Stream(_Model):
    """``[[stream]]``: one kind of file, and what is to be read out of it.

    Without `segment` it is read once for each sensor, from that sensor's files.
    """

    segment: Segment | None = None
    files: Texts = ("*",)
    optional: bool = False
    rate_hz: Positive | None = None
    rate_after: str | None = Field(default=None, min_length=1)
    time: TimeColumn | None = None
    counter: Counter | None = None
    acc: Acceleration | None = None
    gyr: AngularRate | None = None
    quat: Quaternion | None = None
    matrix: Matrix | None = None
    euler: Euler | None = None

    @property
    def orientations(self) -> tuple[Quaternion | Matrix | Euler, ...]:
        """Those that are described; the first that is in the file is taken."""
        return tuple(one for one in (self.quat, self.matrix, self.euler) if one is not None)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.acc is None and self.gyr is None and not self.orientations:
            raise ValueError("a stream needs at least one of acc, gyr, quat, matrix and euler")
        if self.acc is not None and self.acc.kind == "free" and not self.orientations:
            raise ValueError(
                "free acceleration needs quat, matrix or euler in the same file: gravity is put back by it"
            )
        return self


class Segments(_Model):
    """``[segments]``: globs that tell a sensor's files by their names or folders."""

    sacral: Texts = ()
    thoracic: Texts = ()


class Clock(_Model):
    """``[clock]``: how the two sensors' clocks are related.

    ``shared``: time stamps, counters (or row numbers, where there is neither) mean the same instant in both.
    ``offset``: the thoracic clock shows `offset_s` more than the sacral one.
    ``unrelated``: the offset is found from the motion, up to `largest_offset_s` between the files' starts.
    """

    relation: Literal["shared", "offset", "unrelated"] = "shared"
    offset_s: FiniteFloat | None = None
    largest_offset_s: Annotated[FiniteFloat, Field(gt=0, le=600)] = 30.0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.offset_s is not None) != (self.relation == "offset"):
            raise ValueError('relation = "offset" and offset_s belong together')
        return self


class ImportMapping(_Model):
    """A whole mapping file."""

    description: str = ""
    device: str = ""
    clock: Clock = Clock()
    table: TableLook = TableLook()
    segments: Segments = Segments()
    stream: Annotated[tuple[Stream, ...], Field(min_length=1)]
