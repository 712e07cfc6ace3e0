"""What a live session notices, by key: the English line, and the values in it, so that a page can say it otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from hiphinge.app.live.updates import Notice

NOTICES: Mapping[str, str] = {
    "recording": "{what}",
    "no_device": ("no device has answered yet: is it switched on, charged and in reach? still looking; Ctrl-C ends"),
    "no_samples": "connected, but no samples come: are both sensors plugged in? still waiting; Ctrl-C ends",
    "samples_stopped": "samples have stopped coming although the link stands; still waiting",
    "too_slow": "this computer was too slow for {bytes} bytes of the device; they are asked for again",
    "upside_down_sacral": (
        "the lower (sacral) sensor sits upside down: it measures all the same, but is it the right one?"
    ),
    "upside_down_thoracic": (
        "the upper (thoracic) sensor sits upside down: it measures all the same, but is it the right one?"
    ),
    "askew_sacral": (
        "the lower (sacral) sensor sits askew: it measures all the same, but check that it is clipped tight"
    ),
    "askew_thoracic": (
        "the upper (thoracic) sensor sits askew: it measures all the same, but check that it is clipped tight"
    ),
    "does_not_fit": (
        "the saved calibration does not fit: standing you would be {off_deg} deg off its neutral; the sensors sit "
        "another way: calibrate anew"
    ),
    "earlier_cut_off": "an earlier session was cut off; what it recorded is kept: hiphinge analyse {folder}",
    "earlier_samples": "the device also handed over what it had measured before this session: kept in raw.bin",
    "link_lost_at_end": "the link was lost at the end: what the device measured since then is not in the recording",
    "fetching": "fetching what the device still has: {blocks} blocks",
    "blocks_left": "{blocks} blocks were not handed over; the device still has them",
    "marks_ended": "the stream of marks has ended: no more marks come from it; the session goes on",
}


def notice(key: str, **values: str | int) -> Notice:
    """The notice of that key, its values filled in.

    Raises
    ------
    KeyError
        There is none.
    """
    return Notice(NOTICES[key].format(**values), key, values)
