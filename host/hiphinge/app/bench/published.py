"""What dorsaVi published of its sensors, to be shown beside ours: another test, and said so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """One line of a paper; errors against an optical system in deg.

    Attributes
    ----------
    what : str
    rmse_deg, rmse_sd_deg : float
        Through-range RMSE: mean and standard deviation over people.
    bias_deg : float
        At peak flexion.
    limits_deg : (float, float)
        95 % limits of agreement at peak flexion.
    """

    what: str
    rmse_deg: float
    rmse_sd_deg: float
    bias_deg: float
    limits_deg: tuple[float, float]


SOURCE = "BMC Musculoskeletal Disorders 2022, doi 10.1186/s12891-022-05866-w; as its abstract has them"

# Symmetrical lifts, 12 people, dorsaVi v6 against Vicon, the markers on the sensors.
SYMMETRICAL = (
    Published("T12", 0.86, 0.78, -0.90, (-6.80, 5.00)),
    Published("S2", 0.90, 0.84, 0.60, (-2.16, 3.36)),
    Published("lumbar", 1.34, 1.25, -1.20, (-8.06, 5.67)),
)

CAUTION = (
    "Not the same test: dorsaVi's figures are of people lifting, against cameras; these are of sensors on a board or a "
    "jig, with no skin and no spine. Smaller figures here do not mean a better product; larger ones want looking into."
)
