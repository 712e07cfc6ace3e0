"""The shipped TOML says what DESIGN and the exercise as taught say, and every number has its reason beside it."""

import re
from importlib.resources import files

import pytest

from hiphinge.programmes import builtin_names, load_programme, resolve_limits

# DESIGN section 1 (movement, repetitions, stance) and section 2, "Default limits"; 0.42 and 46 deg: the published
# figures behind the lenient preset (a case study; Laird 2019, people with back pain).
DEPTH = {"depth_on": "hip_hinge", "depth_min_deg": 45, "depth_max_deg": 50, "depth_grace_deg": 3}
NO_LIMIT = {"concentric_min_s": None, "side_bend_max_deg": None, "rotation_max_deg": None, "advisory": []}
STRICT = {**DEPTH, **NO_LIMIT, "lumbar_flexion_max_deg": 10, "lumbar_extension_max_deg": 8}
LENIENT = {**STRICT, "lumbar_flexion_max_deg": round(0.42 * 46)}
ECCENTRIC_MIN_S = {"assisted": 1.5, "unassisted": 1.5, "loaded-split-rdl": None}


@pytest.mark.parametrize("name", builtin_names())
@pytest.mark.parametrize(("preset", "expected"), [("strict", STRICT), ("lenient", LENIENT)])
def test_limits_are_those_of_the_design(name: str, preset: str, expected: dict[str, object]):
    limits = resolve_limits(load_programme(name, preset)).to_dict()
    limits.pop("provenance")
    assert limits == {**expected, "eccentric_min_s": ECCENTRIC_MIN_S[name]}


@pytest.mark.parametrize("name", builtin_names())
def test_lenient_is_42_percent_of_the_own_maximum(name: str):
    limits = resolve_limits(load_programme(name, "lenient"), own_max_flexion_deg=60)
    assert limits.lumbar_flexion_max_deg == pytest.approx(25.2)


def test_strict_is_the_default_preset():
    assert [load_programme(name).preset for name in builtin_names()] == ["strict"] * 3


@pytest.mark.parametrize(
    ("name", "repetitions", "stance", "following"),
    [
        ("assisted", (10, None), "parallel", "unassisted"),
        ("unassisted", (15, 20), "parallel", "loaded-split-rdl"),
        ("loaded-split-rdl", (10, None), "split", None),
    ],
)
def test_prescription_is_the_one_taught(
    name: str, repetitions: tuple[int, int | None], stance: str, following: str | None
):
    programme = load_programme(name)
    assert (programme.repetitions, programme.repetitions_max) == repetitions
    assert (programme.sets, programme.rest_s, programme.stance, programme.side) == (3, 15, stance, "either")
    assert programme.load_kg is None
    assert programme.move_on.next == following
    assert programme.name == name


@pytest.mark.parametrize("name", builtin_names())
def test_every_number_has_its_source_or_reason_beside_it(name: str):
    text = files("hiphinge.programmes").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    numbers = [line for line in text.splitlines() if re.match(r"\w+ *= *[-\d.]+", line)]
    assert len(numbers) >= 15
    assert [line for line in numbers if not re.search(r"# .{8,}", line)] == []
