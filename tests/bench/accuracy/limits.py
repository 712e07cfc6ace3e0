"""What must be reached: RMSE through the range in deg, sensors alone, median and worst of 20 seeds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """Median and worst, tilt of either segment and lumbar flexion, deg."""

    tilt_deg: tuple[float, float]
    lumbar_deg: tuple[float, float]


_STANDING = {"offline": Limit((0.20, 0.80), (0.35, 0.80)), "live": Limit((0.40, 1.0), (0.55, 1.2))}
LIMITS: dict[str, dict[str, Limit]] = {
    **dict.fromkeys(("symmetrical", "fast 0.45 s", "after walking", "any mounting", "50 Hz", "200 Hz"), _STANDING),
    "swings 60-75": {"offline": Limit((0.30, 0.80), (0.45, 0.80)), "live": Limit((0.50, 1.1), (0.60, 1.0))},
    "asymmetry 12": {"offline": Limit((0.25, 1.0), (0.40, 1.0)), "live": Limit((0.45, 1.1), (0.60, 1.3))},
    "cheap sensors": {"offline": Limit((0.30, 1.4), (0.55, 1.7)), "live": Limit((0.70, 2.5), (0.90, 3.0))},
}

# Where the facts the estimator lives on do not hold, or its sensors have no errors to learn: no session may be worse
# than the plain filter on it by more than this.
NO_WORSE = 1.10
NO_WORSE_KINDS = ("perfect sensors", "walks about", "rides", "shuffles")
# Two figures of sway and noise differ by chance; nothing is read off a screen to less than this.
NO_WORSE_SLACK_DEG = 0.05

# Share of samples within two stated standard deviations, all sessions of a kind together: a normal error has 95.4 %.
COVERAGE = (0.92, 0.99)
# An uncertainty made for real sensors is too large for those without errors, and should be.
COVERAGE_NOT_KINDS = ("perfect sensors",)
