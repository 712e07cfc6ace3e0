"""A host as the live path has it, on a BLE transport: everything it was told, block by block and sample by sample."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hiphinge.link.decoder import Decoder
from hiphinge.link.events import Lost, Samples
from hiphinge.link.session import LinkSession
from hiphinge.transports.base import Chunk, Down, TransportError, Up
from hiphinge.transports.ble import BleTransport
from hiphinge_wire.block import Block
from hiphinge_wire.constants import PROFILE_C
from hiphinge_wire.status import Status

_POLL_S = 0.05


@dataclass
class RadioHost:
    """`BleTransport` and `LinkSession` with a ledger.

    Attributes
    ----------
    blocks : dict
        (boot, sequence) to the block, as it came first.
    doubled : int
        Blocks that came again: over the air, not into the session.
    ups, downs : list
        When, and of what kind.
    told_s : list of float
        When each of `samples` was known.
    first_s : float or None
        When the first samples were known.
    """

    transport: BleTransport
    session: LinkSession = field(default_factory=lambda: LinkSession("packets", PROFILE_C, 100.0))
    blocks: dict[tuple[int, int], Block] = field(default_factory=dict)
    order: list[tuple[int, int, float]] = field(default_factory=list)
    doubled: int = 0
    differing: int = 0
    ups: list[Up] = field(default_factory=list)
    downs: list[Down] = field(default_factory=list)
    samples: list[Samples] = field(default_factory=list)
    told_s: list[float] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    statuses: list[tuple[float, Status]] = field(default_factory=list)
    first_s: float | None = None
    chunks: int = 0
    error: str = ""
    acknowledges: bool = True

    async def begin(self, start: bool = True) -> "RadioHost":
        """Open, and run in tasks of its own."""
        if start:
            self.session.start()
        await self.transport.open()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._poll())]
        return self

    async def end(self) -> None:
        """Close."""
        await self.transport.close()
        for task in self._tasks:
            task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended

    async def until(self, met: Any, timeout_s: float = 60.0) -> None:
        """Wait for something; an assertion error when it does not come."""
        try:
            async with asyncio.timeout(timeout_s):
                while not met():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"did not happen within {timeout_s} s: {self.downs[-1:]}") from None

    async def stop(self, timeout_s: float = 60.0) -> None:
        """STOP, and wait until every block is in."""
        number = self.session.stop()
        await self.until(lambda: any(getattr(one, "request", 0) == number for one in self.events), timeout_s)
        await asyncio.sleep(2.0)

    async def _read(self) -> None:
        decoder = Decoder("packets")
        session = self.session
        async for event in self.transport:
            found: list[Any] = []
            match event:
                case Up():
                    self.ups.append(event)
                    decoder.restart()
                    found = session.connected(event.at_s, event.payload, event.unix_s)
                case Down():
                    self.downs.append(event)
                    found = session.disconnected(event.at_s)
                case Chunk():
                    self.chunks += 1
                    self._keep(decoder, event)
                    found = session.receive(event.data, event.arrival_s, event.channel)
            for one in found:
                if isinstance(one, Samples):
                    if self.first_s is None:
                        self.first_s = asyncio.get_running_loop().time()
                    self.samples.append(one)
                    self.told_s.append(asyncio.get_running_loop().time())
                else:
                    self.events.append(one)
            await self._send()

    def _keep(self, decoder: Decoder, event: Chunk) -> None:
        for message in decoder.feed(event.data, event.channel):
            if isinstance(message, Status):
                self.statuses.append((event.arrival_s, message))
            if not isinstance(message, Block):
                continue
            message.samples = (bytes(message.samples[0]), bytes(message.samples[1]))
            message.anchors = bytes(message.anchors)
            key = (message.boot, message.sequence)
            if key in self.blocks:
                self.doubled += 1
                self.differing += self.blocks[key].samples != message.samples
            else:
                self.blocks[key] = message
                self.order.append((*key, event.arrival_s))

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(_POLL_S)
            self.session.poll(asyncio.get_running_loop().time())
            await self._send()

    async def _send(self) -> None:
        if self.acknowledges:
            self.session.durable()
        with contextlib.suppress(TransportError):
            for data in self.session.outgoing(asyncio.get_running_loop().time()):
                await self.transport.write(data)

    # --- what the ledger says ---------------------------------------------------------------------------------------

    def missing_blocks(self) -> int:
        """Sequences between first and last of each boot that never came."""
        boots = {boot for boot, _ in self.blocks}
        total = 0
        for boot in boots:
            sequences = [sequence for one, sequence in self.blocks if one == boot]
            total += max(sequences) - min(sequences) + 1 - len(sequences)
        return total

    def missing_samples(self) -> int:
        """Indices of samples that are in no block, of both sensors."""
        total = 0
        for imu in (0, 1):
            following: dict[int, int] = {}
            for (boot, _), block in sorted(self.blocks.items()):
                if block.counts[imu]:
                    first = block.first_index[imu]
                    total += abs(first - following.get(boot, first))
                    following[boot] = first + block.counts[imu]
        return total

    def lost(self) -> list[Lost]:
        """What the session gave up."""
        return [one for one in self.events if isinstance(one, Lost)]

    def session_is_whole(self, ends_s: float = 0.1) -> bool:
        """Every instant of the session came once, in order, with both sensors' values; the ends may have but one's."""
        time_s = np.concatenate([one.time_s for one in self.samples])
        firsts = [one.first for one in self.samples]
        following = [one.first + len(one.time_s) for one in self.samples]
        gaps = [np.concatenate([getattr(one, imu).gap_s for one in self.samples]) for imu in ("sacral", "thoracic")]
        inside = (time_s > time_s[0] + ends_s) & (time_s < time_s[-1] - ends_s)
        known = all((gap[inside] == 0).all() for gap in gaps)
        return bool((np.diff(time_s) > 0).all()) and firsts[1:] == following[:-1] and known
