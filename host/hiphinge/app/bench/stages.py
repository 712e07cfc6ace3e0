"""What was done at the bench, stage by stage: `bench.toml` beside the samples."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, cast, get_args

from hiphinge.files.atomic import replacing
from hiphinge.files.errors import session_error
from hiphinge.files.small import read_small

Kind = Literal["tilt", "pair", "drift", "range"]
KINDS: tuple[Kind, ...] = get_args(Kind)

FILE_NAME = "bench.toml"
SCHEMA = "hiphinge.bench/1"
# Two hundred stages of ten lines are 40 kB.
_MOST_BYTES = 1 << 20
_COUNTERS = ("blocks", "resent", "doubled", "lost_blocks", "outages")


@dataclass(frozen=True, slots=True)
class Link:
    """What the link did during a stage, in blocks; outages are losses of the connection."""

    blocks: int
    resent: int
    doubled: int
    lost_blocks: int
    outages: int


@dataclass(frozen=True, slots=True)
class Stage:
    """One stretch in which something was known.

    Attributes
    ----------
    from_s, to_s : float
        Session time.
    angle_deg : float or None
        Of the jig or by the inclinometer.
    distance_m : float or None
    link : Link or None
    note : str
    """

    from_s: float
    to_s: float
    angle_deg: float | None = None
    distance_m: float | None = None
    link: Link | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """A bench session.

    Attributes
    ----------
    kind : str
        What it is about: "tilt", "pair", "drift" or "range".
    stages : tuple of Stage
    reference : str
        What the known values come from, in words.
    device : str
        Name and serial.
    """

    kind: Kind
    stages: tuple[Stage, ...] = field(default=())
    reference: str = ""
    device: str = ""


def write_bench(folder: Path, bench: Bench) -> Path:
    """Write `bench.toml` into a session's folder.

    Raises
    ------
    SessionError
        It could not be written.
    """
    lines = [f"schema = {_text(SCHEMA)}", f"kind = {_text(bench.kind)}"]
    lines += [f"{name} = {_text(value)}" for name, value in _words(bench) if value]
    for stage in bench.stages:
        lines += ["", "[[stage]]", f"from_s = {stage.from_s:.3f}", f"to_s = {stage.to_s:.3f}"]
        lines += [f"{name} = {value!r}" for name, value in _numbers(stage) if value is not None]
        if stage.note:
            lines.append(f"note = {_text(stage.note)}")
        if stage.link is not None:
            told = ", ".join(f"{name} = {getattr(stage.link, name)}" for name in _COUNTERS)
            lines.append(f"link = {{ {told} }}")
    path = folder / FILE_NAME
    with replacing(path) as file:
        file.write(("\n".join(lines) + "\n").encode())
    return path


def read_bench(folder: Path) -> Bench:
    """Read `bench.toml` of a session's folder.

    Raises
    ------
    SessionError
        There is none, or it is not one of ours: one line.
    """
    path = folder / FILE_NAME
    source = str(path)
    if not folder.exists():
        raise session_error(str(folder), "no such file or folder", "check the path")
    if not path.is_file():
        raise session_error(str(folder), f"has no {FILE_NAME}", "give a folder that hiphinge bench record made")
    data = read_small(path, _MOST_BYTES, "a bench file", "give its session folder")
    try:
        content = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise session_error(source, f"is no TOML ({error})", "correct it, or record again") from None
    if content.get("schema") != SCHEMA:
        raise session_error(source, f"schema is not {SCHEMA}", "it was made by another version, or by something else")
    if content.get("kind") not in KINDS:
        raise session_error(source, f"kind is none of {', '.join(KINDS)}", "correct it")
    found = content.get("stage", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in cast("list[object]", found)):
        raise session_error(source, "stage is no list of tables", "write each as [[stage]]")
    stages = tuple(_stage(source, at, one) for at, one in enumerate(cast("list[dict[str, Any]]", found), 1))
    for at, (one, other) in enumerate(pairwise(stages), 1):
        if other.from_s < one.to_s:
            raise session_error(source, f"stage {at + 1} begins before stage {at} has ended", "correct its times")
    return Bench(content["kind"], stages, str(content.get("reference", "")), str(content.get("device", "")))


def _stage(source: str, at: int, one: dict[str, Any]) -> Stage:
    def number(name: str, needed: bool = False) -> float | None:
        value = one.get(name)
        if value is None and not needed:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise session_error(source, f"stage {at}: {name} is no number", "correct it")
        return float(value)

    from_s, to_s = number("from_s", True), number("to_s", True)
    assert from_s is not None and to_s is not None
    if to_s <= from_s:
        raise session_error(source, f"stage {at}: to_s is not after from_s", "correct its times")
    link = None
    if "link" in one:
        told = cast("dict[str, Any]", one["link"]) if isinstance(one["link"], dict) else {}
        counts = [told.get(name) for name in _COUNTERS]
        if any(not isinstance(count, int) or isinstance(count, bool) or count < 0 for count in counts):
            raise session_error(source, f"stage {at}: link lacks a count", f"it needs {', '.join(_COUNTERS)}")
        link = Link(*cast("list[int]", counts))
    angle_deg, distance_m = number("angle_deg"), number("distance_m")
    if angle_deg is not None and abs(angle_deg) > 180:
        raise session_error(source, f"stage {at}: angle_deg is not from -180 to 180", "correct it")
    if distance_m is not None and distance_m < 0:
        raise session_error(source, f"stage {at}: distance_m is below 0", "correct it")
    return Stage(from_s, to_s, angle_deg, distance_m, link, str(one.get("note", "")))


def _words(bench: Bench) -> tuple[tuple[str, str], ...]:
    return ("reference", bench.reference), ("device", bench.device)


def _numbers(stage: Stage) -> tuple[tuple[str, float | None], ...]:
    return ("angle_deg", stage.angle_deg), ("distance_m", stage.distance_m)


def _text(text: str) -> str:
    """A TOML basic string: quotes, backslashes and whatever is no character are escaped."""
    out = "".join(f"\\{c}" if c in '"\\' else c if c.isprintable() else _escaped(ord(c)) for c in text)
    return f'"{out}"'


def _escaped(code: int) -> str:
    if 0xD800 <= code < 0xE000:
        return "?"  # half a character: no TOML can hold it
    return f"\\U{code:08x}"
