"""Recordings that were dropped on the page: analysed as `hiphinge analyse` does, kept until the program ends."""

from __future__ import annotations

import json
import re
import secrets
import tempfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hiphinge.model import SEGMENTS, HiphingeError, Recording

if TYPE_CHECKING:
    # Tables, figures and importing take a second to load: when a file is opened, not when the program starts.
    from hiphinge.app.analyse import Result

OWN = "own"
MAPPING = "mapping"
"""A mapping file of the user's own comes along."""
MOST_BYTES = 200 * 1024 * 1024
"""Three hours at 100 Hz in our own CSV; a browser and this computer take it without trouble."""
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._ ()-]")
_LONGEST = 100
KEPT = 10
"""Results, the newest ones."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One analysed recording.

    Attributes
    ----------
    name : str
        As its file was called: anybody's text.
    values : dict
        As `analyse --json` has it.
    report : str
        A whole HTML page.
    """

    name: str
    values: dict[str, Any]
    report: str


class Results:
    """The newest results, by keys nobody guesses."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Opened] = OrderedDict()

    def keep(self, opened: Opened) -> str:
        """Keep a result; returns its key."""
        key = secrets.token_urlsafe(12)
        self._kept[key] = opened
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return key

    def get(self, key: str) -> Opened | None:
        """The result of a key."""
        return self._kept.get(key)


def formats() -> tuple[str, ...]:
    """What can be opened: our own CSV first, by the user's own mapping last."""
    from hiphinge.files.importing.mapping_file import ready_mappings

    return (OWN, *ready_mappings(), MAPPING)


Contents = Mapping[str, Sequence[tuple[str, bytes]]]


def open_files(contents: Contents, format_name: str, programme: str | None) -> Opened:
    """Analyse uploaded files; takes seconds, so not for the loop.

    Parameters
    ----------
    contents : mapping of str to sequence of (name, bytes)
        "file"; or "sacral" and "thoracic" where each sensor has files of its own, one or several; and "mapping" beside
        them for a format of that name.
    format_name : str
        Of `formats`.
    programme : str or None
        None takes the session's own, else the default.

    Returns
    -------
    Opened

    Raises
    ------
    HiphingeError
        One line: what is wrong, and what to do.
    """
    from hiphinge.app.analyse import Request, analyse_recording

    if format_name not in formats():
        raise HiphingeError(f'format "{format_name[:40]}" is not known; choose one of {", ".join(formats())}')
    if format_name != MAPPING:
        contents = {key: value for key, value in contents.items() if key != MAPPING}
    elif MAPPING not in contents:
        raise HiphingeError("no mapping file was given; choose one, or another format")
    samples = [name for key, given in contents.items() if key != MAPPING for name, _ in given]
    if not samples:
        raise HiphingeError("no file was given; choose one")
    name = " + ".join(samples)
    with tempfile.TemporaryDirectory(prefix="hiphinge-") as folder:
        places, called = _written(Path(folder), contents)
        try:
            recording = _read(places, format_name)
            recording = replace(recording, source=name)
            result = analyse_recording(recording, Request(programme=programme or None))
        except HiphingeError as error:
            # Nobody knows our temporary places: files are called as they were.
            words = str(error)
            for place, given in called.items():
                words = words.replace(place, given)
            raise HiphingeError(words) from None
    return opened_result(result, name)


def opened_result(result: Result, name: str) -> Opened:
    """A result with its report."""
    from hiphinge.app.report import report_text
    from hiphinge.app.results import analysis_dict

    return Opened(name, analysis_dict(result), report_text([result], datetime.now().astimezone(), [name]))


def result_json(opened: Opened) -> str:
    """As `analyse --json` writes it."""
    return json.dumps(opened.values, indent=1, allow_nan=False) + "\n"


def _written(folder: Path, contents: Contents) -> tuple[dict[str, Path], dict[str, str]]:
    """What was sent, in a folder: a file, or a folder of them, by part; and how each place is called."""
    places: dict[str, Path] = {}
    called: dict[str, str] = {}
    for key, given in contents.items():
        own = folder / key
        own.mkdir()
        for at, (name, data) in enumerate(given):
            # Formats know their files by name. It is anybody's: of it only plain letters reach the disk.
            plain = _NOT_PLAIN.sub("_", Path(name).name)[-_LONGEST:].lstrip(".") or "file"
            place = own / ("mapping.toml" if key == MAPPING else plain)
            if place.exists():
                place = own / f"{at}-{plain}"
            place.write_bytes(data)
            called[str(place)] = name
            places[key] = place if len(given) == 1 else own
        called.setdefault(str(own), " + ".join(name for name, _ in given))
    return places, called


def _read(places: Mapping[str, Path], format_name: str) -> Recording:
    if format_name == OWN:
        from hiphinge.files.session import read_session

        if "file" not in places or places["file"].is_dir():
            raise HiphingeError("a hiphinge CSV holds both sensors in one file; give that one")
        return read_session(places["file"])
    from hiphinge.files.importing.assemble import import_recording
    from hiphinge.files.importing.mapping_file import load_mapping

    sources = [str(places["file"])] if "file" in places else []
    sources += [f"{segment}={places[segment]}" for segment in SEGMENTS if segment in places]
    mapping = load_mapping(str(places[MAPPING]) if format_name == MAPPING else format_name)
    return import_recording(mapping, format_name, sources).recording
