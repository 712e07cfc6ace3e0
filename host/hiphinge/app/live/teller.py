"""Who listens to a live session."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from hiphinge.app.live.updates import LiveUpdate, Notice
from hiphinge.link.events import Samples

Listener = Callable[[LiveUpdate], None]
SampleListener = Callable[[Samples], None]


class Teller:
    """Tells listeners, in the order in which they came."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._sample_listeners: list[SampleListener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every update from now on; returns what ends it."""
        self._listeners.append(listener)

        def forget() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return forget

    def listen_samples(self, listener: SampleListener) -> Callable[[], None]:
        """Call `listener` with the samples themselves, as they come; returns what ends it."""
        self._sample_listeners.append(listener)

        def forget() -> None:
            with contextlib.suppress(ValueError):
                self._sample_listeners.remove(listener)

        return forget

    def say(self, notice: Notice) -> None:
        """Tell a line for people, of something that goes on beside the session."""
        self._tell(notice)

    def _tell(self, *updates: LiveUpdate) -> None:
        for update in updates:
            for listener in list(self._listeners):
                listener(update)

    def _tell_samples(self, samples: Samples) -> None:
        for listener in list(self._sample_listeners):
            listener(samples)
