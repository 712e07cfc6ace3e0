"""Messages to the script in the page, as JSON: what to draw, what to sound. Pure."""

from __future__ import annotations

import json
from typing import Any

from hiphinge.dashboard.counts import set_count, set_number
from hiphinge.dashboard.cues import Cue
from hiphinge.dashboard.settings import Feedback
from hiphinge.dashboard.state import ViewState
from hiphinge.dashboard.texts import text
from hiphinge.model import Attempt
from hiphinge.programmes.limits import Limits


def view_message(
    state: ViewState,
    limits: Limits,
    feedback: Feedback,
    set_for_s: float | None = None,
    rest_for_s: float | None = None,
) -> str:
    """What the canvas needs besides angles, and what has sounds of its own.

    Parameters
    ----------
    state : ViewState
    limits : Limits
    feedback : Feedback
    set_for_s, rest_for_s : float, optional
        How long the set has lasted, or the rest since; None where there is none. Sent as durations: a viewer's clock
        may be another.
    """
    number = set_number(state)
    found = set_count(state.attempts, state.events, number)
    return _json(
        {
            "t": "view",
            "running": state.phase == "running",
            "connected": state.connected,
            "calibrated": state.calibrated,
            "step": state.step,
            "share": state.share,
            "set": number,
            "compliant": found.compliant,
            "attempts": len(state.attempts),
            "limits": {
                "on": limits.depth_on,
                "min": limits.depth_min_deg,
                "max": limits.depth_max_deg,
                "grace": limits.depth_grace_deg,
                "flexion": limits.lumbar_flexion_max_deg,
                "extension": limits.lumbar_extension_max_deg,
            },
            "margin": feedback.margin_deg,
            "volume": feedback.volume,
            "tone": feedback.tone,
            "metronome": feedback.metronome and state.set_running,
            "set_for": set_for_s,
            "rest_for": rest_for_s,
            "rest": feedback.rest_s,
            "tempo": [feedback.down_s, feedback.hold_s, feedback.up_s, feedback.top_s],
        }
    )


def cue_message(cue: Cue, feedback: Feedback) -> str:
    """A cue, now."""
    return _json({"t": "cue", "side": cue.side, "at": cue.at_s, "volume": feedback.volume if feedback.tone else 0.0})


def spoken_message(attempt: Attempt, feedback: Feedback) -> str:
    """A few words after a repetition: its first certain fault, or that it counted."""
    certain = [fault.kind for fault in attempt.faults if not fault.advisory]
    if attempt.verdict == "faulty" and certain:
        words = text(f"speech.{certain[0]}")
    else:
        words = text(f"speech.{attempt.verdict}")
    return _json({"t": "say", "words": words, "verdict": attempt.verdict, "volume": feedback.volume})


def set_done_message(feedback: Feedback) -> str:
    """The set holds all its repetitions."""
    return _json({"t": "done", "words": text("speech.set_done"), "volume": feedback.volume if feedback.speech else 0.0})


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"), allow_nan=False)
