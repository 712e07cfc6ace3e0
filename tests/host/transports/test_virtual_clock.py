"""The virtual world's clock, when the host has too little of the processor."""

import asyncio

from hiphinge.simulate.quick import quick_scenario
from hiphinge.transports.base import Chunk, Up
from hiphinge.transports.virtual import VirtualTransport


def test_a_host_that_was_held_up_never_sees_the_clock_go_back():
    real_s = 0.0
    world = VirtualTransport(quick_scenario(repetitions=1), pace=10.0, clock=lambda: real_s)
    seen: list[float] = []

    async def read() -> None:
        nonlocal real_s
        await world.open()
        async for event in world:
            assert isinstance(event, Up | Chunk)
            seen.append(world.clock())
            real_s += 0.8  # eight seconds of that world: far behind
            seen.append(world.clock())
            if len(seen) > 40:
                await world.close()

    async def ticking() -> None:
        nonlocal real_s
        while len(seen) <= 40:
            await asyncio.sleep(0)
            real_s += 0.002
            seen.append(world.clock())

    async def both() -> None:
        await asyncio.wait_for(asyncio.gather(read(), ticking()), 30.0)

    asyncio.run(both())
    assert seen == sorted(seen)
    assert seen[-1] < 30.0  # the world waited for the host
