"""What is asked at the beginning of each connection, step by step, until it is answered."""

from __future__ import annotations

from typing import ClassVar

from hiphinge.link.outbox import Outbox
from hiphinge_wire.requests import InfoGet, Start, StatusGet, TimeExchange

_US = 1e6
# HELLO has no deadline of its own: said again until the device is in data mode.
_HELLO_EVERY_S = 1.0
# A step that was refused (not paired yet, another host has it) is tried again.
_STEP_EVERY_S = 1.0
# Five exchanges at once find a short round trip; then one a minute follows the crystals' drift.
_TIMES_AT_ONCE = 5
_TIME_EVERY_S = 0.2
_TIME_LATER_S = 60.0
# On a serial line the device leaves data mode after 5 s of silence (protocol/SPEC.md, section 2.2).
_ALIVE_EVERY_S = 1.0
# It answers that, so a serial line silent for longer may end in a Python prompt (the board restarted), to which a frame
# may hold Ctrl-C: nothing but HELLO goes there until it is answered.
_SILENCE_S = 1.5


class Handshake:
    """HELLO (stream), INFO, STATUS, TIME, START; each answer is noted by the session.

    Attributes
    ----------
    hello, info, status, started : bool
        What has been answered since the connection began.
    """

    STEPS: ClassVar = frozenset({"info", "status", "time", "start"})

    def __init__(self, stream: bool) -> None:
        self._stream = stream
        self._next: dict[str, float] = {}
        self._unix_less_host_s: float | None = None
        self._times = 0
        self._heard_s = 0.0
        self.hello = self.info = self.status = self.started = False

    @property
    def done(self) -> bool:
        """Whether device and host know each other: acknowledgements and the like make sense."""
        return self.hello and self.info and self.status

    def begin(self, now_s: float, unix_less_host_s: float | None) -> None:
        """A new connection."""
        self._next = {"alive": now_s + _ALIVE_EVERY_S}
        self._unix_less_host_s = unix_less_host_s
        self._times = 0
        self._heard_s = now_s
        self.hello = not self._stream
        self.info = self.status = self.started = False

    def heard(self, now_s: float) -> None:
        """The device said something that decodes."""
        self._heard_s = now_s

    def go_on(self, now_s: float, outbox: Outbox, start_profile: int | None) -> None:
        """Ask what is to be asked now; `start_profile` is None where no samples are wanted."""
        if self._stream and now_s - self._heard_s > _SILENCE_S:
            self.hello = False
        outbox.listened_to = self.hello
        if not self.hello:
            if self._due("hello", now_s, _HELLO_EVERY_S):
                outbox.hello()
            return
        if not self.info and not outbox.asking("info") and self._due("info", now_s, _STEP_EVERY_S):
            outbox.ask(InfoGet(), "info")
        if not self.status and not outbox.asking("status") and self._due("status", now_s, _STEP_EVERY_S):
            outbox.ask(StatusGet(), "status")
        every_s = _TIME_EVERY_S if self._times < _TIMES_AT_ONCE else _TIME_LATER_S
        if self.info and not outbox.asking("time") and self._due("time", now_s, every_s):
            self._times += 1
            unix_us = 0 if self._unix_less_host_s is None else round((now_s + self._unix_less_host_s) * _US)
            outbox.ask(TimeExchange(t1_us=max(0, round(now_s * _US)), unix_us=max(0, unix_us)), "time")
        wanted = start_profile is not None and self.done and not self.started
        if wanted and not outbox.asking("start") and self._due("start", now_s, _STEP_EVERY_S):
            outbox.ask(Start(profile=start_profile or 0), "start")
        if self._stream and self._due("alive", now_s, _ALIVE_EVERY_S):
            outbox.send(StatusGet())

    def _due(self, step: str, now_s: float, every_s: float) -> bool:
        if now_s < self._next.get(step, now_s):
            return False
        self._next[step] = now_s + every_s
        return True
