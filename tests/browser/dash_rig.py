"""A dashboard in a process of its own, with a virtual device whose link can be cut: started by the tests.

    python dash_rig.py [--out FOLDER] [--pace N] [--outage AT,FOR] [--lan] [--idle] [--seed N] [--sets N]
                       [--interval-ms N] [--faulty] [--radio]

With --radio a device is heard on Bluetooth, by a name that would like to run as a script.
Says ``READY URL`` on standard output, and ``LINK URL`` where it is shared. With HIPHINGE_RIG_CLOCK set, ``CLOCK MS``:
when the first session's time was 0, in ms since 1970, by the virtual device's own clock.
"""

import argparse
import os
import sys
import threading
import time
from functools import cache
from pathlib import Path

from hiphinge.app.live.plan import planned
from hiphinge.app.live.source import Source
from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.server import bound, own_addresses, serve
from hiphinge.simulate.quick import quick_scenario
from hiphinge.transports import ble
from hiphinge.transports.ble_found import BleDevice
from hiphinge.transports.virtual import VirtualTransport
from hiphinge.virtual.faulty_link import Faults
from hiphinge.virtual.wearer import Wearer

# Long enough for whatever is slow at first (imports, compiling) to be over.
SETTLED_S = 10.0


def tell_clock(transport: VirtualTransport) -> None:
    while transport.started_s is None:
        time.sleep(0.1)
    time.sleep(SETTLED_S)
    first_s = min(chip.time_s(0) for chip in transport.device.assembly._chips)
    say_line(f"CLOCK {(time.time() - transport.clock() + first_s) * 1000:.3f}")


class Radio(VirtualTransport):
    """Tells how strongly it hears, as Bluetooth does."""

    rssi_dbm = -62


async def heard(_: float) -> list[BleDevice]:
    return [BleDevice("AA:BB:CC:00:00:07", "<b onclick=alert(1)>hip", -58, 64), BleDevice("AA:BB:CC:00:00:08", "", -91)]


def say_line(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("--pace", type=float, default=1.0)
    parser.add_argument("--outage", default="")
    parser.add_argument("--lan", action="store_true")
    parser.add_argument("--idle", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sets", type=int, default=3)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--radio", action="store_true")
    parser.add_argument("--faulty", action="store_true")
    parser.add_argument("--interval-ms", type=float, default=30.0)
    wished = parser.parse_args()
    outages = tuple(tuple(float(one) for one in part.split(",")) for part in wished.outage.split(";") if part)

    @cache
    def wearer() -> Wearer:
        faults = dict.fromkeys(range(1, 11), "flexion") if wished.faulty else {3: "flexion", 6: "extension"}
        return Wearer(quick_scenario(seed=wished.seed, sets=wished.sets, faults=faults))  # type: ignore[arg-type]

    if wished.radio:
        ble.list_devices = heard

    if not wished.idle:
        # Many sets take seconds to simulate: whoever is told READY finds a session.
        wearer()

    def opening(name: str) -> Source:
        faults = Faults(outages=outages, interval_s=wished.interval_ms / 1000)  # type: ignore[arg-type]
        kind = Radio if name == "ble:AA:BB:CC:00:00:07" else VirtualTransport
        transport = kind(wearer(), faults=faults, pace=wished.pace)
        if os.environ.get("HIPHINGE_RIG_CLOCK"):
            threading.Thread(target=tell_clock, args=(transport,), daemon=True).start()
        return Source(name, transport, transport.clock, transport.sleep, False, f"a virtual device ({name})")

    listening = bound(wished.port, wished.lan)
    port = listening.getsockname()[1]
    names = own_addresses() if wished.lan else []
    address = f"http://{names[0]}:{port}" if names else ""
    desk = Desk(planned(wished.out), opening, shared=wished.lan, address=address)

    def say(words: str) -> None:
        if words.startswith("dashboard:"):
            words = f"READY http://127.0.0.1:{port}"
        elif "token=" in words:
            words = f"LINK {desk.link}"
        say_line(words)

    return serve(desk, listening, names, source=None if wished.idle else "virtual", open_browser=False, say=say)


if __name__ == "__main__":
    sys.exit(main())
