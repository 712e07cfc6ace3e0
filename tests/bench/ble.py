"""The BLE path: the firmware under MicroPython, a bumble radio, bleak, the host's transport and link.

    python tests/bench/ble.py [latency angle delivery repetitions connect ceiling] [--minutes 10]

All in simulated time (device, radio and host keep step) but for `ceiling`, which weighs the host's work by the
processor's clock. No real radio was in it: interference, other devices and the operating system's own queues are
missing. Movement is a simulated wearer's.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from verdicts import settled_s

_RIG = Path(__file__).resolve().parents[1] / "rig"
sys.path[:0] = [str(_RIG / "radio"), str(_RIG)]

from joined import account  # noqa: E402  (found by the line above)
from radio_air import Air  # noqa: E402
from radio_firmware import Firmware  # noqa: E402
from radio_session import RadioHost  # noqa: E402
from radio_time import simulated  # noqa: E402
from radio_virtual import DEVICE_ADDRESS, Carried, Central  # noqa: E402
from radio_worn import made_to_angle  # noqa: E402

from hiphinge.app.live.plan import planned  # noqa: E402
from hiphinge.app.live.session import LiveSession  # noqa: E402
from hiphinge.app.live.updates import Finished, Judged, LiveUpdate, Shown  # noqa: E402
from hiphinge.engine import Inline  # noqa: E402
from hiphinge.model import Floats  # noqa: E402
from hiphinge.simulate.quick import quick_scenario  # noqa: E402
from hiphinge.transports.base import Chunk  # noqa: E402
from hiphinge.transports.ble import BleTransport  # noqa: E402
from hiphinge.virtual.device import VirtualDevice  # noqa: E402
from hiphinge.virtual.wearer import Wearer  # noqa: E402

_BUTTON = [[1_000_000, "press", 0], [4_200_000, "press", 1]]
_SETTLED_S = 30.0  # a device's stamps are within 1 ms after it (protocol/SPEC.md, section 4)
_OUTAGES = ((100.0, 1.0), (220.0, 10.0), (360.0, 60.0))


def shares(values: Floats) -> str:
    """Median, 99th percentile, largest."""
    p50, p99 = np.percentile(values * 1e3, [50, 99])
    return f"p50 {p50:.1f}, p99 {p99:.1f}, largest {values.max() * 1e3:.1f} ms"


class Paired:
    """The full rig, the host connected."""

    def __init__(self, interval_s: float = 0.03) -> None:
        self.air = Air(interval_s)
        self.firmware = Firmware(self.air, actions=_BUTTON)
        self.back_s: list[float] = []

    async def begin(self) -> Paired:
        """Pair and connect."""
        loop = asyncio.get_running_loop()
        self.central = await Central(self.air).on()
        self.firmware.switch_on()
        await asyncio.sleep(4.5)
        self.begun_s = loop.time()
        transport = BleTransport(DEVICE_ADDRESS, radio=self.central.radio, clock=loop.time)
        self.host = await RadioHost(transport).begin()
        await self.host.until(lambda: self.host.first_s is not None, 20.0)
        return self

    async def away(self, seconds: float) -> None:
        """Out of range, back, connected again."""
        loop, air, host = asyncio.get_running_loop(), self.air, self.host
        assert self.firmware.server is not None
        controller, ups = self.firmware.server.controller, len(host.ups)
        air.supervision_s = min(4.0, seconds)
        air.leave(controller)
        await asyncio.sleep(seconds + 0.001)
        air.come_back(controller)
        returned_s = loop.time()
        await host.until(lambda: len(host.ups) > ups)
        self.back_s.append(loop.time() - returned_s)

    async def end(self) -> Paired:
        """Stop and close."""
        await self.host.stop(300.0)
        await self.host.end()
        self.firmware.close()
        return self


def made_to_host(paired: Paired) -> tuple[Floats, Floats]:
    """Each sample from made to arrived, and each instant from its time to known with both sensors' values, s."""
    host, boot = paired.host, paired.firmware.boots[0]
    arrived: list[float] = []
    for of_boot, sequence, at_s in host.order:
        block = host.blocks[of_boot, sequence]
        for imu in (0, 1):
            if not block.counts[imu]:
                continue
            rows = np.frombuffer(block.samples[imu], "<i2").reshape(block.counts[imu], -1)[:, -6:].astype(np.int64)
            numbers = rows[:, 0] | rows[:, 1] << 14
            base, start_us, period_us, _ = boot.chips[imu]["generations"][-1]
            arrived += list(at_s - (start_us + (numbers - base + 1) * period_us) * 1e-6)
    # Where session time 0 lies in the world's.
    at_100_s = host.session.session_time_s(boot.boot, 100.0)
    assert at_100_s is not None
    zero_s = 100.0 - at_100_s + boot.origin_us * 1e-6
    known = [
        told_s - zero_s - samples.time_s
        for samples, told_s in zip(host.samples, host.told_s, strict=True)
        if samples.time_s[0] > _SETTLED_S
    ]
    return np.array(arrived), np.concatenate(known)


def latency() -> None:
    """Sample made to known, full rig."""
    for interval_s in (0.015, 0.03, 0.06):

        async def run(interval_s: float = interval_s) -> Paired:
            paired = await Paired(interval_s).begin()
            await asyncio.sleep(120.0)
            return await paired.end()

        arrived, known = made_to_host(simulated(run()))
        print(
            f"firmware, {interval_s * 1e3:.0f} ms: sample made -> arrived {shares(arrived)}; "
            f"-> both sensors' values known {shares(known)}, {len(known)} instants"
        )


class Looped:
    """A wearer who begins anew whenever done."""

    def __init__(self, wearer: Wearer) -> None:
        self._wearer, self.errors = wearer, wearer.errors

    def true(self, imu: int, at_s: Floats) -> tuple[Floats, Floats]:
        """As `Wearer.true`."""
        return self._wearer.true(imu, at_s % (self._wearer.duration_s - 0.1))


class Watched:
    """A live session over the radio with the virtual device, and what it told when."""

    def __init__(self, interval_s: float = 0.03) -> None:
        self.air = Air(interval_s)
        self.told: list[tuple[LiveUpdate, float]] = []
        self.begun_s = 0.0

    async def run(self, wearer: Wearer | Looped, seconds: float, loss: float, outages: bool) -> Watched:
        """The session."""
        loop = asyncio.get_running_loop()
        central = await Central(self.air).on()
        self.device = VirtualDevice(wearer, now_s=loop.time())
        dowel = await Carried(self.air, self.device).on()
        transport = BleTransport(DEVICE_ADDRESS, radio=central.radio, clock=loop.time)
        session = LiveSession(planned(None), transport, clock=loop.time, sleep=asyncio.sleep, executor=Inline())

        def listen(update: LiveUpdate) -> None:
            self.told.append((update, loop.time()))
            if isinstance(update, Shown) and not self.begun_s:
                self.begun_s = min(chip.time_s(0) for chip in self.device.assembly._chips)

        session.listen(listen)
        running = asyncio.ensure_future(session.run())
        await asyncio.sleep(1.5)
        self.air.loss = loss
        for at_s, length_s in _OUTAGES if outages else ():
            await asyncio.sleep(max(0.0, at_s - loop.time()))
            self.air.supervision_s = min(4.0, length_s)
            self.air.leave(dowel.controller)
            await asyncio.sleep(length_s + 0.001)
            self.air.come_back(dowel.controller)
        await asyncio.sleep(max(0.0, seconds - loop.time()))
        session.end()
        await running
        await dowel.off()
        return self


def angle() -> None:
    """Sample made to host angle with the real live path: engine, calibration, verdicts."""
    wearer = Wearer(quick_scenario(repetitions=8, faults={3: "flexion"}))
    for interval_s in (0.015, 0.03, 0.06):
        late_s, _ = simulated(made_to_angle(wearer, interval_s))
        limits = " (limits 70, 120)" if interval_s == 0.03 else ""
        print(f"firmware, {interval_s * 1e3:.0f} ms: sample made -> host angle {shares(late_s)}{limits}, {len(late_s)}")
    seen = simulated(Watched().run(wearer, wearer.duration_s + 3.0, 0.0, False))
    begun_s = seen.begun_s
    verdicts = [
        told_s - begun_s - settled_s(done, wearer.simulation.truth)
        for (_, told_s), done in zip(
            [one for one in seen.told if isinstance(one[0], Judged)], wearer.simulation.truth.repetitions, strict=False
        )
    ]
    print(f"virtual device, 30 ms: verdict after settling: median {np.nanmedian(verdicts):.2f} s")


def delivery(minutes: float) -> None:
    """A bad link for minutes, full rig: nothing lost, nothing doubled."""

    async def run() -> Paired:
        loop = asyncio.get_running_loop()
        paired = await Paired().begin()
        paired.air.loss = 0.01
        for at_s, length_s in _OUTAGES:
            if at_s + length_s < minutes * 60:
                await asyncio.sleep(max(0.0, at_s - loop.time()))
                await paired.away(length_s)
        await asyncio.sleep(max(0.0, minutes * 60 - loop.time()))
        return await paired.end()

    begun_s = time.monotonic()
    paired = simulated(run())
    host, boot = paired.host, paired.firmware.boots[0]
    accounts = [account(host, boot, imu) for imu in (0, 1)]  # type: ignore[arg-type]
    print(
        f"firmware, {minutes:.0f} min, 1 % of notifications and commands lost ({paired.air.lost}), outages "
        f"1, 10, 60 s: {sum(one.made for one in accounts)} samples made, {sum(one.lost for one in accounts)} lost, "
        f"{sum(one.doubled for one in accounts)} doubled in the session, {host.missing_blocks()} blocks missing, "
        f"{host.doubled} came twice over the air; back after {', '.join(f'{one:.2f}' for one in paired.back_s)} s "
        f"(limit 3); ENOMEM {boot.end['refused']} times; {time.monotonic() - begun_s:.0f} s of real time"
    )
    gaps = [np.concatenate([getattr(one, imu).gap_s for one in host.samples]) for imu in ("sacral", "thoracic")]
    print(f"  instants the session calls unknown: {', '.join(str(int((gap != 0).sum())) for gap in gaps)}")


def repetitions(minutes: float) -> None:
    """The same repetitions as with a perfect link, virtual device."""
    wearer = Looped(Wearer(quick_scenario(repetitions=10, faults={3: "flexion", 6: "extension"})))
    ends: list[Finished] = []
    for loss, outages in ((0.0, False), (0.01, True)):
        seen = simulated(Watched().run(wearer, minutes * 60, loss, outages))
        (finished,) = [update for update, _ in seen.told if isinstance(update, Finished)]
        ends.append(finished)
    print(
        f"virtual device, {minutes:.0f} min: {len(ends[0].attempts)} repetitions on a perfect link, "
        f"{len(ends[1].attempts)} on the bad one, {ends[1].lost_blocks} blocks lost; "
        f"the same: {ends[0].attempts == ends[1].attempts}"
    )


def connect() -> None:
    """How long it takes to connect the first time, as a paired device, and again after a loss of range."""
    # The last: Android, 30 to 50 ms, but as short as there is while it discovers services and pairs (host/docs/ble.md).
    alike: list[tuple[float, float | None]] = [(interval_s, None) for interval_s in (0.0075, 0.015, 0.03, 0.05, 0.06)]
    for interval_s, setup_s in (*alike, (0.05, 0.0075)):

        async def run(interval_s: float = interval_s, setup_s: float | None = setup_s) -> list[float]:
            loop = asyncio.get_running_loop()
            paired = Paired(interval_s)
            paired.air.setup_interval_s = setup_s
            await paired.begin()
            host = paired.host
            assert host.first_s is not None
            found = [host.first_s - paired.begun_s]
            bonded: list[float] = []
            for shift_s in (0.0, 0.03, 0.07, 0.11):  # it advertises each 0.15 s: where between two of them counts
                await asyncio.sleep(3.0)
                await host.stop()
                await host.end()
                await asyncio.sleep(2.0 + shift_s)
                begun_s = loop.time()
                transport = BleTransport(DEVICE_ADDRESS, radio=paired.central.radio, clock=loop.time)
                host = paired.host = await RadioHost(transport).begin()
                await host.until(lambda: host.first_s is not None, 20.0)  # noqa: B023
                assert host.first_s is not None
                bonded.append(host.first_s - begun_s)
            for _ in range(3):
                await asyncio.sleep(3.0)
                await paired.away(5.0)
            await paired.end()
            return [*found, max(bonded), max(paired.back_s)]

        first_s, bonded_s, back_s = simulated(run())
        setup = f", {setup_s * 1e3:.1f} ms while connecting" if setup_s else ""
        print(
            f"firmware, {interval_s * 1e3:.1f} ms{setup}: sought -> first sample {bonded_s:.2f} s paired (limit 1), "
            f"{first_s:.2f} with the first pairing; connected again {back_s:.2f} s after its return (limit 3)"
        )


def ceiling() -> None:
    """Packets a second: what the host's transport can take, what a radio brings, what is needed."""
    packets = 50_000

    async def run() -> float:
        loop = asyncio.get_running_loop()
        air = Air(0.0)
        central = await Central(air).on()
        dowel = Carried(air, VirtualDevice(Looped(Wearer(quick_scenario(repetitions=1))), now_s=loop.time()))
        await dowel.on()
        transport = BleTransport(DEVICE_ADDRESS, radio=central.radio, clock=loop.time)
        await transport.open()
        await asyncio.sleep(2.0)
        (client,) = central.adapter.clients
        heard = next(iter(client._subscriptions.values()))
        taken = 0
        begun_s = time.process_time()

        async def read() -> None:
            nonlocal taken
            async for event in transport:
                taken += isinstance(event, Chunk)

        task = asyncio.create_task(read())
        packet = bytes(180)
        for _ in range(packets // 100):
            for _ in range(100):
                heard(packet)
            await asyncio.sleep(0)
        took_s = time.process_time() - begun_s
        await transport.close()
        await task
        await dowel.off()
        return packets / took_s

    per_s = simulated(run())
    need = 1 / 0.035 + 2
    print(f"host's transport alone: {per_s:.0f} packets/s of 180 bytes (processor time); the need is {need:.0f}")
    for interval_s in (0.015, 0.03, 0.06):

        async def drained(interval_s: float = interval_s) -> float:
            paired = await Paired(interval_s).begin()
            await asyncio.sleep(5.0)
            await paired.away(60.0)
            before, begun_s = paired.air.carried, asyncio.get_running_loop().time()
            await asyncio.sleep(4.0)
            rate = (paired.air.carried - before) / (asyncio.get_running_loop().time() - begun_s)
            await paired.end()
            return rate

        print(
            f"firmware with a backlog, {interval_s * 1e3:.0f} ms, 6 packets a turn: {simulated(drained()):.0f} packets "
            f"a second (the radio carries {6 / interval_s:.0f})"
        )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="the BLE path over a virtual radio")
    names = ["latency", "angle", "delivery", "repetitions", "connect", "ceiling"]
    parser.add_argument("what", nargs="*", default=names)
    parser.add_argument("--minutes", type=float, default=10.0)
    wanted = parser.parse_args()
    logging.getLogger("bumble").setLevel(logging.CRITICAL)
    jobs: dict[str, Callable[[], None]] = {
        "latency": latency,
        "angle": angle,
        "delivery": lambda: delivery(wanted.minutes),
        "repetitions": lambda: repetitions(wanted.minutes),
        "connect": connect,
        "ceiling": ceiling,
    }
    for name in wanted.what:
        if name not in jobs:
            parser.error(f"{name}: use {', '.join(jobs)}")
        jobs[name]()


if __name__ == "__main__":
    main()
