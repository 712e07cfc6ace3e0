"""What is to be done, from what was found, what is done, and how it is to be analysed. Pure."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hiphinge import __version__
from hiphinge.app.cohort.found import Found
from hiphinge.app.cohort.schema import SCHEMA
from hiphinge.programmes import Programme

Status = Literal["analysed", "refused", "failed"]
"""`refused`: the file's own fault, the same another time. `failed`: may succeed another time, and is tried again."""

# Batches a worker is given in a run: many enough that the last one leaves the others idle for 2 % of the time only.
_BATCHES_A_WORKER = 50
# The scheduler and whoever reads the data set bear thousands of parts better than a million; see docs/cohorts.md.
_LARGEST_BATCH = 250


@dataclass(frozen=True, slots=True)
class Order:
    """How every session of a cohort is analysed, and where from and to.

    Attributes
    ----------
    root, out : str
        Paths or fsspec URLs; local ones absolute, so that workers elsewhere find them.
    programme : Programme or None
        Read already: a worker need not have the file. None takes each session's own, else the default.
    preset : str or None
        Of the sessions' own programmes.
    rest_s : float or None
    live, recalibrate : bool
    version : str
        Workers must be of the same.
    """

    root: str
    out: str
    programme: Programme | None = None
    preset: str | None = None
    rest_s: float | None = None
    live: bool = False
    recalibrate: bool = False
    version: str = __version__

    @property
    def parameters_id(self) -> str:
        """Another one means that rows would come out differently: schema, version, programme, options."""
        parameters = {
            "schema": SCHEMA,
            "version": self.version,
            "programme": None if self.programme is None else self.programme.model_dump(mode="json"),
            "preset": self.preset,
            "rest_s": self.rest_s,
            "live": self.live,
            "recalibrate": self.recalibrate,
        }
        return _digest(json.dumps(parameters, sort_keys=True))


@dataclass(frozen=True, slots=True)
class Done:
    """What the output says of a session.

    Attributes
    ----------
    part : str
        Key of the part that holds its row.
    status : str
    stamp : str or None
    content : (csv, json)
        SHA-256 of its files in hexadecimal; None for a file that was not there or not read.
    parameters_id : str
    """

    part: str
    status: Status
    stamp: str | None
    content: tuple[str | None, str | None]
    parameters_id: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Attributes
    ----------
    fresh : list of Found
        To be analysed.
    doubtful : list of Found
        Done, but a stamp is missing or another: whether the content changed is to be looked up.
    kept : int
        Done, and not to be touched.
    stale : list of str
        Names of sessions whose rows are to be replaced.
    gone : list of str
        Names of sessions that have rows but were not found any more.
    """

    fresh: list[Found]
    doubtful: list[Found]
    kept: int
    stale: list[str]
    gone: list[str]


@dataclass(frozen=True, slots=True)
class Task:
    """Sessions that one worker does one after the other, and writes as one part.

    Attributes
    ----------
    key : str
        Names the part: the same sessions with the same parameters are the same part, whoever writes it how often.
    sessions : tuple of Found
    """

    key: str
    sessions: tuple[Found, ...]


def compare(found: Mapping[str, Found], done: Mapping[str, Done], parameters_id: str, root: str) -> Plan:
    """Find what is to be done.

    Parameters
    ----------
    found : mapping of name to Found
    done : mapping of name to Done
    parameters_id : str
    root : str
        Sessions with names below it are gone if they were not found; others are another cohort's.

    Returns
    -------
    Plan
    """
    plan = Plan([], [], 0, [], [])
    kept = 0
    for name, one in found.items():
        before = done.get(name)
        if before is None:
            plan.fresh.append(one)
        elif before.parameters_id != parameters_id or before.status == "failed" or _changed_kind(one, before):
            plan.fresh.append(one)
            plan.stale.append(name)
        elif one.problem is None and (one.stamp is None or one.stamp != before.stamp):
            plan.doubtful.append(one)
        else:
            kept += 1
    below = root.rstrip("/") + "/"
    gone = [name for name in done if name not in found and (name == root or name.startswith(below))]
    return Plan(plan.fresh, plan.doubtful, kept, plan.stale, gone)


def with_checked(plan: Plan, changed: Mapping[str, Found]) -> Plan:
    """The plan once it is known which of the doubtful sessions changed."""
    kept = plan.kept + len(plan.doubtful) - len(changed)
    return Plan([*plan.fresh, *changed.values()], [], kept, [*plan.stale, *changed], plan.gone)


def batch_size(sessions: int, workers: int) -> int:
    """How many sessions make a batch.

    Examples
    --------
    >>> batch_size(10, 2), batch_size(2000, 2), batch_size(1_000_000, 40)
    (1, 20, 250)
    """
    return max(1, min(_LARGEST_BATCH, math.ceil(sessions / (max(1, workers) * _BATCHES_A_WORKER))))


def tasks(sessions: Sequence[Found], size: int, order: Order) -> Iterator[Task]:
    """Cut sessions into batches of `size`, each with its key."""
    for at in range(0, len(sessions), size):
        batch = tuple(sessions[at : at + size])
        said = json.dumps([order.root, order.parameters_id, [[one.path, one.csv, one.stamp] for one in batch]])
        yield Task(_digest(said), batch)


def _changed_kind(one: Found, before: Done) -> bool:
    """Whether a session that could be read cannot any more, or the reverse, or lost or got its `session.json`."""
    if (one.problem is None) != (before.content[0] is not None):
        return True
    return one.problem is None and one.has_json != (before.content[1] is not None)


def _digest(text: str) -> str:
    # 64 bits: two of a million parts share a key once in forty million cohorts.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
