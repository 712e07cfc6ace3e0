"""Warmth, strain of clips, and what the weight of a body does to a flat side: hand calculations with their formulas."""

import numpy as np
from numpy.typing import NDArray


def clip_strain(thickness_mm: float, travel_mm: float, length_mm: float) -> float:
    """Largest strain at the root of a straight clip of one thickness, bent by `travel_mm` at its end.

    Notes
    -----
    strain = 3/2 * thickness * travel / length^2: a beam held at one end, loaded at the other, as every snap-fit guide
    has it (such as http://engr.bd.psu.edu/pkoch/plasticdesign/snap_calc.htm). The wall it grows from gives way as well,
    which makes the true strain smaller.
    """
    return 1.5 * thickness_mm * travel_mm / length_mm**2


def jig_error_deg(radius_mm: float, hole_mm: float, pin_mm: float, printed_mm: float) -> float:
    """How far a detent of the protractor jig may be off, deg.

    The pin may lie at either side of its hole in disc and arm, at the detent and at the pivot, and the printer may have
    put each hole off by `printed_mm`: the worst of it at once, over the radius.
    """
    play_mm = hole_mm - pin_mm
    return float(np.degrees(np.arctan((2 * play_mm + 2 * printed_mm) / radius_mm)))


def warmest_c(
    power_w: float, outer_area_m2: float, transfer_w_per_m2k: float, ambient_c: float, skin_c: float
) -> float:
    """Temperature of the pod when all its power leaves through the sides that do not touch the body.

    The body side is taken as letting nothing through, and as no cooler than skin or air: the warm side of the truth.
    """
    return max(ambient_c, skin_c) + power_w / (transfer_w_per_m2k * outer_area_m2)


# Rectangular plate on a frame, even load: largest deflection = a * q * b^4 / (E * t^3), stress = s * q * b^2 / t^2 for
# long side / short side. Timoshenko and Woinowsky-Krieger, Theory of Plates and Shells, table 8 (0.3 lateral
# contraction; a is the table's factor times 12 * (1 - 0.3^2), s its moment times 6).
_SIDES: NDArray[np.float64] = np.array([1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 3.0])
_DEFLECTION: NDArray[np.float64] = np.array([0.0443, 0.0616, 0.0770, 0.0906, 0.1017, 0.1106, 0.1336])
_STRESS: NDArray[np.float64] = np.array([0.287, 0.376, 0.453, 0.517, 0.569, 0.610, 0.713])


def plate_deflection_mm(
    load_n: float, short_mm: float, long_mm: float, thickness_mm: float, modulus_mpa: float
) -> float:
    """How far the middle of a flat side gives way under a load spread over it, its rim resting on the walls."""
    factor = float(np.interp(long_mm / short_mm, _SIDES, _DEFLECTION))
    pressure_mpa = load_n / (short_mm * long_mm)
    return factor * pressure_mpa * short_mm**4 / (modulus_mpa * thickness_mm**3)


def plate_stress_mpa(load_n: float, short_mm: float, long_mm: float, thickness_mm: float) -> float:
    """Largest bending stress of the same side."""
    factor = float(np.interp(long_mm / short_mm, _SIDES, _STRESS))
    return factor * load_n / (short_mm * long_mm) * short_mm**2 / thickness_mm**2
