"""The columns of a session CSV: their names, and what a header row offers."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hiphinge.files.errors import SessionError, listed, session_error
from hiphinge.model import SEGMENTS, Segment

Kind = Literal["acc", "gyr", "quat"]
KINDS: tuple[Kind, Kind, Kind] = ("acc", "gyr", "quat")
TIME = "time_s"

_AXES: dict[Kind, str] = {"acc": "xyz", "gyr": "xyz", "quat": "wxyz"}
_WORDS: dict[Kind, str] = {"acc": "accelerometer", "gyr": "gyroscope", "quat": "quaternion"}
# More columns than any export of a full-body suit has; beyond, it is no table of samples.
_MOST_COLUMNS = 5000
# Names worth comparing with ours: difflib is quadratic in their length.
_COMPARED_NAMES, _COMPARED_LENGTH = 300, 40
_TIME_WORDS = ("time", "t", "timestamp", "seconds", "sec", "s", "elapsed", "time_ms", "time_us", "clock")
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


@dataclass(frozen=True, slots=True)
class Group:
    """Columns which belong together: one sensor's accelerometer, gyroscope or quaternion."""

    segment: Segment
    kind: Kind

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in axis order."""
        return tuple(f"{self.segment}_{self.kind}_{axis}" for axis in _AXES[self.kind])

    @property
    def words(self) -> str:
        """For messages: "sacral accelerometer"."""
        return f"{self.segment} {_WORDS[self.kind]}"


GROUPS: tuple[Group, ...] = tuple(Group(segment, kind) for segment in SEGMENTS for kind in KINDS)
KNOWN: frozenset[str] = frozenset((TIME, *(name for group in GROUPS for name in group.names)))


def present_groups(header: Sequence[str], source: str, line: int) -> tuple[Group, ...]:
    """Which groups a header row offers.

    Parameters
    ----------
    header : sequence of str
        Names without surrounding blanks. Order is free; unknown names are ignored.
    source, line
        For messages.

    Raises
    ------
    SessionError
        No `time_s`, a repeated or missing column, one sensor only, another delimiter than the comma.
    """
    if len(header) > _MOST_COLUMNS:
        raise session_error(source, f"has {len(header)} columns", "give a session CSV with one row a sample", line)
    _refuse_other_delimiter(header, source, line)
    _refuse_missing_time(header, source, line)
    repeated = [name for name, count in Counter(header).items() if count > 1 and name in KNOWN]
    if repeated:
        raise session_error(source, "appears more than once in the header", "keep one of them", line, repeated[0])
    there = set(header)
    groups = tuple(group for group in GROUPS if there.issuperset(group.names))
    for segment in SEGMENTS:
        kinds = {group.kind for group in groups if group.segment == segment}
        if "quat" not in kinds and not {"acc", "gyr"} <= kinds:
            raise _missing_columns(segment, header, source, line)
    for group in GROUPS:
        some = [name for name in group.names if name in there]
        if some and group not in groups:
            gone = [name for name in group.names if name not in there]
            raise session_error(source, f"{group.words} lacks {listed(gone)}", "add it or remove the others", line)
    return groups


def _refuse_other_delimiter(header: Sequence[str], source: str, line: int) -> None:
    if TIME in header:
        return
    text = ",".join(header)
    for delimiter, words in _DELIMITERS.items():
        parts = [part.strip(' "') for part in text.split(delimiter)]
        if len(parts) > len(header) and (TIME in parts or len(header) == 1):
            todo = "save it with commas between columns and points in numbers"
            raise session_error(source, f"columns are separated by {words}, not commas", todo, line)
    if len(header) == 1 and TIME in text.split():
        todo = "save it with commas between columns"
        raise session_error(source, "columns are separated by blanks, not commas", todo, line)


def _refuse_missing_time(header: Sequence[str], source: str, line: int) -> None:
    if TIME in header:
        return
    similar = [
        name
        for name in header[:_COMPARED_NAMES]
        if len(name) <= _COMPARED_LENGTH
        and (
            name.lower().split("(")[0].split("[")[0].strip(" _") in _TIME_WORDS
            or difflib.SequenceMatcher(None, name.lower(), TIME).ratio() >= 0.75
        )
    ]
    if similar:
        todo = f'rename "{_alternatives(similar)}" to {TIME} if it holds seconds from the start'
    else:
        some = [name for name in header if name]
        todo = f"add the time of each sample in seconds (columns found: {listed(some, 4) or 'none'})"
    raise session_error(source, f"has no {TIME} column", todo, line)


def _alternatives(names: Sequence[str]) -> str:
    return '" or "'.join(listed([name], 1) for name in names[:3])


def _missing_columns(segment: Segment, header: Sequence[str], source: str, line: int) -> SessionError:
    there = set(header)
    acc, gyr, quat = (Group(segment, kind) for kind in KINDS)
    raw = [*acc.names, *gyr.names]
    gone = [name for name in raw if name not in there]
    gone_quat = [name for name in quat.names if name not in there]
    if len(gone) == len(raw) and len(gone_quat) == len(quat.names):
        what = f"has no {segment} sensor (one sensor only): {segment}_acc_x/y/z and {segment}_gyr_x/y/z are missing"
        todo = f"record two sensors, or name the columns so (or {segment}_quat_w/x/y/z)"
        similar = _similar(raw[0], header)
        if similar is not None:
            todo += f'; is "{listed([similar])}" meant?'
        return session_error(source, what, todo, line)
    if 0 < len(gone_quat) < len(quat.names) and len(gone) == len(raw):
        gone = gone_quat
    what = f"the {segment} sensor lacks {listed(gone)}"
    similar = _similar(gone[0], header)
    todo = (
        f'rename "{listed([similar])}"' if similar is not None else f"add the columns or all of {segment}_quat_w/x/y/z"
    )
    return session_error(source, what, todo, line)


def _similar(name: str, header: Sequence[str]) -> str | None:
    offered = [h for h in header[:_COMPARED_NAMES] if h and len(h) <= _COMPARED_LENGTH and h not in KNOWN]
    lowered = {re.sub(r"[^a-z0-9]+", "_", h.lower()): h for h in offered}
    # 0.85 lets other cases and separators pass, and stays above what another sensor reaches (sacral_mag_x: 0.83).
    close = difflib.get_close_matches(name, list(lowered), n=1, cutoff=0.85)
    return lowered[close[0]] if close else None
