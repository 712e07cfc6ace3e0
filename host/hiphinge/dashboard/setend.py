"""When a set ends by itself: its repetitions are done and the wearer stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

STAND_S = 5.0
"""Long enough to breathe and add a repetition: at a slow tempo the next one begins within 3 s (settings: top_s)."""


@dataclass(frozen=True, slots=True)
class SetEnd:
    """What is known of the running set.

    Attributes
    ----------
    reached : bool
        As many repetitions as the programme asks for were judged.
    stood_since_s : float
        Session time since which nobody bends; NaN while somebody does, or the set is not that far.
    at_s : float
        The newest sample.
    """

    reached: bool = False
    stood_since_s: float = float("nan")
    at_s: float = float("nan")

    @property
    def due(self) -> bool:
        """Whether the set is to end now."""
        return self.reached and self.at_s - self.stood_since_s >= STAND_S

    def judged(self, reached: bool) -> SetEnd:
        """One more repetition; a struck one may take the set back below its target."""
        return replace(self, reached=reached, stood_since_s=self.at_s if reached else float("nan"))

    def passed(self, at_s: float, bending: bool) -> SetEnd:
        """Time passes; whoever bends once more goes on with the set."""
        if not self.reached:
            return replace(self, at_s=at_s)
        since_s = self.stood_since_s
        if bending:
            since_s = float("nan")
        elif since_s != since_s:
            since_s = at_s
        return replace(self, at_s=at_s, stood_since_s=since_s)
