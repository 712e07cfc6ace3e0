"""Requests under way: numbered, asked again when nobody answers, given up after three times."""

from __future__ import annotations

from dataclasses import dataclass

from hiphinge_wire.message import Message
from hiphinge_wire.requests import CalibrateGyro, Selftest, StoreErase

# protocol/SPEC.md, section 5: a device answers within 1 s, an erasure takes up to 30 s; the host asks again after 2 s.
AGAIN_S = 2.0
_ERASE_S = 32.0
# A self-test takes seconds, a bias 5 s of standing still and up to as long again to be quiet.
_MEASURED_S = 32.0
TRIES = 3
# More than this at a time is nobody's need; a device queues 8.
MOST = 32


@dataclass(slots=True)
class Asked:
    """One request: `number` is the caller's, the id on the wire changes with each try."""

    number: int
    what: str
    message: Message
    tries: int = 0
    again_s: float = 0.0


class Requests:
    """Numbers requests and keeps those not answered yet."""

    def __init__(self) -> None:
        self._numbers = 0
        self._ids = 0
        self._waiting: list[Asked] = []
        self._open: dict[int, Asked] = {}

    def ask(self, message: Message, what: str) -> int:
        """Queue a request; returns its number, 0 where too many are waiting."""
        if len(self._waiting) + len(self._open) >= MOST:
            return 0
        self._numbers += 1
        self._waiting.append(Asked(self._numbers, what, message))
        return self._numbers

    def asking(self, what: str) -> bool:
        """Whether such a request is under way."""
        return any(one.what == what for one in (*self._waiting, *self._open.values()))

    def answered(self, request: int, begun_s: float | None = None) -> Asked | None:
        """The request an answer with this id is for; it is done then.

        Where the answer is an OK, `begun_s` is when it came: what takes its time has only begun, and None is returned.
        """
        asked = self._open.get(request)
        if asked is not None and begun_s is not None and isinstance(asked.message, CalibrateGyro | Selftest):
            asked.again_s = begun_s + _MEASURED_S
            return None
        return self._open.pop(request, None)

    def due(self, now_s: float) -> tuple[list[Message], list[Asked]]:
        """Messages to be sent now, and requests given up."""
        given_up: list[Asked] = []
        for request, asked in list(self._open.items()):
            if now_s < asked.again_s:
                continue
            del self._open[request]
            if asked.tries < TRIES:
                self._waiting.append(asked)
            else:
                given_up.append(asked)
        out: list[Message] = []
        for asked in self._waiting:
            self._ids = self._ids % 255 + 1
            asked.message.request = self._ids
            asked.tries += 1
            asked.again_s = now_s + (_ERASE_S if isinstance(asked.message, StoreErase) else AGAIN_S)
            self._open[self._ids] = asked
            out.append(asked.message)
        self._waiting = []
        return out, given_up

    def dropped(self) -> list[Asked]:
        """The link is gone, and with it whatever was asked."""
        lost = [*self._waiting, *self._open.values()]
        self._waiting, self._open = [], {}
        return lost
