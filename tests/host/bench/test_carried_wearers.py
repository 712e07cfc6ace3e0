"""Who is carried along does not stand in place: the plain filter is used, `warnings` says so, and the sd grows."""

import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from hiphinge.analysis import analyse
from hiphinge.model import Analysis
from hiphinge.simulate import Simulation

pytest.importorskip("ahrs", reason="the accuracy bench compares with the package AHRS")
pytest.importorskip("imufusion", reason="the accuracy bench compares with the package imufusion")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from accuracy.measure import session
from scenarios import STRICT, within_repetitions


@lru_cache(maxsize=4)
def ridden(kind: str, seed: int) -> tuple[Simulation, Analysis]:
    made = session(kind, seed, 0.0)
    return made, analyse(made.recording, STRICT)


@pytest.mark.parametrize("seed", range(2))
def test_a_ride_is_said_and_doubted(seed: int) -> None:
    made, found = ridden("rides", seed)
    (said,) = (warning for warning in found.warnings if "could not be learnt" in warning)
    assert "both sensors" in said and "plain filter" in said
    inside = within_repetitions(made.truth) & np.isfinite(found.angles.trunk_deg)
    for name in ("hip_hinge", "trunk"):
        off = getattr(found.angles, f"{name}_deg") - getattr(made.truth, f"{name}_deg")
        sd = getattr(found.angles, f"{name}_sd_deg")
        # Braking and curves look like tilts of some degrees; what is said to be known must not be less by far.
        assert np.mean(np.abs(off[inside]) < 2 * sd[inside]) > 0.85
        assert np.median(sd[inside]) > 1.0


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_small_steps_on_the_spot_are_no_ride(seed: int) -> None:
    _, found = ridden("shuffles", seed)
    assert not any("could not be learnt" in warning for warning in found.warnings)
    assert np.nanmedian(found.angles.hip_hinge_sd_deg) < 0.6
