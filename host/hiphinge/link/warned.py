"""What the link warns of, by key: the English line, and the values in it, so that a page can say it otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

WARNINGS: Mapping[str, str] = {
    "undecodable": "what arrives does not decode: another baud rate, or no hiphinge device?",
    "update_device": "wire version {theirs} meets {ours}: no samples until you update the device's firmware",
    "update_program": "wire version {theirs} meets {ours}: no samples until you update this program",
    "restarts": "the device restarts again and again",
    "events_lost": "some of the device's events (button presses, say) are lost",
    "uncalibrated": "the device's calibration could not be read",
    "unlisted": "the device does not tell what it still has from before its restart: some samples may be missing",
    "long_pause": "nothing came for {hours} hours: kept as a pause of one hour",
}


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a user or a log should know; with `session_s`, it is kept with the session.

    Attributes
    ----------
    at_s : float
    words : str
        In English, one line.
    session_s : float or None
    key : str
        Of `WARNINGS`.
    values : mapping
        What is filled in.
    """

    at_s: float
    words: str
    session_s: float | None = None
    key: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict[str, str | int], compare=False)


def warned(at_s: float, key: str, session_s: float | None = None, **values: str | int) -> Warned:
    """The warning of that key, its values filled in.

    Raises
    ------
    KeyError
        There is none.
    """
    return Warned(at_s, WARNINGS[key].format(**values), session_s, key, values)
