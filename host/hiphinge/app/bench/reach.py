"""Range: what arrives, what had to be sent again and what is lost, distance by distance; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.app.bench.oriented import within
from hiphinge.app.bench.stages import Stage
from hiphinge.model import SEGMENTS, HiphingeError, Recording

# Two resends in a hundred blocks: still far from what the store cannot make up for, but the link begins to suffer.
SUFFERS = 0.02


@dataclass(frozen=True, slots=True)
class Reach:
    """One distance.

    Attributes
    ----------
    distance_m : float
    duration_s : float
    missing_share : float
        Of the samples that are in the session: lost for good.
    longest_gap_s : float
        Longest stretch without either pod's samples in the end.
    blocks : int or None
        Received in this stage; None where the link was not counted.
    resent_share, doubled_share : float or None
        Of them.
    lost_blocks, outages : int or None
    """

    distance_m: float
    duration_s: float
    missing_share: float
    longest_gap_s: float
    blocks: int | None
    resent_share: float | None
    doubled_share: float | None
    lost_blocks: int | None
    outages: int | None

    @property
    def good(self) -> bool:
        """Nothing lost, no outage, hardly anything sent again; False where that was not counted."""
        counted = self.resent_share is not None and self.resent_share < SUFFERS
        return self.missing_share == 0 and not self.lost_blocks and not self.outages and counted


def reaches(recording: Recording, stages: Sequence[Stage]) -> list[Reach]:
    """Every stage that has a distance, in their order.

    Raises
    ------
    HiphingeError
        None has.
    """
    found = [_reach(recording, one, one.distance_m) for one in stages if one.distance_m is not None]
    if not found:
        raise HiphingeError("no stage has a distance; write distance_m into each, or record again")
    return found


def _reach(recording: Recording, stage: Stage, distance_m: float) -> Reach:
    part = within(recording.time_s, stage.from_s, stage.to_s)
    time_s = recording.time_s[part]
    there = np.ones(len(time_s), dtype=np.bool_)
    whole = [acc for name in SEGMENTS if (acc := getattr(recording, name).acc_mps2) is not None]
    # A pod that was never there (its cable unplugged) was not lost on the air.
    heard = [acc for acc in whole if np.isfinite(acc).any()]
    if not heard:
        there[:] = False
    for acc in heard:
        there &= np.isfinite(acc[part]).all(axis=1)
    step_s = float(np.median(np.diff(recording.time_s)))
    duration_s = stage.to_s - stage.from_s
    # Instants of the session's even grid; a rounded stamp at an edge belongs where it is.
    first, last = (np.ceil((at_s - recording.time_s[0]) / step_s - 1e-6) for at_s in (stage.from_s, stage.to_s))
    expected = max(1, int(last - first))
    have = time_s[there]
    edges = np.concatenate([[stage.from_s], have, [stage.to_s]])
    gap_s = float(np.diff(edges).max())
    link = stage.link
    blocks = None if link is None else link.blocks
    return Reach(
        distance_m=distance_m,
        duration_s=duration_s,
        missing_share=max(0.0, 1 - len(have) / expected),
        longest_gap_s=0.0 if gap_s < 2 * step_s else gap_s,
        blocks=blocks,
        resent_share=link.resent / link.blocks if link and link.blocks else None,
        doubled_share=link.doubled / link.blocks if link and link.blocks else None,
        lost_blocks=None if link is None else link.lost_blocks,
        outages=None if link is None else link.outages,
    )


def reached_m(found: Sequence[Reach]) -> float | None:
    """Farthest distance to which the link was good, at it and at every nearer one; None where it never was."""
    bad_m = min((one.distance_m for one in found if not one.good), default=float("inf"))
    return max((one.distance_m for one in found if one.distance_m < bad_m), default=None)
