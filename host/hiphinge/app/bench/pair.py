"""Two pods on one board: their lumbar angle must read 0 through a full bend, whatever the board does; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.app.bench.agreement import Agreement, agreement, repeated_agreement
from hiphinge.app.bench.oriented import within
from hiphinge.app.bench.stages import Stage
from hiphinge.model import Analysis, Floats, HiphingeError

# A bend that says nothing about a full one.
_FULL_DEG = 60.0

NO_BEND = "no bend of the board was found in the stages; bend it by 60 deg or more, ten times"


@dataclass(frozen=True, slots=True)
class Pair:
    """One way of looking (offline or live).

    Attributes
    ----------
    live : bool
        From the past alone.
    bends : int
    deepest_deg : float
        Median of how far the board was bent.
    through : Agreement
        Every sample of all bends, which are groups: samples of one bend are no independent trials.
    rmse_deg, rmse_sd_deg : float
        Through-range RMSE of each bend: mean and standard deviation over the bends; NaN of a single one.
    peak : Agreement
        At the deepest point of each bend.
    extremes_deg : (float, float)
        Least and greatest lumbar angle shown.
    time_s, board_deg, lumbar_deg : (N,) float
        Of the bending stages; NaN where not known.
    """

    live: bool
    bends: int
    deepest_deg: float
    through: Agreement
    rmse_deg: float
    rmse_sd_deg: float
    peak: Agreement
    extremes_deg: tuple[float, float]
    time_s: Floats
    board_deg: Floats
    lumbar_deg: Floats

    @property
    def full(self) -> bool:
        """Whether the board was bent as far as people bend."""
        return self.deepest_deg >= _FULL_DEG


def pair(analysis: Analysis, stages: Sequence[Stage], live: bool) -> Pair:
    """What an analysis of two pods on one board shows.

    Parameters
    ----------
    analysis : Analysis
    stages : sequence of Stage
        Bends are looked for in all of them.
    live : bool

    Raises
    ------
    HiphingeError
        No bend in them.
    """
    angles = analysis.angles
    inside = np.zeros(len(angles.time_s), dtype=np.bool_)
    for stage in stages:
        inside[within(angles.time_s, stage.from_s, stage.to_s)] = True
    rmses: list[float] = []
    peaks: list[float] = []
    depths: list[float] = []
    through: list[Floats] = []
    for one in analysis.attempts:
        if not any(stage.from_s <= one.bottom_s < stage.to_s for stage in stages):
            continue
        rows = within(angles.time_s, one.start_s, one.end_s)
        lumbar, board = angles.lumbar_flexion_deg[rows], angles.trunk_deg[rows]
        known = np.isfinite(lumbar) & np.isfinite(board)
        if not known.any():
            continue
        lumbar, board = lumbar[known], board[known]
        through.append(lumbar)
        rmses.append(float(np.sqrt(np.mean(lumbar**2))))
        deepest = int(board.argmax())
        peaks.append(float(lumbar[deepest]))
        depths.append(float(board[deepest]))
    whole = repeated_agreement(through)
    peak = agreement(np.array(peaks))
    if whole is None or peak is None:
        raise HiphingeError(NO_BEND)
    every = np.concatenate(through)
    return Pair(
        live=live,
        bends=len(rmses),
        deepest_deg=float(np.median(depths)),
        through=whole,
        rmse_deg=float(np.mean(rmses)),
        rmse_sd_deg=float(np.std(rmses, ddof=1)) if len(rmses) > 1 else float("nan"),
        peak=peak,
        extremes_deg=(float(every.min()), float(every.max())),
        time_s=angles.time_s[inside],
        board_deg=angles.trunk_deg[inside],
        lumbar_deg=angles.lumbar_flexion_deg[inside],
    )
