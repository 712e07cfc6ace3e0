"""The causal filter: the same in any pieces, upright soon after a halt, and no worse for it where a bend begins."""

import numpy as np
import pytest
import vqf
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.kinematics.causal_fuser import CausalFuser
from hiphinge.kinematics.gravity import GRAVITY_MPS2
from hiphinge.kinematics.orientation import trapezoid
from hiphinge.kinematics.rotation import up_in_sensor
from hiphinge.model import Floats

RATE_HZ = 100.0
UP = np.array([0.0, 0.0, 1.0])


def standing(seconds: float) -> Floats:
    return np.tile(GRAVITY_MPS2 * UP, (round(seconds * RATE_HZ), 1))


def halted(speed_mps: float, within_s: float, still_s: float) -> Floats:
    """Forces, (N, 3), of a sensor that does not turn: at rest, walking, halting, standing."""
    moving = standing(within_s)
    moving[:, 0] -= speed_mps / within_s
    return np.concatenate([standing(4.0), moving, standing(still_s)])


def lean_deg(quat: Floats, up: Floats = UP) -> Floats:
    return np.degrees(np.arccos(np.clip(up_in_sensor(quat) @ up, -1, 1)))


def test_a_halt_is_forgotten_within_seconds_of_standing() -> None:
    force = halted(1.2, 0.7, 5.0)
    lean = lean_deg(CausalFuser(RATE_HZ).push(np.zeros_like(force), force)[0])
    assert lean.max() > 1.0, "the halt is seen at all"
    assert lean[-200:].max() < 0.15  # VQF alone leans by 0.5 deg after 3 s


def test_a_walk_is_not_learnt_as_a_bias_once_that_is_known() -> None:
    at_s = np.arange(0.0, 20.0, 1 / RATE_HZ)
    steps = standing(20.0)
    steps[:, 2] += 3.0 * np.sin(2 * np.pi * 1.8 * at_s)
    steps[:, 0] += 1.5 * np.sin(2 * np.pi * 1.8 * at_s + 1.0)
    off = standing(0.7)
    off[:, 0] += 1.2 / 0.7
    force = np.concatenate([standing(2.0), off, steps, halted(1.2, 0.7, 2.0)[400:]])
    taken_radps = CausalFuser(RATE_HZ, bias_known=True).push(np.zeros_like(force), force)[1]
    # VQF's time constant of 3 s makes 0.06 deg of that; trusted less, the bias would take up 0.16 deg/s.
    assert np.degrees(np.abs(taken_radps)).max() < 0.02


def test_who_is_carried_along_is_seen_as_by_vqf_itself() -> None:
    """A bus that starts and brakes under somebody who stands still in it."""
    force = standing(60.0)
    for at_s in (10, 25, 40):
        force[at_s * 100 : at_s * 100 + 400, 0] += 1.2
        force[at_s * 100 + 700 : at_s * 100 + 1100, 0] -= 1.2
    still = np.zeros_like(force)
    carried, standing_in_place = (
        lean_deg(CausalFuser(RATE_HZ, carried=carried).push(still, force)[0]) for carried in (True, False)
    )
    plain = lean_deg(vqf.VQF(1 / RATE_HZ).updateBatch(still, force)["quat6D"])
    assert np.abs(carried - plain).max() < 0.05
    assert standing_in_place.max() > 1.3 * plain.max(), "the quick filter is what must not be used here"


@pytest.mark.parametrize("push_mps2", [2.0, -2.0])
def test_the_beginning_of_a_movement_is_not_taken_for_a_lean(push_mps2: float) -> None:
    """Forward and back within half a second, and turning only once it is under way."""
    force, rate = standing(6.0), np.zeros((600, 3))
    force[400:430, 0] += push_mps2
    force[430:460, 0] -= push_mps2
    rate[420:450, 1] = np.deg2rad(30.0) * np.sin(np.linspace(0, 2 * np.pi, 30))
    ours = CausalFuser(RATE_HZ).push(rate, force)[0]
    plain = vqf.VQF(1 / RATE_HZ).updateBatch(trapezoid(rate), force)["quat6D"]
    # One that stays quick (1 s) is 1.3 deg off after it.
    assert lean_deg(ours)[460:].max() < lean_deg(plain)[460:].max() + 0.1


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.integers(0, 1000))
@settings(max_examples=25)
def test_pieces_change_nothing(pieces: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    force = np.concatenate([halted(1.0, 0.5, 2.5), halted(0.5, 0.3, 1.0)])
    force += rng.normal(0, 0.05, force.shape)
    rate = rng.normal(0, 0.01, force.shape)
    rate[750:900, 1] += 0.5
    whole = CausalFuser(RATE_HZ).push(rate, force)
    fuser, found = CausalFuser(RATE_HZ), []
    first = 0
    while first < len(force):
        for size in pieces:
            if first < len(force):
                found.append(fuser.push(rate[first : first + size], force[first : first + size]))
            first += size
    for at in (0, 1):
        np.testing.assert_allclose(np.concatenate([part[at] for part in found]), whole[at], atol=1e-9)


@pytest.mark.parametrize("at", [150, 395, 460, 700])
def test_it_goes_back_to_a_state_as_if_nothing_had_come_after(at: int) -> None:
    """Also out of standing still into movement, and back."""
    force = halted(1.2, 0.7, 5.0)
    rate = np.zeros_like(force)
    rate[480:560, 1] = 0.4
    fuser = CausalFuser(RATE_HZ)
    fuser.push(rate[:at], force[:at])
    state = fuser.snapshot()
    once = fuser.push(rate[at:], force[at:])
    fuser.back_to(state)
    again = fuser.push(rate[at:], force[at:])
    np.testing.assert_array_equal(once[0], again[0])
    np.testing.assert_array_equal(once[1], again[1])
