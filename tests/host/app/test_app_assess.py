"""Own maximum flexion from bends."""

import pytest

from hiphinge.app.assess import assess
from hiphinge.model import Attempt, HiphingeError

NAN = float("nan")


def bend(flexion_deg: float, sd_deg: float = 1.0, number: int = 1) -> Attempt:
    return Attempt(
        index=number, set=0, start_s=10.0 * number, bottom_s=10.0 * number + 2, end_s=10.0 * number + 4,
        decided_s=10.0 * number + 5, hip_hinge_deg=40.0, hip_hinge_sd_deg=0.5, trunk_deg=40.0 + flexion_deg,
        trunk_sd_deg=0.5, lumbar_flexion_deg=flexion_deg, lumbar_flexion_sd_deg=sd_deg, lumbar_extension_deg=0.0,
        lumbar_extension_sd_deg=1.0, lumbar_side_bend_deg=0.0, lumbar_rotation_deg=0.0, lumbar_share=0.5,
        tempo_s=(2.0, 0.5, 2.0, None), smoothness_sal=-1.6, verdict="faulty",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bends", "largest_deg", "mean_deg", "spread_deg", "warned"),
    [
        ([bend(44), bend(46), bend(45)], 46, 45, 1.0, ""),
        ([bend(44), bend(46), bend(70, sd_deg=4.0)], 46, 45, 2**0.5, "2 bends used; 3 guided"),
        ([bend(44), bend(NAN), bend(45), bend(46)], 46, 45, 1.0, ""),
        ([bend(44)], 44, 44, None, "1 bend used; 3 guided"),
        ([bend(40), bend(41), bend(60)], 60, 47, pytest.approx(11.27, abs=0.01), "19.0 deg above the middle one"),
        ([bend(44), bend(45), bend(46), bend(47)], 47, 45.5, pytest.approx(1.29, abs=0.01), "4 bends used, 3 are"),
        ([bend(5), bend(6), bend(7)], 7, 6, 1.0, "a hip hinge is not one"),
    ],
)
def test_largest_of_the_bends_known_well_enough(
    bends: list[Attempt], largest_deg: float, mean_deg: float, spread_deg: float | None, warned: str
):
    found = assess(bends, "s.csv")
    assert found.own_max_flexion_deg == largest_deg
    assert found.mean_deg == mean_deg
    assert found.spread_sd_deg == (spread_deg if spread_deg is None else pytest.approx(spread_deg))
    assert len(found.bends) == len(bends)
    assert bool(found.warnings) is bool(warned)
    assert warned in " ".join(found.warnings)


@pytest.mark.parametrize(
    ("bends", "said"),
    [([], "has no bend"), ([bend(44, sd_deg=3.0)], "known to within 6.0 deg only"), ([bend(NAN)], "is not known")],
)
def test_without_a_usable_bend_it_refuses_and_says_what_to_do(bends: list[Attempt], said: str):
    with pytest.raises(HiphingeError, match=said) as caught:
        assess(bends, "s.csv")
    assert str(caught.value).startswith("s.csv: ") and "stand still" in str(caught.value)
