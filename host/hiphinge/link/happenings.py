"""Events of the device, each told once and in order, as far as the device still has them."""

from __future__ import annotations

from hiphinge_wire.replies import Event
from hiphinge_wire.requests import EventAck

# Numbers run 1..65535 and round; after 65535 comes 1.
_ROUND = 65535
# The device keeps so many (protocol/SPEC.md, EVENT): what is further back than that is gone.
_KEPT = 16
_MOST_BOOTS = 16


class _Boot:
    def __init__(self, number: int) -> None:
        self.seen = number
        self.ahead: dict[int, Event] = {}

    def step(self, number: int) -> int:
        """How far `number` is ahead of what was told; 0 and above half a round: told already."""
        return (number - self.seen) % _ROUND


class Happenings:
    """Puts the events of each boot in order of their numbers and says what to acknowledge.

    The device repeats what it keeps with every STATUS, oldest first. An event ahead of its turn waits until it is
    repeated: predecessors that did not come in that round either are no more, and are passed over.

    Attributes
    ----------
    passed_over : int
        Events that never came.
    """

    def __init__(self) -> None:
        self.passed_over = 0
        self._boots: dict[int, _Boot] = {}
        self._durable: dict[int, int] = {}
        self._told: dict[int, int] = {}

    def take(self, event: Event) -> list[Event]:
        """Take an event as it came; returns those whose turn it is."""
        boot = self._boots.get(event.boot)
        if boot is None:
            while len(self._boots) >= _MOST_BOOTS:
                del self._boots[next(iter(self._boots))]
            self._boots[event.boot] = _Boot(event.number)
            return [event]
        if not 0 < boot.step(event.number) <= _ROUND // 2:
            # Repeated: the device does not know yet that it was told, or has not heard so.
            self._told.pop(event.boot, None)
            return []
        again = event.number in boot.ahead
        boot.ahead.setdefault(event.number, event)
        turns: list[Event] = []
        for one in sorted(boot.ahead.values(), key=lambda one: boot.step(one.number)):
            step = boot.step(one.number)
            waited = again and step <= boot.step(event.number)
            if step > 1 and not waited and len(boot.ahead) <= _KEPT:
                break
            self.passed_over += step - 1
            boot.seen = one.number
            turns.append(boot.ahead.pop(one.number))
        return turns

    def connected(self) -> None:
        """A new connection: acknowledgements on their way in the old one may be lost."""
        self._told.clear()

    def received(self) -> dict[int, int]:
        """The last event told of each boot."""
        return {boot: one.seen for boot, one in self._boots.items()}

    def durable(self, received: dict[int, int]) -> None:
        """These are on disk."""
        self._durable = received

    def acks(self) -> list[EventAck]:
        """Acknowledgements to be sent."""
        due = {boot: number for boot, number in self._durable.items() if self._told.get(boot) != number}
        self._told.update(due)
        return [EventAck(boot=boot, number=number) for boot, number in due.items()]
