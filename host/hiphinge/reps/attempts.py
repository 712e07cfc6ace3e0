"""From a coarse bend to an attempt: located at full rate, screened, measured, judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hiphinge.kinematics.track import Track
from hiphinge.model import Attempt, Event
from hiphinge.programmes.limits import Limits
from hiphinge.reps.judge import judge
from hiphinge.reps.measure import Measured, measure
from hiphinge.reps.screen import has_flight, mostly_sagittal
from hiphinge.reps.segmenter import LEAST_BEND_DEG, Bend
from hiphinge.reps.sets import number_sets

# A jump's flight begins this soon after its dip has straightened, and ends this shortly before the dip of its landing.
FLIGHT_MARGIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Located:
    """A bend in rows of a track: low before it, deepest point, close, and the row at which that was decided."""

    low: int
    deepest: int
    closed: int
    decided: int

    @classmethod
    def from_coarse(cls, bend: Bend, stride: int, first: int = 0) -> Located:
        """From the segmenter's indices: coarse index k is the last row of its block of `stride` rows."""
        rows = (first + (k + 1) * stride - 1 for k in (bend.low, bend.deepest, bend.closed, bend.decided))
        return cls(*rows)

    def shifted(self, by: int) -> Located:
        """The same bend in a track that begins elsewhere."""
        return Located(self.low + by, self.deepest + by, self.closed + by, self.decided + by)


def examine(whole: Track, bend: Located, rate_hz: float) -> Measured | None:
    """Measure a bend, or None where it is no attempt (see `screen`)."""
    measured = measure(whole.angles, bend.low, bend.deepest, bend.closed, rate_hz)
    angles = whole.angles
    rise_deg = angles.trunk_deg[measured.bottom] - angles.trunk_deg[bend.low : measured.bottom + 1].min()
    if rise_deg < LEAST_BEND_DEG:
        return None
    part = slice(measured.onset, measured.end + 1)
    lean_deg = whole.lean_deg[measured.bottom] - whole.lean_deg[measured.onset]
    if not mostly_sagittal(float(rise_deg), float(lean_deg), whole.sagittal_radps[part], whole.tilting_radps[part]):
        return None
    if whole.sacral_force_mps2 is not None:
        margin = round(FLIGHT_MARGIN_S * rate_hz)
        around = slice(max(0, measured.onset - margin), measured.closed + 1)
        if has_flight(whole.sacral_force_mps2[around], rate_hz):
            return None
    return measured


def attempt(index: int, measured: Measured, limits: Limits, decided_s: float) -> Attempt:
    """A judged attempt. Its set and its pause at the top are not known yet: see `completed`."""
    verdict, faults, doubts = judge(measured, limits)
    return Attempt(
        index=index,
        set=1,
        start_s=measured.start_s,
        bottom_s=measured.bottom_s,
        end_s=measured.end_s,
        decided_s=decided_s,
        hip_hinge_deg=measured.hip_hinge.value,
        hip_hinge_sd_deg=measured.hip_hinge.sd,
        trunk_deg=measured.trunk.value,
        trunk_sd_deg=measured.trunk.sd,
        lumbar_flexion_deg=max(0.0, measured.flexion.value),
        lumbar_flexion_sd_deg=measured.flexion.sd,
        lumbar_extension_deg=max(0.0, measured.extension.value),
        lumbar_extension_sd_deg=measured.extension.sd,
        lumbar_side_bend_deg=measured.side_bend.value,
        lumbar_rotation_deg=measured.rotation.value,
        lumbar_share=measured.lumbar_share,
        tempo_s=(measured.eccentric_s, measured.pause_bottom_s, measured.concentric_s, None),
        smoothness_sal=measured.smoothness_sal,
        verdict=verdict,
        faults=faults,
        doubts=doubts,
    )


def completed(attempts: Sequence[Attempt], events: Sequence[Event], rest_s: float) -> tuple[Attempt, ...]:
    """Attempts with what only their neighbours tell: the set, and the pause at the top before the next descent."""
    numbers = number_sets([(a.start_s, a.end_s) for a in attempts], events, rest_s)
    done: list[Attempt] = []
    for at, (one, number) in enumerate(zip(attempts, numbers, strict=True)):
        followed = at + 1 < len(attempts) and numbers[at + 1] == number and number > 0
        top_s = max(0.0, attempts[at + 1].start_s - one.end_s) if followed else None
        done.append(replace(one, index=at + 1, set=number, tempo_s=(*one.tempo_s[:3], top_s)))
    return tuple(done)
