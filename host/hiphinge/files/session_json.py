"""`session.json`: what is known of a session besides its samples."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationError,
    field_validator,
)

from hiphinge.files.calibration_json import CalibrationFile
from hiphinge.files.json_text import one_line, read_json, write_json
from hiphinge.model import Event, SessionMeta

SCHEMA = "hiphinge.session/1"

# As for `time_s`: a device's clock stays below three years. Marks just before the first sample are fine.
_LARGEST_TIME_S = 1e8
# Twice the heaviest barbell ever lifted.
_LARGEST_LOAD_KG = 1000.0


def _text_of(value: object) -> object:
    """Let firmware versions and ranges be written as numbers: 1.2 for "1.2"."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_text_of)]


def _writable(value: str) -> str:
    """Half characters (an argument in another encoding, a broken emoji from a page) replaced: no file can hold them."""
    return value.encode("utf-8", "replace").decode() if any("\ud800" <= one <= "\udfff" for one in value) else value


Words = Annotated[str, AfterValidator(_writable)]


def _limit(value: object) -> object:
    """Let through what `Limits.to_dict` may hold; what each limit means is for `Limits` to check."""
    if isinstance(value, list) and _all_text(cast("list[object]", value)):
        return cast("list[object]", value)
    if isinstance(value, dict):
        table = cast("dict[object, object]", value)
        if _all_text([*table, *table.values()]):
            return table
    if value is None or isinstance(value, str) or (isinstance(value, int | float) and _finite(value)):
        return value
    raise ValueError("must be a finite number, a text, true, false, null, a list of texts or a table of texts")


def _all_text(values: list[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return False


LimitValue = Annotated[Any, AfterValidator(_limit)]


class _Model(BaseModel):
    # Keys of later versions are passed over.
    model_config = ConfigDict(extra="ignore", frozen=True)


class EventFile(_Model):
    """One marked moment."""

    time_s: float = Field(allow_inf_nan=False, ge=-_LARGEST_TIME_S, le=_LARGEST_TIME_S)
    kind: Words = Field(min_length=1)
    note: Words = ""


class SessionFile(_Model):
    """The fields of `session.json`; see `SessionMeta` for their meaning."""

    schema_: Literal["hiphinge.session/1"] = Field(alias="schema")
    person: Words | None = None
    started_at: str | None = None
    device: dict[str, Text] = {}
    source_rates_hz: dict[str, Annotated[FiniteFloat, Field(gt=0)]] = {}
    programme: str | None = None
    preset: str | None = None
    limits: dict[str, LimitValue] = {}
    own_programme: dict[str, Any] = {}
    rest_s: float | None = Field(default=None, gt=0, le=_LARGEST_TIME_S)
    stance: Words | None = None
    side: Words | None = None
    load_kg: float | None = Field(default=None, ge=0, le=_LARGEST_LOAD_KG)
    pain_0_10: int | None = Field(default=None, ge=0, le=10)
    notes: Words = ""
    events: tuple[EventFile, ...] = ()
    calibration: CalibrationFile | None = None

    @field_validator("started_at")
    @classmethod
    def _is_a_moment(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                datetime.fromisoformat(value)
            except ValueError:
                raise ValueError("must be a date and time such as 2025-03-01T09:30:00+01:00") from None
        return value


def read_meta(path: Path) -> SessionMeta:
    """Read `session.json`.

    Raises
    ------
    SessionError
        One line which names the field.
    """
    file = read_json(path, SessionFile)
    return SessionMeta(
        person=file.person,
        started_at=file.started_at,
        device=file.device,
        source_rates_hz=file.source_rates_hz,
        programme=file.programme,
        preset=file.preset,
        limits=file.limits,
        own_programme=file.own_programme,
        rest_s=file.rest_s,
        stance=file.stance,
        side=file.side,
        load_kg=file.load_kg,
        pain_0_10=file.pain_0_10,
        notes=file.notes,
        events=tuple(Event(event.time_s, event.kind, event.note) for event in file.events),
        calibration=None if file.calibration is None else file.calibration.to_calibration(),
    )


def write_meta(path: Path, meta: SessionMeta) -> None:
    """Write `session.json`, validated first: what is written can be read.

    Raises
    ------
    SessionError
        A field with an impossible value, or a file which could not be written.
    """
    calibration = None if meta.calibration is None else CalibrationFile.from_calibration(meta.calibration, str(path))
    values: dict[str, object] = {
        "schema": SCHEMA,
        "person": meta.person,
        "started_at": meta.started_at,
        "device": dict(meta.device),
        "source_rates_hz": dict(meta.source_rates_hz),
        "programme": meta.programme,
        "preset": meta.preset,
        "limits": dict(meta.limits),
        "own_programme": dict(meta.own_programme),
        "rest_s": meta.rest_s,
        "stance": meta.stance,
        "side": meta.side,
        "load_kg": meta.load_kg,
        "pain_0_10": meta.pain_0_10,
        "notes": meta.notes,
        "events": [{"time_s": event.time_s, "kind": event.kind, "note": event.note} for event in meta.events],
        "calibration": None if calibration is None else calibration.model_dump(mode="json", by_alias=True),
    }
    try:
        file = SessionFile.model_validate(values)
    except ValidationError as error:
        raise one_line(str(path), error) from None
    write_json(path, file.model_dump(mode="json", by_alias=True))
