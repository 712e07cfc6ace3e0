"""`session.csv` written as samples arrive: the same bytes however they are portioned out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from hiphinge.files.atomic import replacing
from hiphinge.files.columns import GROUPS, TIME, Group
from hiphinge.files.csv_writer import as_written
from hiphinge.files.errors import os_error
from hiphinge.files.recording.raw_writer import write_whole
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.model import Floats, ImuSamples, Recording

if TYPE_CHECKING:
    from hiphinge.link.events import Samples


class SampleCsv:
    """A session CSV that grows.

    Its columns are those of the first samples; when others come later (a device that changed its profile), the file is
    written again with them added.

    Parameters
    ----------
    path : Path
        Must not exist.

    Attributes
    ----------
    end_s : float or None
        Time of the last row formatted.

    Raises
    ------
    SessionError
        The file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.end_s: float | None = None
        self._groups: list[Group] = []
        self._taken: list[Samples] = []
        self._waiting: list[bytes] = []
        self._size = 0
        try:
            self._file = FileIO(path, "x")
        except OSError as error:
            raise os_error(str(path), error, "written") from None

    def add(self, samples: Samples) -> None:
        """Take the next samples, in memory."""
        if len(samples.time_s):
            self._taken.append(samples)

    def flush(self) -> None:
        """Write what was taken.

        Raises
        ------
        OSError
            The disk refused; the file still ends in a whole row, what was not written is kept.
        SessionError
            Values that a session CSV cannot hold; the disk refused while columns were added.
        """
        taken, self._taken = self._taken, []
        for alike in _runs(taken):
            self._format(alike)
        if not self._waiting:
            return
        data = b"".join(self._waiting)
        try:
            write_whole(self._file, data)
        except OSError:
            with contextlib.suppress(OSError):
                self._file.truncate(self._size)
            with contextlib.suppress(OSError):
                self._file.seek(self._size)
            self._waiting = [data]
            raise
        self._size += len(data)
        self._waiting = []

    def _format(self, recording: Recording) -> None:
        recording = as_written(recording)
        columns: dict[Group, Floats] = {}
        for group in GROUPS:
            values = getattr(getattr(recording, group.segment), _FIELDS[group.kind])
            if values is not None:
                columns[group] = values
        new = [group for group in columns if group not in self._groups]
        if new:
            self._widen(new)
        # nan_to_null: an empty cell is how every reader of CSV writes a missing value.
        frame = pl.DataFrame({TIME: recording.time_s}).with_columns(
            pl.Series(name, columns[group][:, axis], nan_to_null=True)
            if group in columns
            else pl.lit(None, pl.Float64).alias(name)
            for group in self._groups
            for axis, name in enumerate(group.names)
        )
        self._waiting.append(frame.write_csv(include_header=False, line_terminator="\n").encode("ascii"))
        self.end_s = float(recording.time_s[-1])

    def finish(self) -> None:
        """Write all and bring it onto the disk.

        Raises
        ------
        OSError
            The disk refused.
        """
        self.flush()
        os.fsync(self._file.fileno())
        self.close()

    def is_whole(self) -> bool:
        """Whether the file at its place holds all that was taken."""
        try:
            return not self._waiting and not self._taken and self.path.stat().st_size == self._size > 0
        except OSError:
            return False

    def close(self) -> None:
        """Close the file as it is."""
        self._file.close()

    def _widen(self, new: list[Group]) -> None:
        first = not self._groups
        self._groups += new
        header = ",".join((TIME, *(name for group in self._groups for name in group.names))).encode("ascii") + b"\n"
        if first:
            self._waiting.append(header)
            return
        try:
            write_whole(self._file, b"".join(self._waiting))
            self._waiting = []
            empty = b"," * sum(len(group.names) for group in new)
            with replacing(self.path) as wider, self.path.open("rb") as narrow:
                wider.write(header)
                narrow.readline()
                wider.writelines(line[:-1] + empty + b"\n" for line in narrow)
            self._file.close()
            self._file = FileIO(self.path, "a")
            self._size = self.path.stat().st_size
        except OSError as error:
            raise os_error(str(self.path), error, "written") from None


def write_samples(path: Path, samples: Iterable[Samples]) -> float | None:
    """Write a whole session CSV in place of `path`; bounded memory.

    Returns
    -------
    float or None
        Time of the last row; None where there were no samples (then nothing is written).

    Raises
    ------
    SessionError
        The disk refused, or values that a session CSV cannot hold. `path` is then as it was.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    with contextlib.suppress(OSError):
        beside.unlink()  # of a run that was killed here
    table = SampleCsv(beside)
    try:
        rows = 0
        for part in samples:
            table.add(part)
            rows += len(part.time_s)
            if rows >= _MOST_ROWS:
                table.flush()
                rows = 0
        table.flush()
        if table.end_s is None:
            return None
        table.finish()
        beside.replace(path)
    except OSError as error:
        raise os_error(str(path), error, "written") from None
    finally:
        table.close()
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
    return table.end_s


_FIELDS = {"acc": "acc_mps2", "gyr": "gyr_radps", "quat": "quat"}
# A stretch formatted at once: bounds what a long recording made anew holds in memory.
_MOST_ROWS = 5000


def _runs(taken: list[Samples]) -> list[Recording]:
    """Samples joined where they carry the same kinds of values: formatting costs by the call, not by the row."""
    joined: list[list[Samples]] = []
    for samples in taken:
        if joined and _kinds(joined[-1][0]) == _kinds(samples):
            joined[-1].append(samples)
        else:
            joined.append([samples])
    return [
        Recording(
            np.concatenate([one.time_s for one in alike]),
            _imu([one.sacral for one in alike]),
            _imu([one.thoracic for one in alike]),
        )
        for alike in joined
    ]


def _kinds(samples: Samples) -> tuple[bool, ...]:
    return tuple(getattr(imu, name) is None for imu in (samples.sacral, samples.thoracic) for name in _FIELDS.values())


def _imu(parts: list[GriddedImu]) -> ImuSamples:
    def whole(name: str) -> Floats | None:
        values = [getattr(part, name) for part in parts]
        return None if values[0] is None else np.concatenate(values)

    return ImuSamples(whole("acc_mps2"), whole("gyr_radps"), whole("quat"))
