"""The live engine: samples in, angles and verdicts out, with the past alone."""

from hiphinge.engine.events import AnglesKnown, Calibrated, Decided, Disturbed, LiveEvent, Noted, Rezeroed
from hiphinge.engine.live import Inline, LiveEngine

__all__ = [
    "AnglesKnown",
    "Calibrated",
    "Decided",
    "Disturbed",
    "Inline",
    "LiveEngine",
    "LiveEvent",
    "Noted",
    "Rezeroed",
]
