"""`session.json` of a session that is, or was, recorded here: its metadata and how far the recording came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from hiphinge.files.calibration_json import CalibrationFile
from hiphinge.files.json_text import one_line, read_json, write_json
from hiphinge.files.session_json import SCHEMA, EventFile, SessionFile, Words
from hiphinge.model import SessionMeta

# As in `session_json`: twice the heaviest barbell ever lifted.
LARGEST_LOAD_KG = 1000.0

State = Literal["recording", "complete", "recovered"]


class RecordedEvent(EventFile):
    """One marked moment, with what holds from there on: of a set, say, its leg in front and its load."""

    side: Words | None = None
    stance: Words | None = None
    load_kg: float | None = Field(default=None, ge=0, le=LARGEST_LOAD_KG)
    pain_0_10: int | None = Field(default=None, ge=0, le=10)


class RecordedFile(SessionFile):
    """The fields of a recorded `session.json`; those of a written one, and the recorder's own.

    `raw_bytes` is how much of `raw.bin` these metadata have taken in; `csv_end_s` the time of the last row.
    """

    # The model is frozen, so a narrower type is sound.
    events: tuple[RecordedEvent, ...] = ()  # pyright: ignore[reportIncompatibleVariableOverride]
    state: State = "complete"
    session: str | None = None
    raw_bytes: int | None = Field(default=None, ge=0)
    csv_end_s: float | None = Field(default=None, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a recording came."""

    state: State
    session: str | None
    raw_bytes: int | None
    csv_end_s: float | None


def meta_values(meta: SessionMeta, source: str) -> dict[str, Any]:
    """Metadata as `session.json` holds them, ready for JSON.

    Raises
    ------
    SessionError
        A field with an impossible value; `source` is named.
    """
    values: dict[str, Any] = {field.name: getattr(meta, field.name) for field in fields(meta)}
    calibration = None if meta.calibration is None else CalibrationFile.from_calibration(meta.calibration, source)
    values |= {
        "schema": SCHEMA,
        "events": [{"time_s": event.time_s, "kind": event.kind, "note": event.note} for event in meta.events],
        "calibration": None if calibration is None else calibration.model_dump(mode="json", by_alias=True),
        **{name: dict(values[name]) for name in ("device", "source_rates_hz", "limits", "own_programme")},
    }
    return validated(values, source)


def validated(values: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Values as they are written, checked; keys this version does not know are left out.

    Raises
    ------
    SessionError
        One line which names the field.
    """
    try:
        return _dumped(RecordedFile.model_validate(values))
    except ValidationError as error:
        raise one_line(source, error) from None


def read_values(path: Path) -> dict[str, Any]:
    """What `session.json` holds, checked.

    Raises
    ------
    SessionError
        Missing, unreadable, or a field with a wrong value (named).
    """
    return _dumped(read_json(path, RecordedFile))


def _dumped(file: RecordedFile) -> dict[str, Any]:
    values = file.model_dump(mode="json", by_alias=True)
    values["events"] = [event.model_dump(mode="json", exclude_none=True) for event in file.events]
    return values


def progress_of(values: Mapping[str, Any]) -> Progress:
    """How far the recording came by its checked values."""
    return Progress(values["state"], values["session"], values["raw_bytes"], values["csv_end_s"])


def write_values(path: Path, values: Mapping[str, Any], progress: Progress) -> None:
    """Write `session.json`, whole or not at all.

    Raises
    ------
    SessionError
        The file could not be written.
    """
    own = {name: getattr(progress, name) for name in ("state", "session", "raw_bytes", "csv_end_s")}
    write_json(path, {**values, **own})


def changed_values(before: Mapping[str, Any], after: Mapping[str, Any]) -> bytes:
    """JSON of the fields that changed, for a record of `raw.bin`; empty where none did."""
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    return json.dumps(changed, ensure_ascii=False, allow_nan=False).encode() if changed else b""
