"""What a programme file may hold (pydantic): names, units, ranges."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hiphinge.model import FaultKind
from hiphinge.programmes.limits import DepthOn

NONE = "none"  # TOML has no null, and a file that extends another must be able to switch a limit off


def _none(value: object) -> object:
    return None if value == NONE else value


# Upper ends catch wrong units and slips, not bold plans: people without pain bend the trunk 111 deg (Laird 2019).
Depth = Annotated[float, Field(ge=0, le=120)]
# The largest free lumbar flexion read anywhere for this placement is 69 deg.
Degrees = Annotated[float, Field(ge=0, le=90)]
Seconds = Annotated[float, Field(gt=0, le=60)]
OrNone = BeforeValidator(_none)


class _Strict(BaseModel):
    # strict: "10" in quotes is a slip, not a number. inf and nan are TOML floats, but no limits.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class DepthSpec(_Strict):
    """The depth band, and the angle it is judged on."""

    on: DepthOn
    min_deg: Depth
    max_deg: Depth
    grace_deg: Annotated[float, Field(ge=0, le=30)]

    @model_validator(mode="after")
    def _band(self) -> Self:
        if not self.min_deg < self.max_deg:
            raise ValueError(f"min_deg: {self.min_deg:g} is not below max_deg, {self.max_deg:g}; change one of the two")
        return self


class FlexionSpec(_Strict):
    """Largest lumbar flexion: degrees, or a share of the wearer's own maximum with degrees for while it is unknown."""

    max_deg: Annotated[Degrees | None, OrNone]
    max_share_of_own: Annotated[Annotated[float, Field(gt=0, le=1)] | None, OrNone] = None

    @model_validator(mode="after")
    def _fallback(self) -> Self:
        if self.max_share_of_own is not None and self.max_deg is None:
            raise ValueError("max_deg: a share of the own maximum needs degrees too, for while that maximum is unknown")
        return self


class ExtensionSpec(_Strict):
    """Largest lumbar extension past neutral, as a positive number."""

    max_deg: Annotated[Degrees | None, OrNone]


class TempoSpec(_Strict):
    """Shortest way down (eccentric) and up (concentric)."""

    eccentric_min_s: Annotated[Seconds | None, OrNone] = None
    concentric_min_s: Annotated[Seconds | None, OrNone] = None


class AsymmetrySpec(_Strict):
    """Largest side bend and rotation to either side."""

    side_bend_max_deg: Annotated[Degrees | None, OrNone] = None
    rotation_max_deg: Annotated[Degrees | None, OrNone] = None


class Preset(_Strict):
    """One set of limits: `strict`, `lenient`, or a user's own."""

    depth: DepthSpec
    lumbar_flexion: FlexionSpec
    lumbar_extension: ExtensionSpec
    tempo: TempoSpec = TempoSpec()
    asymmetry: AsymmetrySpec = AsymmetrySpec()
    # A list is what TOML has; the kinds in it stay checked.
    advisory: Annotated[frozenset[FaultKind], Field(strict=False)] = frozenset()


class MoveOn(_Strict):
    """When a progression "looks good": this share of the attempts of the last sets is compliant."""

    compliant_share: Annotated[float, Field(gt=0, le=1)]
    last_sets: Annotated[int, Field(ge=1, le=20)]
    next: Annotated[str | None, OrNone] = None


class Programme(_Strict):
    """One progression: what to do, what it is judged against, and when to move on.

    Attributes
    ----------
    name, title, about : str
        How it is called, on the command line and on screens.
    repetitions, repetitions_max : int
        Per set; `repetitions_max` only where a range is meant.
    sets : int
        Sets a session.
    rest_s : float
        Standing still this long, in seconds, splits two sets.
    stance, side : str
        Feet parallel or split; for split, the leg in front.
    load_kg : float or None
        The weight held, where the programme fixes one.
    preset : str
        The preset in use.
    presets : dict
        By name.
    move_on : MoveOn
        The rule for "looks good".
    """

    name: Annotated[str, Field(min_length=1)]
    title: str = ""
    about: str = ""
    preset: str = "strict"
    repetitions: Annotated[int, Field(ge=1, le=100)]
    repetitions_max: Annotated[Annotated[int, Field(ge=1, le=100)] | None, OrNone] = None
    sets: Annotated[int, Field(ge=1, le=20)]
    rest_s: Annotated[float, Field(gt=0, le=600)]
    stance: Literal["parallel", "split"]
    side: Literal["either", "left", "right"]
    load_kg: Annotated[Annotated[float, Field(gt=0, le=500)] | None, OrNone] = None
    move_on: MoveOn
    presets: Annotated[dict[str, Preset], Field(min_length=1)]

    @property
    def limits(self) -> Preset:
        """The preset in use."""
        return self.presets[self.preset]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.preset not in self.presets:
            raise ValueError(f'preset: "{self.preset}" is none of the presets here: {", ".join(self.presets)}')
        if self.repetitions_max is not None and self.repetitions_max < self.repetitions:
            raise ValueError(
                f"repetitions_max: {self.repetitions_max} is below repetitions, {self.repetitions}; change one of them"
            )
        if self.side != "either" and self.stance != "split":
            raise ValueError(f'side: "{self.side}" needs stance = "split"; feet side by side have no leg in front')
        return self
