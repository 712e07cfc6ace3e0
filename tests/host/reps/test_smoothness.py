"""SPARC behaves as its authors say (Balasubramanian et al. 2015)."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.model import Floats
from hiphinge.reps.smoothness import spectral_arc_length


def bell(seconds: float, rate_hz: float = 100.0) -> Floats:
    """Speed of a minimum-jerk reach."""
    u = np.arange(round(seconds * rate_hz) + 1) / round(seconds * rate_hz)
    return u**2 * (1 - u) ** 2


@given(seconds=st.floats(0.6, 5.0), amplitude=st.floats(1e-3, 1e3), rate_hz=st.sampled_from([50.0, 100.0, 200.0]))
def test_one_bell_is_smooth_whatever_its_size_and_length(seconds: float, amplitude: float, rate_hz: float) -> None:
    found = spectral_arc_length(amplitude * bell(seconds, rate_hz), rate_hz)
    assert -1.6 < found < -1.35  # published for minimum jerk: about -1.4
    assert found == pytest.approx(spectral_arc_length(bell(1.0), 100.0), abs=0.03)


@pytest.mark.parametrize("parts", [2, 3, 4, 6])
def test_more_submovements_are_rougher(parts: int) -> None:
    def in_parts(count: int) -> float:
        # Bells that follow each other with a short stop between.
        return spectral_arc_length(np.concatenate([bell(0.6), np.zeros(15)] * count), 100.0)

    assert in_parts(parts) < in_parts(parts - 1) - 0.1


@given(st.floats(0.15, 0.5), st.floats(3.0, 8.0))
def test_tremor_is_rougher(size: float, tremor_hz: float) -> None:
    smooth = bell(2.0)
    time_s = np.arange(len(smooth)) / 100
    shaky = smooth * (1 + size * np.sin(2 * np.pi * tremor_hz * time_s))
    found, clean = spectral_arc_length(shaky, 100.0), spectral_arc_length(smooth, 100.0)
    assert found < clean - 0.02


@pytest.mark.parametrize("speed", [[], [1.0], [0.0, 0.0, 0.0]])
def test_no_movement_has_no_smoothness(speed: list[float]) -> None:
    assert math.isnan(spectral_arc_length(np.array(speed), 100.0))
