"""A dashboard in a process of its own, with a virtual device whose link can be cut: started by the tests.

    python dash_rig.py [--out FOLDER] [--pace N] [--outage AT,FOR] [--lan] [--idle] [--seed N] [--sets N]

Says ``READY URL`` on standard output, and ``LINK URL`` where it is shared. With HIPHINGE_RIG_CLOCK set, ``CLOCK MS``:
when the first session's time was 0, in ms since 1970, by the virtual device's own clock.
"""

import argparse
import os
import sys
import threading
import time
from pathlib import Path

from hiphinge.app.live.plan import planned
from hiphinge.app.live.source import Source
from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.server import bound, own_addresses, serve
from hiphinge.simulate.quick import quick_scenario
from hiphinge.transports.virtual import VirtualTransport
from hiphinge.virtual.faulty_link import Faults

# Long enough for whatever is slow at first (imports, compiling) to be over.
SETTLED_S = 10.0


def tell_clock(transport: VirtualTransport) -> None:
    while transport.started_s is None:
        time.sleep(0.1)
    time.sleep(SETTLED_S)
    first_s = min(chip.time_s(0) for chip in transport.device.assembly._chips)
    say_line(f"CLOCK {(time.time() - transport.clock() + first_s) * 1000:.3f}")


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
    wished = parser.parse_args()
    outages = tuple(tuple(float(one) for one in part.split(",")) for part in wished.outage.split(";") if part)

    def opening(name: str) -> Source:
        scenario = quick_scenario(seed=wished.seed, sets=wished.sets, faults={3: "flexion", 6: "extension"})
        faults = Faults(outages=outages)  # type: ignore[arg-type]
        transport = VirtualTransport(scenario, faults=faults, pace=wished.pace)
        if os.environ.get("HIPHINGE_RIG_CLOCK"):
            threading.Thread(target=tell_clock, args=(transport,), daemon=True).start()
        return Source(name, transport, transport.clock, transport.sleep, False, "a virtual device")

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
