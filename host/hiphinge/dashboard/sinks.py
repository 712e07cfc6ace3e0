"""One broadcast, many pages: each message is made once, and a slow page loses old frames and delays nobody."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

# Two seconds of frames. A page that is further behind shows what is now, and has lost what was.
_MOST = 80

Payload = bytes | str


class Sink:
    """What one page has not been sent yet."""

    def __init__(self) -> None:
        self._waiting: deque[Payload] = deque()
        self._some = asyncio.Event()
        self._closed = False

    def put(self, payload: Payload) -> None:
        """One more message. Of frames (bytes) the oldest make way; what is text always arrives."""
        if len(self._waiting) >= _MOST:
            kept: list[Payload] = [one for one in self._waiting if isinstance(one, str)]
            self._waiting = deque(kept if len(kept) < _MOST else ())
        self._waiting.append(payload)
        self._some.set()

    def close(self) -> None:
        """No more."""
        self._closed = True
        self._some.set()

    async def __aiter__(self) -> AsyncIterator[Payload]:
        """Messages in order, until closed."""
        while True:
            await self._some.wait()
            while self._waiting:
                yield self._waiting.popleft()
            if self._closed:
                return
            self._some.clear()


class Broadcast:
    """All pages that look at one session."""

    def __init__(self) -> None:
        self._sinks: list[Sink] = []

    @property
    def any(self) -> bool:
        """Whether somebody looks."""
        return bool(self._sinks)

    def join(self) -> Sink:
        """One more page."""
        sink = Sink()
        self._sinks.append(sink)
        return sink

    def leave(self, sink: Sink) -> None:
        """A page is gone."""
        if sink in self._sinks:
            self._sinks.remove(sink)
        sink.close()

    def send(self, payload: Payload) -> None:
        """To all of them."""
        for sink in self._sinks:
            sink.put(payload)

    def close(self) -> None:
        """The program ends."""
        for sink in list(self._sinks):
            self.leave(sink)
