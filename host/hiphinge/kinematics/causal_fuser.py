"""VQF with the past alone, trusting the accelerometer more while the wearer stands still.

Coming to a halt from a walk at 1.2 m/s leaves VQF (time constant of the accelerometer 3 s) leaning by up to 2 deg, and
a third of that is left when a set begins 3 s later. At rest the accelerometer shows the vertical at once. Repetitions
begin and end at rest, so that what they leave cancels, unless the filter is quick at one end only: once somebody
leaves, it goes back to where it was before that could have begun. Who is carried along stands still and is accelerated
all the same: there the filter stays slow.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import vqf

from hiphinge.kinematics.orientation import VQF_CARRIED, VQF_KNOWN_BIAS, VQF_PARAMS, Levelled, trapezoid
from hiphinge.kinematics.quiet import STILL_RATE_RADPS
from hiphinge.model import Floats

# Stillness is looked at this often, over this long.
_LOOK_S = 0.1
# Pauses within a set are shorter.
_STILL_S = 1.0
# A bend that begins slowly passes `STILL_RATE_RADPS` this late.
_BACK_LOOKS = 4
# VQF's own time constant, and one that a second of standing still is long for and sway (periods of 2-5 s) short.
_TAU_S, _TAU_STILL_S = 3.0, 1.0


_NONE = np.zeros((0, 3))


@dataclass(frozen=True, slots=True)
class _Look:
    """Samples between two looks, in the level frame; the filter's state before them, and whether it was quick then."""

    state: dict[str, Any]
    quick: bool = False
    steps: Floats = field(default_factory=lambda: _NONE)
    force: Floats = field(default_factory=lambda: _NONE)

    def and_then(self, steps: Floats, force: Floats) -> _Look:
        return replace(self, steps=np.concatenate([self.steps, steps]), force=np.concatenate([self.force, force]))


@dataclass(frozen=True, slots=True)
class _Stillness:
    """The look under way, how many before it were still without a break, and the last of them."""

    now: _Look
    still: int = 0
    recent: tuple[_Look, ...] = ()


@dataclass(frozen=True, slots=True)
class FuserState:
    """What a `CausalFuser` knows at one instant."""

    filter_state: dict[str, Any]
    quick: bool
    last: Floats | None
    level: Levelled | None
    stillness: _Stillness


class CausalFuser:
    """Feed steps of any size, the result is the same.

    A gap longer than `grid.BRIDGE_S` is told by `restart`.

    Parameters
    ----------
    rate_hz : float
    bias_known : bool
        The gyroscope's bias has been taken out already but for a rest.
    carried : bool
        The wearer does not stand in place: rides, or walks about.
    """

    def __init__(self, rate_hz: float, bias_known: bool = False, carried: bool = False) -> None:
        self._rate_hz = rate_hz
        self._params = VQF_PARAMS | (VQF_KNOWN_BIAS if bias_known else {}) | (VQF_CARRIED if carried else {})
        self._carried = carried
        self._look = max(1, round(_LOOK_S * rate_hz))
        self._last: Floats | None = None
        self._level: Levelled | None = None
        self._filter = self._new()
        self._quick = False
        self._stillness = _Stillness(self._begun())

    def push(self, gyr_radps: Floats, acc_mps2: Floats) -> tuple[Floats, Floats]:
        """Fuse the next samples, (n, 3) each.

        Returns
        -------
        quat : (n, 4) float
            Sensor to Earth.
        rate_radps : (n, 3) float
            Gyroscope less the bias known at each instant.
        """
        if self._level is None:
            self._level = Levelled.by(acc_mps2[0])
        steps = self._level.turn(trapezoid(gyr_radps, self._last))
        force = self._level.turn(acc_mps2)
        self._last = gyr_radps[-1].copy()
        quat, bias = np.empty((len(steps), 4)), np.empty((len(steps), 3))
        first = 0
        while first < len(steps):
            # Looks end at fixed samples, whatever the pieces.
            part = slice(first, min(len(steps), first + self._look - len(self._stillness.now.steps)))
            out = self._fuse(steps[part], force[part])
            quat[part], bias[part] = out["quat6D"], out["bias"]
            self._note(steps[part], force[part], out["bias"][-1])
            first = part.stop
        return self._level.quat(quat), gyr_radps - self._level.back(bias)

    def restart(self) -> None:
        """Forget the orientation after a long gap, keep the gyroscope bias learnt so far."""
        bias, sigma = cast(tuple[Floats, float], self._filter.getBiasEstimate())
        self._filter = self._new()
        self._filter.setBiasEstimate(bias, sigma)
        self._quick = False
        self._stillness = _Stillness(self._begun())
        self._last = None  # the frame stays: only its first lean mattered, and the bias is known in it

    def snapshot(self) -> FuserState:
        """The state, to come back to."""
        return FuserState(self._state(), self._quick, self._last, self._level, self._stillness)

    def back_to(self, state: FuserState) -> None:
        """Go on from a state as if nothing had come after it."""
        self._trust(state.quick)
        self._filter.state = state.filter_state
        self._last, self._level, self._stillness = state.last, state.level, state.stillness

    def _note(self, steps: Floats, force: Floats, bias_radps: Floats) -> None:
        """Count stillness; where it ends, take back what the beginning of the movement did to a quick filter."""
        before = self._stillness
        look = before.now.and_then(steps, force)
        if len(look.steps) < self._look:
            self._stillness = _Stillness(look, before.still, before.recent)
            return
        if float(np.linalg.norm(look.steps.mean(axis=0) - bias_radps)) < STILL_RATE_RADPS:
            still = before.still + 1
            self._trust(quick=still >= _STILL_S / _LOOK_S and not self._carried)
            self._stillness = _Stillness(self._begun(), still, (*before.recent, look)[-_BACK_LOOKS:])
            return
        if self._quick:
            first = before.recent[0]
            self._trust(first.quick)
            self._filter.state = first.state
            self._trust(quick=False)
            for one in (*before.recent, look):
                self._fuse(one.steps, one.force)
        self._stillness = _Stillness(self._begun())

    def _begun(self) -> _Look:
        return _Look(self._state(), self._quick)

    def _trust(self, quick: bool) -> None:
        """Make the filter quick or not; what its low-pass holds is carried over."""
        if quick != self._quick:
            self._quick = quick
            self._filter.setTauAcc(_TAU_STILL_S if quick else _TAU_S)

    def _fuse(self, steps: Floats, force: Floats) -> dict[str, Floats]:
        run = self._filter.updateBatch(np.ascontiguousarray(steps), np.ascontiguousarray(force))
        return cast(dict[str, Floats], run)

    def _state(self) -> dict[str, Any]:
        return cast(dict[str, Any], self._filter.state)

    def _new(self) -> Any:
        return cast(Any, vqf).VQF(1.0 / self._rate_hz, **self._params)
