"""The last seconds of angles, and how they travel to the pages. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import Angles, Floats

KEPT_S = 20.0
"""How much a strip chart shows."""
COLUMNS = ("time_s", "hip_hinge_deg", "trunk_deg", "lumbar_flexion_deg")
"""Of one row of a frame."""

# Session times in single precision lose milliseconds after some hours: sent apart, in double precision.
_HEAD = 8


def rows_of(angles: Angles) -> Floats:
    """Angles as the rows of a frame, (N, 4)."""
    return np.column_stack([angles.time_s, angles.hip_hinge_deg, angles.trunk_deg, angles.lumbar_flexion_deg])


def encoded(rows: Floats) -> bytes:
    """A frame: the first row's time as a double, then the rows in single precision, times from there; little-endian.

    Parameters
    ----------
    rows : (N, 4) float
        As `COLUMNS`; N of 1 or more.
    """
    first_s = float(rows[0, 0])
    relative = rows.copy()
    relative[:, 0] -= first_s
    return np.float64(first_s).astype("<f8").tobytes() + relative.astype("<f4").tobytes()


def decoded(frame: bytes) -> NDArray[np.float64]:
    """Undo `encoded`."""
    first_s = np.frombuffer(frame[:_HEAD], "<f8")[0]
    rows = np.frombuffer(frame[_HEAD:], "<f4").reshape(-1, len(COLUMNS)).astype(np.float64)
    rows[:, 0] += first_s
    return rows


class Ring:
    """Rows of the last `KEPT_S` seconds."""

    def __init__(self) -> None:
        self._pieces: list[Floats] = []

    def push(self, rows: Floats) -> None:
        """Take the next rows."""
        if not len(rows):
            return
        self._pieces.append(rows)
        oldest_s = float(rows[-1, 0]) - KEPT_S
        while float(self._pieces[0][-1, 0]) < oldest_s:
            del self._pieces[0]

    def rows(self) -> Floats:
        """All that is kept, (N, 4)."""
        return np.concatenate(self._pieces) if self._pieces else np.zeros((0, len(COLUMNS)))

    @property
    def newest(self) -> Floats | None:
        """The newest row, (4,)."""
        return self._pieces[-1][-1] if self._pieces else None

    def clear(self) -> None:
        """Forget."""
        self._pieces.clear()
