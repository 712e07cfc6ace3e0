"""What a worker does: sessions one after the other, their rows in one part. Nothing of a session outlives its rows."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from hiphinge import __version__
from hiphinge.app.analyse import Request, Result, analyse_recording
from hiphinge.app.cohort.errors import CohortError, error_line, killed_line, unreadable_line
from hiphinge.app.cohort.found import Found
from hiphinge.app.cohort.parts import stage
from hiphinge.app.cohort.places import Place, content_of, fetch, open_place
from hiphinge.app.cohort.plan import Order, Status, Task
from hiphinge.app.cohort.rows import Origin, attempt_rows, broken_row, session_row
from hiphinge.app.cohort.schema import Row
from hiphinge.files.errors import shown
from hiphinge.files.session import read_session
from hiphinge.model import HiphingeError, Recording


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of sessions.

    Attributes
    ----------
    analysed, refused, failed : int
        Sessions by `plan.Status`.
    attempts : int
    recorded_s : float
        Length of the sessions analysed.
    processor_s : float
        What reading, analysing and writing took.
    """

    analysed: int = 0
    refused: int = 0
    failed: int = 0
    attempts: int = 0
    recorded_s: float = 0.0
    processor_s: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(
            self.analysed + other.analysed,
            self.refused + other.refused,
            self.failed + other.failed,
            self.attempts + other.attempts,
            self.recorded_s + other.recorded_s,
            self.processor_s + other.processor_s,
        )

    @property
    def sessions(self) -> int:
        """All of them."""
        return self.analysed + self.refused + self.failed


def analyse_task(task: Task, order: Order) -> Tally:
    """Analyse the sessions of a task and stage their part.

    Parameters
    ----------
    task : Task
    order : Order

    Returns
    -------
    Tally

    Raises
    ------
    CohortError
        The part cannot be written, or this worker is of another version. A session's error becomes its row.
    """
    same_version(order)
    begun_s = time.process_time()
    place = _place(order.root)
    sessions: list[Row] = []
    attempts: list[Row] = []
    for found in task.sessions:
        session, of_session = _rows(place, found, order)
        sessions.append(session)
        attempts += of_session
    stage(_place(order.out), task.key, sessions, attempts)
    tally = tally_of(sessions)
    return replace(tally, processor_s=time.process_time() - begun_s)


def check_task(task: Task, order: Order) -> list[tuple[str | None, str | None]]:
    """Digests of what the sessions of a task hold now; (None, None) for one that cannot be read."""
    same_version(order)
    return [_digests(_place(order.root), found) for found in task.sessions]


def killed_task(task: Task, order: Order) -> Tally:
    """Stage a part with the rows of sessions that no worker survived."""
    place = open_place(order.root)
    origins = [Origin(place.name(found.path), found) for found in task.sessions]
    rows = [broken_row(origin, order, "failed", killed_line(origin.name)) for origin in origins]
    stage(open_place(order.out), task.key, rows, [])
    return tally_of(rows)


def same_version(order: Order) -> None:
    """Refuse to work beside another version: its rows would come out differently.

    Raises
    ------
    CohortError
    """
    if order.version != __version__:
        raise CohortError(
            f"a worker has hiphinge {__version__}, this computer {order.version}; install the same version on both"
        )


def tally_of(sessions: list[Row]) -> Tally:
    """Count rows of sessions."""
    statuses = [row["status"] for row in sessions]
    return Tally(
        analysed=statuses.count("analysed"),
        refused=statuses.count("refused"),
        failed=statuses.count("failed"),
        attempts=sum(row["attempts_count"] for row in sessions),
        recorded_s=sum(row["duration_s"] or 0.0 for row in sessions),
    )


# One connection a store and process, not one a session.
@lru_cache(maxsize=8)
def _place(url: str) -> Place:
    return open_place(url)


def _digests(place: Place, found: Found) -> tuple[str | None, str | None]:
    try:
        return content_of(place, found)
    except Exception:  # whatever it is, analysing will say it
        return None, None


def _rows(place: Place, found: Found, order: Order) -> tuple[Row, list[Row]]:
    """A session's row and those of its attempts, whatever happens."""
    origin = Origin(place.name(found.path), found)
    if found.problem is not None:
        return broken_row(origin, order, "refused", f"{shown(origin.name, 400)}: {found.problem}"), []
    with tempfile.TemporaryDirectory(prefix="hiphinge-") as folder:
        try:
            path, csv_sha256, json_sha256 = fetch(place, found, Path(folder))
        except HiphingeError as error:
            return broken_row(origin, order, "refused", error_line(error, origin.name)), []
        except Exception as error:
            return broken_row(origin, order, "failed", unreadable_line(error, origin.name)), []
        origin = replace(origin, csv_sha256=csv_sha256, json_sha256=json_sha256)
        try:
            recording = replace(read_session(path), source=origin.name)
            result = _analysed(recording, order)
            return session_row(origin, order, result), attempt_rows(origin, result)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # a panic in polars is no Exception
            status: Status = "failed" if isinstance(error, MemoryError) else "refused"
            # Copies have names of their own, which say nothing to anybody.
            text = error_line(error, origin.name).replace(str(path), origin.name)
            return broken_row(origin, order, status, text), []


def _analysed(recording: Recording, order: Order) -> Result:
    request = Request(
        preset=order.preset,
        rest_s=order.rest_s,
        live=order.live,
        recalibrate=order.recalibrate,
        read=order.programme,
    )
    return analyse_recording(recording, request)
