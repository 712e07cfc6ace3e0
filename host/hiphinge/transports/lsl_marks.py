"""Marks from another program, over Lab Streaming Layer: a camera's trigger, a metronome, somebody else's keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hiphinge.model import Event, HiphingeError
from hiphinge.transports.lsl import OUR_MARK, library

SYNC = "sync"
"""The kind of the events these marks become."""

# Answers come within the round trip of a laboratory's network, asked for every half second.
_OTHERS_S = 1.0
_MOST = 256  # marks fetched at once; more wait for the next time


class MarkInlet:
    """Reads marks from one stream of type ``Markers``.

    Stamps of another computer are brought to this one's LSL clock as they come.

    Parameters
    ----------
    device_time_s : callable
        A stamp (this computer's LSL clock, s) to device time, s: the inverse of what `LslPublisher` takes.
    name : str, optional
        The stream's; not given, the one there is, our own left aside.
    wait_s : float
        How long to look for it, and to compare clocks with its computer.

    Raises
    ------
    HiphingeError
        No such stream, or several.
    """

    def __init__(self, device_time_s: Callable[[float], float], name: str | None = None, wait_s: float = 5.0) -> None:
        lsl = library()
        self._lost_error: type[Exception] = lsl.util.LostError
        self._device_time_s = device_time_s
        self._inlet: Any = lsl.StreamInlet(_found(lsl, name, wait_s), processing_flags=lsl.proc_clocksync)
        self.lost = False
        try:
            self._inlet.open_stream(wait_s)
            # The first comparison of clocks takes most of a second: made here, no later call waits for it.
            self._inlet.time_correction(wait_s)
        except (lsl.util.TimeoutError, lsl.util.LostError):
            raise HiphingeError(
                "Lab Streaming Layer: the stream of marks was found but does not answer; check that its program still "
                "runs and that no firewall stands between"
            ) from None

    def poll(self) -> list[Event]:
        """Give the marks that came since the last time, without waiting.

        Returns
        -------
        list of Event
            `kind` "sync", `time_s` device time, `note` the mark's text. Empty after the stream was lost (`lost` is then
            true): a session goes on without it.
        """
        if self.lost:
            return []
        try:
            rows, stamps = self._inlet.pull_chunk(timeout=0.0, max_samples=_MOST)
        except self._lost_error:
            self.lost = True
            return []
        return [
            Event(self._device_time_s(stamp), SYNC, ", ".join(str(value) for value in row))
            for row, stamp in zip(rows or [], stamps or [], strict=True)
        ]

    def close(self) -> None:
        """Leave the stream."""
        self._inlet.close_stream()
        self.lost = True


def _found(lsl: Any, name: str | None, wait_s: float) -> Any:
    if name is not None and "'" in name:
        raise HiphingeError(f'Lab Streaming Layer: the name "{name}" holds a quotation mark; rename the stream')
    which = f"not(desc/{OUR_MARK})" if name is None else f"name='{name}'"
    asked = f"type='Markers' and {which}"
    wanted = "a stream of type Markers" if name is None else f'a stream of type Markers called "{name}"'
    if not lsl.resolve_bypred(asked, 1, wait_s):
        raise HiphingeError(
            f"Lab Streaming Layer: {wanted} was not found within {wait_s:g} s; start its program first, in one network"
        )
    # One that answers says nothing of others: wait a little for a second.
    streams = lsl.resolve_bypred(asked, 2, _OTHERS_S)
    if len(streams) != 1:
        names = ", ".join(sorted(f"{one.name()} on {one.hostname()}" for one in streams))
        raise HiphingeError(
            f"Lab Streaming Layer: {wanted} is wanted, and there are {len(streams)} ({names}); "
            "name one of them, or end the others"
        )
    return streams[0]
