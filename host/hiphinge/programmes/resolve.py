"""From a programme, a person and a clinician to the limits of one session."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hiphinge.programmes.limits import NUMERIC_LIMITS, LearnedLimits, Limits, ProgrammeError, did_you_mean
from hiphinge.programmes.spec import Programme


def resolve_limits(
    programme: Programme,
    own_max_flexion_deg: float | None = None,
    learned: LearnedLimits | None = None,
    overrides: Mapping[str, float] | None = None,
) -> Limits:
    """Limits of a session. What is nearer to the person wins: override, learned, share of own maximum, degrees.

    Parameters
    ----------
    programme : Programme
        Its preset in use gives the limits to begin with.
    own_max_flexion_deg : float, optional
        The wearer's own maximum lumbar flexion in degrees, from `assess`.
    learned : LearnedLimits, optional
        From a set a clinician approved.
    overrides : mapping, optional
        Single limits by their names in `Limits`, such as ``{"lumbar_flexion_max_deg": 12}``.

    Returns
    -------
    Limits

    Raises
    ------
    ProgrammeError
        An unknown limit, a value that is not possible, or an own maximum that is none.
    """
    if own_max_flexion_deg is not None and not (math.isfinite(own_max_flexion_deg) and own_max_flexion_deg > 0):
        raise ProgrammeError(
            f"own maximum flexion: {own_max_flexion_deg:g} deg is not possible; measure it again with assess"
        )
    values = _of_preset(programme)
    source = f"programme {programme.name}, preset {programme.preset}"
    provenance = {name: source for name in NUMERIC_LIMITS if values[name] is not None}

    share = programme.limits.lumbar_flexion.max_share_of_own
    if share is not None:
        if own_max_flexion_deg is None:
            provenance["lumbar_flexion_max_deg"] = (
                f"{source} (own maximum not known: {share * 100:g} % of it once measured)"
            )
        else:
            values["lumbar_flexion_max_deg"] = share * own_max_flexion_deg
            provenance["lumbar_flexion_max_deg"] = f"{share * 100:g} % of own maximum {own_max_flexion_deg:.3g} deg"
    if learned is not None:
        for name in ("lumbar_flexion_max_deg", "lumbar_extension_max_deg"):
            values[name] = getattr(learned, name)
            provenance[name] = learned.provenance.get(name, f"learned from {learned.attempts} approved repetitions")
    for name, value in (overrides or {}).items():
        if name not in NUMERIC_LIMITS:
            raise ProgrammeError(f"limit {did_you_mean(name, NUMERIC_LIMITS)}")
        values[name] = value
        provenance[name] = "set for this session"
    return Limits(**values, provenance=provenance)


def _of_preset(programme: Programme) -> dict[str, Any]:
    preset = programme.limits
    return {
        "depth_on": preset.depth.on,
        "depth_min_deg": preset.depth.min_deg,
        "depth_max_deg": preset.depth.max_deg,
        "depth_grace_deg": preset.depth.grace_deg,
        "lumbar_flexion_max_deg": preset.lumbar_flexion.max_deg,
        "lumbar_extension_max_deg": preset.lumbar_extension.max_deg,
        "eccentric_min_s": preset.tempo.eccentric_min_s,
        "concentric_min_s": preset.tempo.concentric_min_s,
        "side_bend_max_deg": preset.asymmetry.side_bend_max_deg,
        "rotation_max_deg": preset.asymmetry.rotation_max_deg,
        "advisory": preset.advisory,
    }
