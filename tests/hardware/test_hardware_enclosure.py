"""The printed parts as they lie in the repository, without any CAD: closed, current, thick, small and smooth enough."""

import numpy as np
import pytest

from hiphinge_hardware import figures, inputs, mechanics, mesh, power
from hiphinge_hardware.cad import dimensions as d

FIGURES = figures.load()
MANIFEST = inputs.manifest()
STL = figures.HARDWARE / "stl"
NAMES = sorted(MANIFEST["parts"])
BED_MM = FIGURES["material.bed_mm"].value
WALL_MM = FIGURES["material.wall_least_mm"].value
# What 32-bit numbers in the file and another version of the kernel may move.
SAME = 2e-3


@pytest.fixture(scope="module")
def shapes() -> dict[str, mesh.Triangles]:
    return {name: mesh.read_stl(STL / f"{name}.stl") for name in NAMES}


def cube(size: float) -> mesh.Triangles:
    corner = np.array([[x, y, z] for x in (0, size) for y in (0, size) for z in (0, size)], float)
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return np.array([corner[list(side)] for a, b, c, e in sides for side in ((a, b, c), (a, c, e))])


def test_the_measures_know_a_cube():
    shape = cube(3.0)
    assert mesh.volume_mm3(shape) == pytest.approx(27)
    assert mesh.is_watertight(shape)
    assert not mesh.is_watertight(shape[1:])
    assert not mesh.is_watertight(np.concatenate([shape[:1, ::-1], shape[1:]]))
    assert mesh.sharpest_deg(shape, below_z_mm=9) == pytest.approx(90)
    assert mesh.thinnest(shape, seed=3, samples=60)[0] == pytest.approx(3)


def test_every_part_is_there_and_no_other():
    assert sorted(path.stem for path in STL.glob("*.stl")) == NAMES
    assert {
        "sacral_tub",
        "sacral_lid",
        "thoracic_tub",
        "thoracic_lid",
        "belt_clip",
        "clothing_clip",
        "light_pipe",
        "button_cap",
    } <= set(NAMES)


def test_the_files_are_of_these_sources():
    assert MANIFEST["inputs_sha256"] == inputs.cad_hash(), "run python hardware/make.py --cad"


@pytest.mark.parametrize("name", NAMES)
def test_a_part_is_closed_and_as_the_manifest_says(shapes, name):
    shape, said = shapes[name], MANIFEST["parts"][name]
    assert mesh.is_watertight(shape)
    assert said["valid"]
    assert said["pieces"] == 1
    assert mesh.volume_mm3(shape) == pytest.approx(said["volume_mm3"], rel=SAME)
    assert mesh.volume_mm3(shape) == pytest.approx(said["solid_volume_mm3"], rel=0.01)
    assert mesh.box_mm(shape) == pytest.approx(said["box_mm"], abs=0.01)
    assert shape[:, :, 2].min() == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_a_part_fits_the_bed_and_its_walls_are_thick_enough(name):
    said = MANIFEST["parts"][name]
    assert max(said["box_mm"]) < BED_MM
    assert said["thinnest_mm"] >= WALL_MM - 0.01


def test_walls_given_as_numbers_are_thick_enough():
    for wall in (
        d.WALL,
        d.FLOOR - d.ENGRAVED,
        d.TRAY,
        d.CARRIER,
        d.LIP,
        d.RIB,
        d.HOOK_THICK,
        d.FOOT_THICK,
        d.STRAP_BAR,
    ):
        assert wall >= WALL_MM
    for shape in (d.LATCH, d.BELT_TONGUE, d.CLOTHES_TONGUE):
        assert shape["thickness"] >= WALL_MM


def test_the_pictures_are_those_of_the_build():
    pictures = {path.name: inputs.text_hash(path) for path in (figures.HARDWARE / "pictures").glob("*.svg")}
    assert pictures == MANIFEST["pictures_sha256"], "run python hardware/make.py --cad"


def test_nothing_cuts_into_anything():
    assert set(MANIFEST["overlaps_mm3"]) == {
        "sacral, belt clip",
        "sacral, strap",
        "thoracic, strap",
        "thoracic, clothes",
        "jig at 0",
        "jig at 45",
        "jig at 90",
    }
    assert all(pairs == {} for pairs in MANIFEST["overlaps_mm3"].values())


@pytest.mark.parametrize(
    "name", ["sacral_tub", "thoracic_tub", "belt_clip", "sacral_strap_clip", "thoracic_strap_clip", "clothing_clip"]
)
def test_the_side_of_the_body_has_no_sharp_edge(shapes, name):
    # All lie on the bed as they lie on the body. 25 deg: the steps of a rounding of 0.8 mm are about 20.
    assert mesh.sharpest_deg(shapes[name], below_z_mm=d.ROUND + 0.1) < 25


@pytest.mark.parametrize(
    "shape", [d.LATCH, d.BELT_TONGUE, d.CLOTHES_TONGUE], ids=["latch", "belt clip", "clothing clip"]
)
def test_clips_stay_within_the_strain_of_their_material(shape):
    strain = mechanics.clip_strain(shape["thickness"], shape["travel"], shape["length"])
    assert 0.002 < strain <= FIGURES["material.strain_most"].value
    assert mechanics.clip_strain(shape["thickness"], 2 * shape["travel"], shape["length"]) == pytest.approx(2 * strain)


def test_pods_are_within_their_budgets_of_size_and_mass():
    mass = {name: part["mass_g"] for name, part in MANIFEST["parts"].items()}
    weight = {name: FIGURES[f"{name}.weight_g"].value for name in ("controller", "imu", "battery", "motor")}
    inside = sum(weight.values()) + 6  # strip, button, switch, wires, screws
    printed = ("sacral_tub", "sacral_tray", "sacral_lid", "button_cap", "light_pipe")
    sacral = inside + sum(mass[name] for name in printed)
    thoracic = weight["imu"] + 1 + mass["thoracic_tub"] + mass["thoracic_lid"]
    assert sacral < d.SACRAL_MOST_G
    assert thoracic < d.THORACIC_MOST_G
    assert np.all(np.array(MANIFEST["pods_mm"]["sacral"]) <= d.SACRAL_MOST_MM)
    assert np.all(np.array(MANIFEST["pods_mm"]["thoracic"]) <= d.THORACIC_MOST_MM)


def test_the_axes_on_the_lid_are_those_of_the_breakout_as_it_lies_there():
    # The breakout's three holes tell how it lies: turned by -90 deg its chip's X (to the left on the board) points up.
    turn = np.array([[0, 1], [-1, 0]])
    middle = np.array(d.IMU[:2]) / 2
    for hole, (x, y) in zip(FIGURES["imu.holes_mm"].value, d.imu_holes(), strict=True):
        assert turn @ (np.array(hole) - middle) == pytest.approx([x, y])
    assert turn @ [-1, 0] == pytest.approx([0, 1])  # X: up
    assert turn @ [0, -1] == pytest.approx([-1, 0])  # Y: to the left


def test_a_lid_with_its_axes_is_lighter_than_a_plain_one_by_the_engraving(shapes):
    for name, pod in (("sacral_lid", d.SACRAL), ("thoracic_lid", d.THORACIC)):
        # Lids lie on their outside: what is engraved is open towards the bed.
        shape = shapes[name]
        low = np.isclose(shape[:, :, 2], d.ENGRAVED, atol=1e-3).all(axis=1)
        corners = shape[low]
        area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2
        assert 25 < area < 0.2 * pod.outer[0] * pod.outer[1]


def test_the_skin_stays_below_41_degrees():
    width, length, height = d.SACRAL.outer
    outer_m2 = (width * length + 2 * (width + length) * height) / 1e6
    most_ma = max(state.total_ma for state in power.states(FIGURES))
    power_w = 4.2 * most_ma / 1000
    heat = {name: FIGURES[f"heat.{name}"].value for name in ("ambient_c", "skin_c", "transfer_w_per_m2k", "limit_c")}
    warm_c = mechanics.warmest_c(power_w, outer_m2, heat["transfer_w_per_m2k"], heat["ambient_c"], heat["skin_c"])
    assert 34 < warm_c < heat["limit_c"] - 1


def test_the_weight_of_a_body_does_not_press_on_the_cell():
    # 200 N, a quarter of a person, spread over floor or lid; 1500 MPa: printed PETG, the soft end.
    bend_mm = mechanics.plate_deflection_mm(200, d.SACRAL.width, d.SACRAL.length, d.FLOOR, 1500)
    room_mm = FIGURES["battery.room_mm"].value[2] - FIGURES["battery.size_mm"].value[2]
    assert bend_mm < room_mm
    assert mechanics.plate_stress_mpa(200, d.SACRAL.width, d.SACRAL.length, d.FLOOR) < 25


def test_the_plate_formula_is_the_tables():
    # Square plate, deflection 0.0443 q b^4 / (E t^3).
    assert mechanics.plate_deflection_mm(100, 10, 10, 1, 1000) == pytest.approx(0.0443 * 1.0 * 1e4 / 1000)


def test_the_parts_rebuild_to_the_same(shapes):
    pytest.importorskip(
        "build123d", reason="CAD is not installed: pip install '.[hardware]' rebuilds the printed parts"
    )
    from hiphinge_hardware.cad import build

    made = build.build(write=False)
    assert made["overlaps_mm3"] == MANIFEST["overlaps_mm3"]
    for name, part in made["parts"].items():  # type: ignore[attr-defined]
        assert part["solid_volume_mm3"] == pytest.approx(MANIFEST["parts"][name]["solid_volume_mm3"], rel=SAME)
        assert part["box_mm"] == pytest.approx(MANIFEST["parts"][name]["box_mm"], abs=0.02)
        assert mesh.volume_mm3(shapes[name]) == pytest.approx(part["solid_volume_mm3"], rel=0.01)
