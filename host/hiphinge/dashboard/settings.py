"""How a session speaks to its wearer: cues, sound, tempo, rest. Chosen on the page, kept for the run."""

from __future__ import annotations

from dataclasses import dataclass

from hiphinge.dashboard.cues import CueRule, Mode
from hiphinge.programmes.limits import Limits


@dataclass(frozen=True, slots=True)
class Feedback:
    """What is switched on.

    Attributes
    ----------
    mode : str
        How cues are given; see `cues`.
    margin_deg, delay_s : float
    tone, speech, vibrate, metronome : bool
    volume : float
        0..1.
    down_s, hold_s, up_s, top_s : float
        Tempo that the metronome and the guide show.
    rest_s : float
        Between sets, counted down.
    sets, repetitions : int
    auto_end : bool
        A set ends by itself once its repetitions are done and the wearer stands.
    """

    mode: Mode = "exposure"
    margin_deg: float = 0.0
    delay_s: float = 0.2
    tone: bool = True
    speech: bool = True
    vibrate: bool = False
    metronome: bool = False
    volume: float = 0.6
    # Slower than the least of the programmes (1.5 s down), easy to count aloud.
    down_s: float = 3.0
    hold_s: float = 1.0
    up_s: float = 2.0
    top_s: float = 1.0
    # A minute is what light exercise to learn a movement is usually given; anybody may change it.
    rest_s: float = 60.0
    sets: int = 3
    repetitions: int = 10
    auto_end: bool = True

    def rule(self, limits: Limits) -> CueRule:
        """The rule for cues under these limits."""
        return CueRule(
            mode=self.mode,
            flexion_max_deg=limits.lumbar_flexion_max_deg,
            extension_max_deg=limits.lumbar_extension_max_deg,
            margin_deg=self.margin_deg,
            delay_s=self.delay_s,
        )
