"""TOML text to a `Programme`, or one line that says what is wrong. Pure: `loader.py` does the reading."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError

from hiphinge.programmes.limits import ProgrammeError, did_you_mean
from hiphinge.programmes.spec import NONE, Programme

Table = dict[str, Any]

_TOML_PLACE = re.compile(r"^(?P<what>.*?) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")

_QUOTED = re.compile(r"'([^']+)'")  # how pydantic lists the words a field knows


def parse_toml(text: str, label: str) -> Table:
    """Read TOML.

    Parameters
    ----------
    text : str
        The file's text.
    label : str
        What messages call the file.

    Returns
    -------
    dict

    Raises
    ------
    ProgrammeError
        With line and column.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ProgrammeError(f"{label}: brackets are nested too deeply; a programme needs one level") from None
    except ValueError as error:  # TOMLDecodeError, and what int() and date() say of values no programme needs
        found = _TOML_PLACE.match(str(error))
        if found is None:
            place, what = "the TOML", str(error)
        elif found["line"] is None:
            place, what = f"line {text.count(chr(10)) + 1}", f"{found['what']} at the end of the file"
        else:
            place, what = f"line {found['line']}, column {found['column']}", found["what"]
        what = what[:1].lower() + what[1:]
        raise ProgrammeError(_one_line(f"{label}: {place}: {what}; mend it there (text values need quotes)")) from None


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Table:
    """`base` with `over` laid on it: tables are merged, anything else is replaced.

    Parameters
    ----------
    base, over : mapping
        Parsed TOML; neither is changed.

    Returns
    -------
    dict
    """
    merged: Table = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both_tables = isinstance(below, dict) and isinstance(value, dict)
        merged[key] = merge(cast(Table, below), cast(Table, value)) if both_tables else value
    return merged


def build(data: Mapping[str, Any], label: str) -> Programme:
    """Check parsed TOML and make a `Programme` of it.

    Parameters
    ----------
    data : mapping
        Parsed and merged TOML.
    label : str
        What messages call the file.

    Returns
    -------
    Programme

    Raises
    ------
    ProgrammeError
        One line: file, field, what is wrong, what to do.
    """
    try:
        return Programme.model_validate(data)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        # A misspelt key is also a missing one: name the slip, not its shadow.
        problems.sort(key=lambda problem: problem["type"] != "extra_forbidden")
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ProgrammeError(_one_line(f"{label}: {_in_words(problems[0], Programme)}{more}")) from None


def _one_line(text: str) -> str:
    # Quoted TOML keys and values may hold line breaks.
    return " ".join(text.split())


def _dotted(place: Sequence[int | str]) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _model_at(root: type[BaseModel], place: Sequence[int | str]) -> type[BaseModel] | None:
    """The model whose fields may stand at `place`."""
    kind: Any = root
    for part in place:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            known = kind.model_fields.get(str(part))
            kind = None if known is None else known.annotation
        elif get_origin(kind) is dict:
            kind = get_args(kind)[1]
        else:
            return None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _allows_none(root: type[BaseModel], place: Sequence[int | str]) -> bool:
    model = _model_at(root, place[:-1])
    known = None if model is None or not place else model.model_fields.get(str(place[-1]))
    return known is not None and type(None) in get_args(known.annotation)


def _in_words(problem: Mapping[str, Any], root: type[BaseModel]) -> str:
    place: tuple[int | str, ...] = problem["loc"]
    kind: str = problem["type"]
    value: Any = problem["input"]
    where = _dotted(place)
    if kind == "value_error":
        # The models' own checks begin with the field that is wrong.
        own = str(problem["ctx"]["error"])
        return f"{where}.{own}" if where else own
    if kind == "extra_forbidden":
        model = _model_at(root, place[:-1])
        known = tuple(model.model_fields) if model is not None else ()
        return f"{where}: {did_you_mean(str(place[-1]), known)}"
    if kind == "missing":
        return f'{where}: it is missing; add it, or begin the file with extends = "assisted"'
    if kind == "literal_error":
        return f"{where}: {did_you_mean(str(value), tuple(_QUOTED.findall(problem['ctx']['expected'])))}"
    return f"{where}: {_shown(value)} {_should_be(kind, problem, _allows_none(root, place))}"


def _shown(value: object) -> str:
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and abs(value) > 10**15:
        return "a number this large"  # Python refuses to print some of them
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _should_be(kind: str, problem: Mapping[str, Any], may_be_none: bool) -> str:
    bounds = problem.get("ctx", {})
    if kind in ("greater_than", "greater_than_equal", "less_than_equal"):
        sign, bound = {
            "greater_than": ("above", bounds.get("gt")),
            "greater_than_equal": ("at least", bounds.get("ge")),
            "less_than_equal": ("at most", bounds.get("le")),
        }[kind]
        percent = "; write 42 % as 0.42" if kind == "less_than_equal" and bound == 1 else ""
        return f"is out of range; it must be {sign} {bound:g}{percent}"
    wanted = {
        "float_type": "a number",
        "finite_number": "a finite number",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "string_type": "text in quotes",
        "string_too_short": "text of at least one letter",
        "model_type": "a table",
        "model_attributes_type": "a table",
        "dict_type": "a table",
        "frozen_set_type": "a list",
        "too_short": "a table with at least one entry",
    }.get(kind)
    if wanted is None:
        return f"does not fit: {str(problem['msg']).lower()}"
    return f"does not fit; write {wanted}" + (f' or "{NONE}"' if may_be_none else "")
