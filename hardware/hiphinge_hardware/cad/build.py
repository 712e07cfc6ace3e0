"""Build every printed part: STL files, the checks that need solids, and the manifest of what was found."""

import itertools
import json
from collections.abc import Mapping

import numpy as np
from build123d import Part, Pos, Rot

from hiphinge_hardware import inputs, mesh
from hiphinge_hardware.cad import clips, jig, pods
from hiphinge_hardware.cad import dimensions as d
from hiphinge_hardware.cad.common import block
from hiphinge_hardware.figures import HARDWARE, value

# Of the triangles: a tenth of what a printer resolves, and corners of roundings small enough to tell from edges.
TOLERANCE_MM = 0.04
ANGLE_RAD = 0.35
# Smaller than that is the noise of the solid kernel.
TOUCHING_MM3 = 0.01


def overlap_mm3(one: Part, other: Part) -> float:
    """Volume two solids share."""
    shared = one & other
    return float(getattr(shared, "volume", 0.0) or 0.0)


def overlaps(solids: Mapping[str, Part]) -> dict[str, float]:
    """Every pair that cuts into each other."""
    found: dict[str, float] = {}
    for (left, one), (right, other) in itertools.combinations(solids.items(), 2):
        shared = overlap_mm3(one, other)
        if shared > TOUCHING_MM3:
            found[f"{left} x {right}"] = round(shared, 3)
    return found


def triangles(part: Part) -> mesh.Triangles:
    """A part as triangles in a settled order."""
    corners, faces = part.tessellate(TOLERANCE_MM, ANGLE_RAD)
    points = np.array([(c.X, c.Y, c.Z) for c in corners])
    found = points[np.array(faces)]
    return found[np.lexsort(np.round(found.reshape(-1, 9), 4).T[::-1])]


def assemblies() -> dict[str, dict[str, Part]]:
    """What is put together, with everything in it."""
    made = pods.pieces()
    clipped = clips.pieces()
    sacral = {name: part for name, part in made.items() if not name.startswith("thoracic")}
    thoracic = {name: part for name, part in made.items() if name.startswith("thoracic")}
    return {
        "sacral, belt clip": {**sacral, **pods.sacral_rooms(), "belt_clip": clipped["belt_clip"]},
        "sacral, strap": {"sacral_tub": sacral["sacral_tub"], "sacral_strap_clip": clipped["sacral_strap_clip"]},
        "thoracic, strap": {**thoracic, **pods.thoracic_rooms(), "thoracic_strap_clip": clipped["thoracic_strap_clip"]},
        "thoracic, clothes": {"thoracic_tub": thoracic["thoracic_tub"], "clothing_clip": clipped["clothing_clip"]},
    }


def jig_positions() -> dict[str, dict[str, Part]]:
    """The arm on the base with a sacral pod's room on the shelf, at either end of its way and half-way."""
    outer = d.SACRAL.outer
    length = d.JIG_SHELF[1]
    # Against the shelf, its width along the axis.
    room = block(outer[2], length - 4, d.JIG_SHELF[0] - 8, -d.JIG_SHELF_BACK - d.JIG_SHELF[2] - outer[2] / 2 - 0.2)
    room = Pos(0, 4.0 + length / 2, d.JIG_PLATE + 8) * room
    arm = {"jig_arm": jig.arm(), "pod": room}
    return {
        f"jig at {angle:g}": {
            "jig_base": jig.base(marks=False),
            **{name: Pos(0, 0, d.JIG_PLATE) * Rot(0, 0, -angle) * part for name, part in arm.items()},
        }
        for angle in (d.JIG_DEG[0], d.JIG_DEG[3], d.JIG_DEG[-1])
    }


def printed() -> dict[str, Part]:
    """Every printed part as it lies on the bed."""
    made = {**pods.pieces(), "plug_shell": pods.plug_shell(), **clips.pieces(), **jig.pieces()}
    return {name: pods.laid_flat(name, part) for name, part in made.items()}


def thinnest_mm(name: str, shape: mesh.Triangles) -> float:
    """The thinnest wall; of what is engraved without its engraving, whose strokes are no walls."""
    plain = {"sacral_lid": pods.sacral_lid, "thoracic_lid": pods.thoracic_lid, "jig_base": jig.base}.get(name)
    return mesh.thinnest(shape if plain is None else triangles(plain(marks=False)), seed=1)[0]


def build(write: bool = True) -> dict[str, object]:
    """Make everything; returns what the manifest says."""
    parts: dict[str, dict[str, object]] = {}
    density = float(value("material.density_g_per_cm3"))
    for name, part in printed().items():
        shape = triangles(part)
        parts[name] = {
            "volume_mm3": round(mesh.volume_mm3(shape), 2),
            "solid_volume_mm3": round(float(part.volume), 2),
            "box_mm": [round(float(size), 3) for size in mesh.box_mm(shape)],
            "mass_g": round(float(part.volume) / 1000 * density, 2),
            "thinnest_mm": round(thinnest_mm(name, shape), 3),
            "valid": bool(part.is_valid),
            "pieces": len(part.solids()),
        }
        if write:
            mesh.write_stl(HARDWARE / "stl" / f"{name}.stl", shape)
    found: dict[str, object] = {
        "inputs_sha256": inputs.cad_hash(),
        "parts": parts,
        "overlaps_mm3": {name: overlaps(solids) for name, solids in {**assemblies(), **jig_positions()}.items()},
        "pods_mm": {
            "sacral": [d.SACRAL.flange_width, d.SACRAL.outer[1], d.SACRAL.outer[2]],
            "thoracic": [d.THORACIC.flange_width, d.THORACIC.outer[1], d.THORACIC.outer[2]],
        },
    }
    if write:
        inputs.MANIFEST.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return found
