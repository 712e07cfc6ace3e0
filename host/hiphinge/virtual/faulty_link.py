"""A radio that loses, delays, damages and drops, the same way each time for one seed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hiphinge.virtual.device import Channel, VirtualDevice

# A connection event carries this many packets at most, of what radios do (six at 7.5 ms and up).
_PACKETS = 6


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on a link.

    Attributes
    ----------
    loss : float
        Share of packets lost, in both directions.
    damage : float
        Share of packets in which a byte is changed.
    outages : tuple of (start_s, length_s)
        Times without a link.
    interval_s : float
        Packets go out at multiples of it.
    delay_s, jitter_s : float
        Least time from there to the host; a random (exponential) part behind it, order kept.
    packets : int
        At most so many go out at a time.
    mtu : int
        ATT MTU; 0: a serial stream.
    from_s : float
        Nothing is lost, damaged or late before.
    seed : int
    """

    loss: float = 0.0
    damage: float = 0.0
    outages: tuple[tuple[float, float], ...] = ()
    interval_s: float = 0.03
    delay_s: float = 0.004
    jitter_s: float = 0.0
    packets: int = _PACKETS
    mtu: int = 247
    from_s: float = 0.0
    seed: int = 0

    @property
    def payload(self) -> int:
        """Bytes a packet carries."""
        return max(20, self.mtu - 3)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something at the host's end: bytes on a channel, or the link up or down."""

    at_s: float
    what: Literal["data", "up", "down"]
    channel: Channel = "data"
    data: bytes = b""


class FaultyLink:
    """Joins a `VirtualDevice` to a host.

    Parameters
    ----------
    device : VirtualDevice
    faults : Faults
    """

    def __init__(self, device: VirtualDevice, faults: Faults | None = None) -> None:
        self.device = device
        self.faults = faults or Faults()
        self._rng = np.random.default_rng([self.faults.seed, 23])
        self._up = False
        self._next_s = device.now_s
        self._to_device: deque[bytes] = deque()
        self._to_host: deque[Arrival] = deque()
        self._newest_s = device.now_s
        self.lost = 0

    def send(self, packets: list[bytes]) -> None:
        """Bytes from the host; they go out with the next connection event."""
        if self._up:
            self._to_device.extend(packets)

    def step(self, now_s: float) -> list[Arrival]:
        """Let time pass; what arrived at the host until now, in order."""
        while self._next_s <= now_s:
            self._event(self._next_s)
            self._next_s += self.faults.interval_s
        self.device.advance(now_s)
        arrived: list[Arrival] = []
        while self._to_host and self._to_host[0].at_s <= now_s:
            arrived.append(self._to_host.popleft())
        return arrived

    def drop(self) -> None:
        """The link is lost now, and comes back with the next connection event that no outage forbids."""
        if self._up:
            self._up = False
            self.device.disconnect()
            self._to_device.clear()
            self._arrive(Arrival(max(self._newest_s, self.device.now_s), "down"))

    def _event(self, now_s: float) -> None:
        self.device.advance(now_s)
        wanted = not any(start <= now_s < start + length for start, length in self.faults.outages)
        if not wanted:
            self.drop()
            return
        if not self._up:
            self._up = True
            self.device.connect(self.faults.payload, stream=self.faults.mtu == 0)
            self._arrive(Arrival(now_s, "up"))
        while self._to_device:
            packet = self._spoilt(self._to_device.popleft())
            if packet is not None:
                self.device.receive(packet)
        at_s = now_s + self.faults.delay_s
        for channel, packet in self.device.outgoing(self.faults.packets):
            if self.faults.jitter_s and now_s >= self.faults.from_s:
                at_s += float(self._rng.exponential(self.faults.jitter_s))
            spoilt = self._spoilt(packet)
            if spoilt is not None:
                self._arrive(Arrival(at_s, "data", channel, spoilt))

    def _arrive(self, arrival: Arrival) -> None:
        # In order, as a radio's acknowledgements keep it.
        self._newest_s = max(self._newest_s, arrival.at_s)
        self._to_host.append(Arrival(self._newest_s, arrival.what, arrival.channel, arrival.data))

    def _spoilt(self, packet: bytes) -> bytes | None:
        if self._next_s < self.faults.from_s:
            return packet
        if self.faults.loss and self._rng.random() < self.faults.loss:
            self.lost += 1
            return None
        if self.faults.damage and self._rng.random() < self.faults.damage:
            at = int(self._rng.integers(len(packet)))
            changed = bytearray(packet)
            changed[at] ^= int(self._rng.integers(1, 256))
            return bytes(changed)
        return packet
