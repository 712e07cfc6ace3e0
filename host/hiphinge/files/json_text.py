"""JSON files with a schema: read and validated by pydantic, with one-line messages that name the field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from hiphinge.files.atomic import replacing
from hiphinge.files.errors import SessionError, session_error, shown
from hiphinge.files.small import read_small

ModelT = TypeVar("ModelT", bound=BaseModel)

# A session's metadata are kilobytes; a file this large is something else.
_LARGEST_BYTES = 50_000_000


def read_json(path: Path, model: type[ModelT]) -> ModelT:
    """Read and validate a JSON file.

    Raises
    ------
    SessionError
        Missing, unreadable, no JSON (with line and column), or a field with a wrong value (named).
    """
    data = read_small(path, _LARGEST_BYTES, "a JSON file of ours", "give a JSON file")
    try:
        return model.model_validate_json(data.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        raise one_line(str(path), error) from None


def write_json(path: Path, values: Mapping[str, object]) -> None:
    """Write a JSON file: UTF-8, indented, whole or not at all.

    Raises
    ------
    SessionError
        Text that is not Unicode, or a file which could not be written.
    """
    try:
        data = (json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")
    except ValueError as error:
        raise session_error(str(path), f"cannot be written ({shown(str(error), 80)})", "repair the values") from None
    with replacing(path) as file:
        file.write(data)


def one_line(source: str, error: ValidationError) -> SessionError:
    """Put the first of a validation's complaints into the one-line form."""
    details = error.errors(include_url=False, include_context=False)
    first = details[0]
    message = shown(first["msg"].removeprefix("Value error, "), 160)
    message = message[:1].lower() + message[1:]
    if first["type"] == "json_invalid":
        return session_error(source, f"is not JSON ({message.removeprefix('invalid JSON: ')})", "repair or remove it")
    field = ".".join(shown(str(part)) for part in first["loc"]) or "the whole"
    found = first.get("input")
    if first["type"] != "missing" and isinstance(found, str | int | float | bool | None):
        message += f", found {shown(json.dumps(found, ensure_ascii=False))}"
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return session_error(source, f"field {field}: {message}{more}", "correct or remove the field")
