"""The live path on a virtual device: delays, own work, delivery, ceilings, memory.

    python tests/bench/live.py [latency delivery hour ceiling eight memory] [--hour-s 3600] [--memory-s 1200]

`latency` runs in real time (device and host share the process: the figures include the device's own work, so they err
on the high side); the others in simulated time, but for `eight`, which plays eight recordings at once at their own
pace. `memory` simulates a part of the day and carries the growth of its second half on to eight hours. Everything about
movement is of a simulated wearer.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from processes import busy
from verdicts import settled_s

from hiphinge.app.live.heard import Heard
from hiphinge.app.live.plan import planned
from hiphinge.app.live.session import LiveSession
from hiphinge.app.live.updates import Finished, Judged, LiveUpdate, Shown
from hiphinge.engine import Inline
from hiphinge.link.events import Rebooted, Samples
from hiphinge.model import Floats
from hiphinge.simulate.quick import quick_scenario
from hiphinge.transports.base import Chunk, Down, Up
from hiphinge.transports.replay import ReplayTransport
from hiphinge.transports.virtual import VirtualTransport
from hiphinge.virtual.faulty_link import Faults
from hiphinge.virtual.settings import DeviceSettings
from hiphinge.virtual.wearer import Wearer

NEED_PER_S = 200.0


class Looped:
    """A wearer who begins anew whenever done."""

    def __init__(self, wearer: Wearer) -> None:
        self._wearer, self.errors = wearer, wearer.errors

    def true(self, imu: int, at_s: Floats) -> tuple[Floats, Floats]:
        """As `Wearer.true`."""
        return self._wearer.true(imu, at_s % (self._wearer.duration_s - 0.1))


class Run:
    """A session, what it told, and how long the host worked at each block."""

    def __init__(self, transport: VirtualTransport, root: Path | None = None, judged: bool = True) -> None:
        self.transport, self.plan = transport, planned(root, judged=judged)
        self.updates: list[LiveUpdate] = []
        self.told_s: list[float] = []
        self.rows: list[tuple[int, int]] = []
        # Of the processor, and by the clock: other programs and the learning thread come in between.
        self.work_s: list[float] = []
        self.wall_s: list[float] = []
        self.every_s: Callable[[float], None] | None = None

    def go(self, acts: tuple[tuple[float, Callable[[VirtualTransport], None]], ...] = (), inline: bool = True) -> Run:
        """Run it to its end."""
        # Where memory is weighed, the scales must not grow themselves.
        keeps = self.every_s is None
        heard, work_s, wall_s = Heard.transport, self.work_s, self.wall_s

        def timed(self: Heard, event: Up | Chunk | Down) -> None:
            begun_s, worked_s = time.perf_counter(), time.thread_time()
            heard(self, event)
            if keeps and isinstance(event, Chunk) and event.channel == "data":
                wall_s.append(time.perf_counter() - begun_s)
                work_s.append(time.thread_time() - worked_s)

        Heard.transport = timed  # type: ignore[method-assign]
        try:
            asyncio.run(self._whole(acts, inline))
        finally:
            Heard.transport = heard  # type: ignore[method-assign]
        return self

    async def _whole(self, acts: tuple[tuple[float, Callable[[VirtualTransport], None]], ...], inline: bool) -> None:
        transport = self.transport
        executor = Inline() if inline else None
        session = LiveSession(self.plan, transport, clock=transport.clock, sleep=transport.sleep, executor=executor)
        session.listen(self._told)
        if self.every_s is None:
            session.listen_samples(lambda samples: self.rows.append((samples.first, len(samples.time_s))))

        async def play() -> None:
            for at_s, act in acts:
                await transport.sleep(at_s - transport.clock())
                act(transport)
            while self.every_s is not None:
                await transport.sleep(60.0)
                self.every_s(transport.clock())

        playing = asyncio.ensure_future(play())
        await session.run()
        playing.cancel()

    def _told(self, update: LiveUpdate) -> None:
        if isinstance(update, Judged | Finished | Shown | Rebooted) and self.every_s is None:
            self.updates.append(update)
            self.told_s.append(self.transport.clock())

    def of(self, kind: type) -> list[tuple[LiveUpdate, float]]:
        """Updates of a kind, each with when it was told."""
        pairs = zip(self.updates, self.told_s, strict=True)
        return [(update, told_s) for update, told_s in pairs if isinstance(update, kind)]

    @property
    def doubled(self) -> int:
        """Instants that came twice, or out of order."""
        ends = [first + count for first, count in self.rows]
        return sum(max(0, end - first) for end, (first, _) in zip(ends, self.rows[1:], strict=False))


def shares(values: list[float], unit: float = 1e3) -> str:
    """Median and 99th percentile."""
    p50, p99 = np.percentile(np.asarray(values) * unit, [50, 99])
    return f"p50 {p50:.1f}, p99 {p99:.1f} ms"


def delays(ran: Run) -> tuple[float, list[float]]:
    """Host time of session time 0, and each sample's time from made to known."""
    begun_s = min(chip.time_s(0) for chip in ran.transport.device.assembly._chips)
    made: list[float] = []
    for update, told_s in ran.of(Shown):
        assert isinstance(update, Shown)
        # Those before the calibration become known with it.
        made += [told_s - begun_s - float(at) for at in update.angles.time_s]
    return begun_s, made


def latency() -> None:
    """Sample made to angle, own work, verdict delay: in real time; and the first without any work."""
    wearer = Wearer(quick_scenario(repetitions=8, faults={3: "flexion"}))
    with tempfile.TemporaryDirectory() as root:
        ran = Run(VirtualTransport(wearer, pace=1.0), Path(root)).go(inline=False)
    begun_s, made = delays(ran)
    alone = delays(Run(VirtualTransport(wearer, pace=None)).go())[1]
    print(f"link, blocks, alignment     {shares(alone)}: all but work, in simulated time")
    print(f"sample made -> host angle   {shares(made)} (limits 60, 100), {len(made)} samples, link every 30 ms")
    print(f"host's own work per block   {shares(ran.work_s)} (limit p99 5), largest {max(ran.work_s) * 1e3:.1f}")
    print(f"  by the clock, learning and other programs beside it: {shares(ran.wall_s)}")
    truth = wearer.simulation.truth
    late: list[float] = []
    for (update, told_s), done in zip(ran.of(Judged), truth.repetitions, strict=True):
        assert isinstance(update, Judged)
        at_s = settled_s(done, truth)
        if np.isfinite(at_s):
            late.append(told_s - begun_s - at_s)
    if late:
        print(
            f"verdict after settling      median {np.median(late):.2f}, largest {max(late):.2f} s "
            f"(limit 0.3 + link), {len(late)} repetitions"
        )


def delivery() -> None:
    """Ten minutes over a bad link beside a perfect one."""
    wearer = Looped(Wearer(quick_scenario(repetitions=10, faults={3: "flexion", 6: "extension"})))
    outages = ((100.0, 1.0), (220.0, 10.0), (360.0, 60.0))
    bad = Faults(loss=0.01, outages=outages, from_s=1.0, seed=7)
    found = [
        Run(VirtualTransport(wearer, faults=faults, pace=None, duration_s=600.0)).go() for faults in (Faults(), bad)
    ]
    ends: list[Finished] = []
    for name, ran in zip(("perfect", "bad"), found, strict=True):
        finished = ran.updates[-1]
        assert isinstance(finished, Finished)
        ends.append(finished)
        print(
            f"10 min, {name:8s} {len(finished.attempts)} repetitions, {finished.lost_blocks} blocks lost, "
            f"{ran.doubled} instants doubled, {sum(count for _, count in ran.rows)} instants"
        )
    print(f"                 the same repetitions: {ends[0].attempts == ends[1].attempts}")


def hour(seconds: float) -> None:
    """Counters across their wraps, and a restart in the middle."""
    near = DeviceSettings(
        first_sequence=2**32 - 3000, first_index=(2**32 - 20000, 2**32 - 30000), first_us=2**32 - 200_000_000
    )
    wearer = Looped(Wearer(quick_scenario(repetitions=3)))

    def restart(transport: VirtualTransport) -> None:
        transport.link.drop()
        transport.device.restart(off_s=3.0)

    faults = Faults(loss=0.01, outages=((seconds / 3, 10.0),), from_s=1.0)
    ran = Run(VirtualTransport(wearer, near, faults, pace=None, duration_s=seconds), judged=False)
    ran.go(((seconds / 2, restart),))
    finished = ran.updates[-1]
    assert isinstance(finished, Finished)
    print(
        f"{seconds / 60:.0f} min with wraps and a restart: {finished.lost_blocks} blocks lost, {ran.doubled} instants "
        f"doubled, {finished.duration_s:.1f} s of session, restarts told {len(ran.of(Rebooted)) // 2}"
    )


def recorded(root: Path, repetitions: int) -> Path:
    """A recording to play."""
    scenario = quick_scenario(repetitions=repetitions, faults={2: "flexion"})
    ran = Run(VirtualTransport(scenario, pace=None), root).go()
    finished = ran.updates[-1]
    assert isinstance(finished, Finished)
    assert finished.folder is not None
    return finished.folder


def ceiling() -> None:
    """How many samples a second the host can take: bytes to verdicts, nothing else to do."""
    with tempfile.TemporaryDirectory() as root:
        folder = recorded(Path(root), 10)
        rows = [0]

        def count(samples: Samples) -> None:
            rows[0] += 2 * len(samples.time_s)

        async def whole() -> None:
            session = LiveSession(planned(None), ReplayTransport(folder, None), executor=Inline(), replaying=True)
            session.listen_samples(count)
            await session.run()

        begun_s = time.process_time()
        asyncio.run(whole())
        per_s = rows[0] / (time.process_time() - begun_s)
    print(f"ceiling  {per_s:.0f} samples/s, the need is {NEED_PER_S:.0f}: {per_s / NEED_PER_S:.0f} times")


def eight() -> None:
    """Eight sessions at once in one process, each recorded and judged."""
    with tempfile.TemporaryDirectory() as root:
        folder = recorded(Path(root), 4)

        async def whole() -> float:
            sessions = [
                LiveSession(planned(Path(root, str(at))), ReplayTransport(folder, 1.0), replaying=True)
                for at in range(8)
            ]
            begun_s = time.monotonic()
            await asyncio.gather(*(session.run() for session in sessions))
            return time.monotonic() - begun_s

        begun_s = time.process_time()
        took_s = asyncio.run(whole())
        share = (time.process_time() - begun_s) / took_s
    print(f"8 devices at once: {share:.2f} of one core over {took_s:.0f} s (limit 1)")


def memory(seconds: float) -> None:
    """Growth of the process over a part of the day."""
    wearer = Looped(Wearer(quick_scenario(repetitions=10, faults={3: "flexion"})))
    sizes: list[tuple[float, float]] = []

    def sample(now_s: float) -> None:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        sizes.append((now_s, pages * resource.getpagesize() / 2**20))

    with tempfile.TemporaryDirectory() as root:
        ran = Run(VirtualTransport(wearer, pace=None, duration_s=seconds), Path(root))
        ran.every_s = sample
        ran.go()
    late = np.array([one for one in sizes if one[0] > seconds / 2])
    per_hour = float(np.polyfit(late[:, 0] / 3600, late[:, 1], 1)[0]) if len(late) > 2 else float("nan")
    print(
        f"memory: {sizes[0][1]:.0f} MB after 1 min, {sizes[-1][1]:.0f} MB after {sizes[-1][0] / 60:.0f} min; "
        f"second half {per_hour:+.1f} MB an hour, {8 * per_hour:+.0f} MB over an 8-hour day (aim: flat)"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="the live path on a virtual device")
    parser.add_argument("what", nargs="*", default=["latency", "delivery", "hour", "ceiling", "eight", "memory"])
    parser.add_argument("--hour-s", type=float, default=3600.0)
    parser.add_argument("--memory-s", type=float, default=1200.0)
    wanted = parser.parse_args()
    if warning := busy():
        print(warning)
    jobs: dict[str, Callable[[], None]] = {
        "latency": latency,
        "delivery": delivery,
        "hour": lambda: hour(wanted.hour_s),
        "ceiling": ceiling,
        "eight": eight,
        "memory": lambda: memory(wanted.memory_s),
    }
    for name in wanted.what:
        if name not in jobs:
            parser.error(f"{name}: use {', '.join(jobs)}")
        jobs[name]()


if __name__ == "__main__":
    main()
