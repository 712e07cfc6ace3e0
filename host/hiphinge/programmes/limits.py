"""What an attempt is judged against: plain numbers, and where each came from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Literal, get_args

from hiphinge.model import FaultKind, HiphingeError

DepthOn = Literal["hip_hinge", "trunk"]

FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


class ProgrammeError(HiphingeError):
    """A programme, preset or limit that cannot be used: one line with file, field, what is wrong and what to do."""


@dataclass(frozen=True)
class LearnedLimits:
    """Limits learned from a set a clinician approved.

    Attributes
    ----------
    lumbar_flexion_max_deg, lumbar_extension_max_deg : float
        Degrees, as positive numbers.
    attempts : int
        How many repetitions they rest on.
    provenance : mapping
        How each came about, in words, by the limit's name.
    """

    lumbar_flexion_max_deg: float
    lumbar_extension_max_deg: float
    attempts: int
    provenance: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)


@dataclass(frozen=True)
class Limits:
    """The limits of one session. None: no such limit.

    Attributes
    ----------
    depth_on : {"hip_hinge", "trunk"}
        Which angle's value at the bottom is the depth.
    depth_min_deg, depth_max_deg, depth_grace_deg : float
        Depth is in range from `depth_min_deg - depth_grace_deg` to `depth_max_deg + depth_grace_deg`.
    lumbar_flexion_max_deg, lumbar_extension_max_deg : float or None
        Largest over the attempt, both as positive numbers.
    eccentric_min_s, concentric_min_s : float or None
        Shortest way down and up.
    side_bend_max_deg, rotation_max_deg : float or None
        Largest to either side.
    advisory : frozenset of str
        Kinds that are listed but do not make an attempt faulty.
    provenance : mapping
        Where each limit came from, in words, by its name: ``"42 % of own maximum 62 deg"``.
    """

    depth_on: DepthOn
    depth_min_deg: float
    depth_max_deg: float
    depth_grace_deg: float
    lumbar_flexion_max_deg: float | None
    lumbar_extension_max_deg: float | None
    eccentric_min_s: float | None = None
    concentric_min_s: float | None = None
    side_bend_max_deg: float | None = None
    rotation_max_deg: float | None = None
    advisory: frozenset[FaultKind] = frozenset()
    provenance: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)

    def __post_init__(self) -> None:
        """Refuse what no attempt could be judged against."""
        if self.depth_on not in get_args(DepthOn):
            raise ProgrammeError(f'limit depth_on: {self.depth_on!r} is not known; use "hip_hinge" or "trunk"')
        for name in NUMERIC_LIMITS:
            value = getattr(self, name)
            if value is None and name.startswith("depth_"):
                raise ProgrammeError(f"limit {name}: it cannot be none; give a number in degrees")
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise ProgrammeError(f"limit {name}: {value:g} is not possible; give a number of 0 or more")
        if not self.depth_min_deg < self.depth_max_deg:
            raise ProgrammeError(
                f"limit depth_min_deg: {self.depth_min_deg:g} is not below depth_max_deg, {self.depth_max_deg:g}; "
                "change one of the two"
            )
        for kind in self.advisory:
            if kind not in FAULT_KINDS:
                raise ProgrammeError(f"limit advisory: {did_you_mean(kind, FAULT_KINDS)}")

    def to_dict(self) -> dict[str, Any]:
        """The limits as JSON has them: None for no limit, `advisory` as a sorted list, `provenance` as a table."""
        values: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**values, "advisory": sorted(self.advisory), "provenance": dict(self.provenance)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Limits:
        """Undo `to_dict`: the limits saved with a session.

        Parameters
        ----------
        values : mapping
            As `to_dict` made it; keys not known here are left out.

        Returns
        -------
        Limits

        Raises
        ------
        ProgrammeError
            A limit is missing, no number, or impossible.
        """
        known = {item.name: values[item.name] for item in fields(cls) if item.name in values}
        for name in NUMERIC_LIMITS:
            value = known.get(name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
                raise ProgrammeError(f"limit {name}: {value!r} is not a number")
        known["advisory"] = frozenset(known.get("advisory", ()))
        try:
            return cls(**known)
        except TypeError as error:
            raise ProgrammeError(f"saved limits are incomplete: {error}") from None


NUMERIC_LIMITS: tuple[str, ...] = tuple(
    item.name for item in fields(Limits) if item.name not in ("depth_on", "advisory", "provenance")
)


def did_you_mean(word: str, known: tuple[str, ...]) -> str:
    """Say that `word` is not known, with the nearest known word or all of them.

    Parameters
    ----------
    word : str
        What was written.
    known : tuple of str
        What could have been.

    Returns
    -------
    str
        ``'"assited" is not known; did you mean "assisted"?'``
    """
    near = get_close_matches(word, known, n=1)
    if near:
        return f'"{word}" is not known; did you mean "{near[0]}"?'
    return f'"{word}" is not known; known are {", ".join(known)}'
