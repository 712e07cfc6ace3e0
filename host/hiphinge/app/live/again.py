"""What was asked for in a session happens again in its replay."""

from __future__ import annotations

from typing import Protocol

from hiphinge.model import Event


class Commanded(Protocol):
    """What may be asked of a session."""

    def recalibrate(self) -> None:
        """Stand still and hinge once more."""
        ...

    def zero(self) -> None:
        """The next quiet standing is zero."""
        ...

    def begin_set(self) -> None:
        """A set begins."""
        ...

    def end_set(self) -> None:
        """The running set is over."""
        ...

    def mark(self, kind: str = "mark", note: str = "", time_s: float | None = None) -> None:
        """Keep a moment."""
        ...


def again(session: Commanded, event: Event) -> None:
    """Do what was done at a kept moment."""
    match event.kind:
        case "recalibrate":
            session.recalibrate()
        case "zero":
            session.zero()
        case "set_start":
            session.begin_set()
        case "set_end":
            session.end_set()
        case "pause":
            pass  # of that the link tells again
        case _:
            session.mark(event.kind, event.note, event.time_s)
