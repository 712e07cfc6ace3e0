"""Mappings by name or from a user's TOML file; what is wrong in one is said with the key's path."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError

from hiphinge.files.errors import SessionError, session_error, shown
from hiphinge.files.importing.mapping import ImportMapping
from hiphinge.files.small import read_small

_ENDING = ".toml"
# A mapping is a page of text.
_LARGEST_BYTES = 1_000_000
_TOML_PLACE = re.compile(r"^(?P<what>.*?) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_QUOTED = re.compile(r"'([^']+)'")  # how pydantic lists the words a field knows


def ready_mappings() -> tuple[str, ...]:
    """Names of the mappings that come with the package."""
    folder = files("hiphinge.files.importing").joinpath("mappings")
    return tuple(sorted(one.name.removesuffix(_ENDING) for one in folder.iterdir() if one.name.endswith(_ENDING)))


def ready_mapping_text(name: str) -> str:
    """TOML of a ready mapping.

    Raises
    ------
    SessionError
        No mapping of that name.
    """
    if name not in ready_mappings():
        raise _unknown(name)
    place = files("hiphinge.files.importing").joinpath("mappings").joinpath(f"{name}{_ENDING}")
    return place.read_text(encoding="utf-8")


def load_mapping(name_or_path: str) -> ImportMapping:
    """Read a ready mapping by name, or a user's own file.

    Parameters
    ----------
    name_or_path : str
        A name out of `ready_mappings()`, or a TOML file.

    Returns
    -------
    ImportMapping

    Raises
    ------
    SessionError
        One line: file, key, what is wrong, what to do.
    """
    if name_or_path in ready_mappings():
        return parse_mapping(ready_mapping_text(name_or_path), f"{name_or_path}{_ENDING}")
    path = Path(name_or_path)
    if path.suffix.lower() != _ENDING and path.name == name_or_path and not _exists(path):
        raise _unknown(name_or_path)
    return parse_mapping(_text(path), str(path))


def parse_mapping(text: str, source: str) -> ImportMapping:
    """Check the text of a mapping.

    Parameters
    ----------
    text : str
        TOML.
    source : str
        What messages call it.

    Returns
    -------
    ImportMapping

    Raises
    ------
    SessionError
        With the line of a slip in the TOML, else with the key's path.
    """
    try:
        return ImportMapping.model_validate(_toml(text, source))
    except ValidationError as error:
        raise _plain(source, error) from None


def near(word: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Names like `word`, the likest first; upper and lower case are the same.

    Examples
    --------
    >>> near("acc_x", ["Acc_X", "Gyr_X", "time"])
    ['Acc_X', 'Gyr_X']
    """
    by_key = {name.casefold()[:80]: name for name in known}
    found = difflib.get_close_matches(word.casefold()[:80], list(by_key), n=limit, cutoff=0.6)
    return [by_key[key] for key in found]


def _unknown(name: str) -> SessionError:
    close = near(name, ready_mappings(), 1)
    hint = f'is "{close[0]}" meant? ' if close else ""
    todo = f"{hint}ready ones are {', '.join(ready_mappings())}; your own file ends in {_ENDING}"
    return session_error(f'mapping "{shown(name)}"', "there is no such mapping", todo)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _text(path: Path) -> str:
    data = read_small(path, _LARGEST_BYTES, "a mapping", f"name a {_ENDING} file in it")
    try:
        # Windows editors put a byte order mark before the text; TOML has no place for it.
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise session_error(str(path), f"is not UTF-8 text (byte {error.start})", "save the file as UTF-8") from None


def _toml(text: str, source: str) -> dict[str, Any]:
    try:
        # Windows' line ends are TOML's, too; a lone carriage return is not.
        return tomllib.loads(text)
    except RecursionError:
        raise session_error(source, "brackets are nested too deeply", "a mapping needs three levels") from None
    except ValueError as error:
        found = _TOML_PLACE.match(str(error))
        line = int(found["line"]) if found is not None and found["line"] else None
        what = found["what"] if found is not None else str(error)
        what = shown(what[:1].lower() + what[1:], 160)
        place = f" at column {found['column']}" if found is not None and found["column"] else ""
        todo = "mend it there (text values need quotes)"
        raise session_error(source, f"is not TOML: {what}{place}", todo, line) from None


def _plain(source: str, error: ValidationError) -> SessionError:
    details = error.errors(include_url=False, include_context=False)
    # Whoever has a fault in one of several streams is also told that there are too few of them.
    details = [one for one in details if one["type"] != "too_short"] or details
    # Of a misspelt key two things are said: that it is unknown, and that the right one is missing. The first helps.
    first = min(details, key=lambda one: one["type"] != "extra_forbidden")
    path = _path(first["loc"])
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    if first["type"] == "extra_forbidden":
        what, todo = "unknown key", _known_keys(first["loc"])
    elif first["type"] == "missing":
        what, todo = "is missing", "add it"
    elif first["type"] == "literal_error":
        words = [word for word in _QUOTED.findall(first["msg"]) if word]
        what, todo = f"{_told(first.get('input'))} is not known", f"use one of {', '.join(words)}"
    else:
        message = shown(first["msg"].removeprefix("Value error, "), 160)
        what = message[:1].lower() + message[1:]
        found = first.get("input")
        if isinstance(found, str | int | float | bool):
            what += f", found {_told(found)}"
        todo = "correct it"
    return session_error(source, f"{path}: {what}{more}" if path else f"{what}{more}", todo)


def _told(value: object) -> str:
    return f'"{shown(value)}"' if isinstance(value, str) else shown(str(value))


def _path(loc: tuple[int | str, ...]) -> str:
    """Where in the TOML: ``stream[2].acc.unit``; the second ``[[stream]]`` is number 2."""
    text = ""
    for part in loc:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{shown(part)}"
    return text.removeprefix(".")


def _known_keys(loc: tuple[int | str, ...]) -> str:
    model: type[BaseModel] = ImportMapping
    for part in loc[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    known = cast("Mapping[str, object]", model.model_fields)
    close = near(str(loc[-1]), known, 1)
    return f'write "{close[0]}"' if close else f"known here are {', '.join(known)}"


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _model_in(one)) is not None), None)
