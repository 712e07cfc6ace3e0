"""The simulated bench as a source: whoever tries the commands sees what was put in come out again."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import numpy as np

from hiphinge.app.bench.plan import Plan, Step
from hiphinge.app.bench.rig import Knot, Rig, bends, steps
from hiphinge.app.live.source import Source
from hiphinge.simulate.errors import SensorErrors
from hiphinge.transports.virtual import VirtualTransport
from hiphinge.virtual import DeviceSettings, Faults

# Of a current chip: what the virtual device applies of it (bias and noise).
CHIP = SensorErrors(acc_bias_mg=5.0, gyr_bias_dps=0.3, acc_noise_ug_rthz=80.0, gyr_noise_dps_rthz=0.005)
JIG_SD_DEG = 0.5
LUMBAR_SHARE = 0.02
# Loss of packets at each distance that stands in for a radio that gets weaker: nobody's measurement.
LOSS = (0.0, 0.002, 0.01, 0.05, 0.15)


@dataclass
class Bench:
    """Source and operator in one, and what was put in.

    Attributes
    ----------
    source : Source
    words : str
        The error put in, for people.
    jig_errors_deg : list of float
        By how much each stage's true angle differs from the one that is said.
    """

    source: Source
    transport: VirtualTransport
    still: list[tuple[float, float]]
    losses: tuple[float, ...]
    words: str
    jig_errors_deg: list[float]
    sleep: Callable[[float], Awaitable[None]]
    _first: float = math.nan

    async def ready(self, at: int, step: Step, now_s: float) -> bool:
        """Begin when the simulated bench has come to that stage."""
        started_s = self.transport.started_s
        if self.still and started_s is not None:
            # The wearer's time runs from the start of sampling.
            await self.sleep(max(0.0, started_s + self.still[at][0] - self.transport.clock()))
        if self.losses:
            self.transport.link.faults = replace(self.transport.link.faults, loss=self.losses[at])
        del step, now_s
        return True

    async def reading(self, at: int, step: Step) -> float:
        """What a perfect inclinometer would show."""
        return (step.angle_deg or 0.0) + self.jig_errors_deg[at]


def simulated(plan: Plan, seed: int = 0, pace: float | None = None) -> Bench:
    """A bench on which `plan` is carried out.

    Parameters
    ----------
    plan : Plan
    seed : int
    pace : float or None
        Times real time; None as fast as it can.
    """
    rng = np.random.default_rng([seed, 9])
    hold_s = max(step.hold_s + step.settle_s for step in plan.steps) + 1.0
    still: list[tuple[float, float]] = []
    errors: list[float] = [0.0] * len(plan.steps)
    shares, words, losses = (0.0, 0.0), "nothing moves; chips with noise and bias", tuple[float, ...]()
    knots: list[Knot] = [Knot(0.0, 0.0), Knot(1.0, 0.0)]
    match plan.kind:
        case "tilt":
            said = [step.angle_deg or 0.0 for step in plan.steps]
            errors = [0.0 if angle == 0 else float(rng.normal(0.0, JIG_SD_DEG)) for angle in said]
            knots, still = steps([a + b for a, b in zip(said, errors, strict=True)], hold_s)
            still = [(from_s + 3.0, to_s + 3.0) for from_s, to_s in still]
            knots = [Knot(0.0, knots[0].angle_deg), *(Knot(one.at_s + 3.0, one.angle_deg) for one in knots)]
            words = f"true angles differ from the said ones by {', '.join(f'{error:+.2f}' for error in errors)} deg"
        case "pair":
            stand_s = plan.steps[0].hold_s + plan.steps[0].settle_s + 3.0
            count = max(1, int(plan.steps[1].hold_s // 7.0))
            knots, shares = bends(count, 90.0, stand_s + 1.0), (0.0, LUMBAR_SHARE)
            still = [(1.0, stand_s), (stand_s, knots[-1].at_s)]
            words = f"the upper pod turns {LUMBAR_SHARE:.0%} further: {90 * LUMBAR_SHARE:.2f} deg of lumbar at 90 deg"
        case "range":
            losses = tuple(LOSS[min(at, len(LOSS) - 1)] for at in range(len(plan.steps)))
            words = f"packets lost: {', '.join(f'{100 * loss:g} %' for loss in losses)}"
        case "drift":
            pass
    transport = VirtualTransport(
        Rig(knots, shares, errors=CHIP), DeviceSettings(seed=seed), Faults(seed=seed), pace=pace, ends=False
    )
    named = "a simulated bench: no hardware"
    source = Source("virtual", transport, transport.clock, transport.sleep, False, named)
    return Bench(source, transport, still, losses, words, errors, transport.sleep)
