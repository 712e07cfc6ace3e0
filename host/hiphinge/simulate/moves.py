"""A move: for a while, it adds to some of the wearer's coordinates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from hiphinge.model import Floats


class Channel(IntEnum):
    """What a move can move. Angles in degrees with the signs of DESIGN section 2, lengths in metres."""

    HEADING_DEG = 0  # direction of the path, left +
    SPEED_MPS = 1  # along the path
    FORWARD_M = 2  # hip centre against the path's point, wearer's axes
    RIGHT_M = 3
    UP_M = 4
    HINGE_DEG = 5  # pelvis: forward, side (right +), turn against the path (left +)
    OBLIQUITY_DEG = 6
    PELVIS_TURN_DEG = 7
    LUMBAR_DEG = 8  # thorax against pelvis
    BEND_DEG = 9
    ROTATION_DEG = 10
    STRETCH_M = 11  # spine's length change, along the thorax


Shares = Mapping[Channel, Floats]


@dataclass(frozen=True, slots=True)
class Move:
    """Something the wearer does.

    Attributes
    ----------
    duration_s : float
    render : function
        From times since the move's beginning, (M,) s, to what it adds to each channel. Zero at time 0; what it adds
        at `duration_s` stays afterwards.
    """

    duration_s: float
    render: Callable[[Floats], Shares]


def _nothing(_t: Floats) -> Shares:
    return {}


def stand(duration_s: float) -> Move:
    """Stand still (but for the sway)."""
    return Move(duration_s, _nothing)
