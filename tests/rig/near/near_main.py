"""The firmware's main.py in an interpreter that has nothing but it, and `machine` and the like as calls to another."""

import gc
import json

from far import Reset, call


def run():
    """A boot, until the simulated board ends it; then what only the firmware knows."""
    gc.collect()
    begun = gc.mem_alloc()
    device = None
    built = 0
    try:
        import main

        device, ports = main.build()
        gc.collect()
        built = gc.mem_alloc()
        first = call(61, device.clock.microseconds(call(60)), device.boot)
        if first:
            ring = device.delivery.ring
            ring.first = ring.next = ring.saved = device.delivery.acknowledged = device.delivery.live_next = first
        plain = device.step

        def step():
            plain()
            call(62)

        device.step = step
        main.run(device, ports)
    except (SystemExit, Reset):
        pass
    delivery = device.delivery
    gc.collect()
    print(
        "@"
        + json.dumps(
            {
                "kept_blocks": [delivery.oldest, delivery.ring.first, delivery.ring.saved, delivery.ring.next],
                "dropped": [delivery.ring.dropped, delivery.log.overwritten],
                "recoveries": [sensor.recoveries for sensor in device.sensors],
                "faults": device.links[0].port.faults,
                "memory": [begun, built, gc.mem_alloc(), gc.mem_free()],
                "ring_bytes": len(delivery.ring.buffer),
            }
        )
    )


run()
