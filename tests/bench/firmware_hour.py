"""The firmware's simulated hour, and its mutants: ``python tests/bench/firmware_hour.py [--mutants]``.

A discrete-time FAKE LINK, no radio: 4 packets in 30 ms, 1 % of all packets lost. Rate errors, collections, flash
stalls, bus errors, outages of 3, 30 and 300 s, a sensor unplugged, a bus stuck, the supply cut. Prints the counts.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rig"))

import mutants
from joined import account, planned, run
from session_checks import drained_s, failures

HOUR = {
    "errors_from": 40,
    "outages": [(300, 303), (600, 630), (1195, 1215), (1800, 2100)],
    "unplugged": [(1, 900, 905)],
    "stuck": [(0, 1000)],
    "reboots": [1210],
    "end": 3620,
}


def main() -> int:
    """Run it; the exit code says whether all held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", action="store_true", help="the mutants instead, each of which must fail")
    arguments = parser.parse_args()
    if arguments.mutants:
        return 0 if all(mutants.caught(name) for name in mutants.MUTANTS) else 1
    begun = time.monotonic()
    joined = run(planned(HOUR), stop_s=3605.0)
    wall = time.monotonic() - begun
    for boot in joined.boots:
        print({key: value for key, value in boot.end.items() if key not in ("nvs", "printed")})
        for imu in (0, 1):
            print(boot.chips[imu]["happened"], account(joined, boot, imu))
    last = joined.statuses[-1][1]
    print(f"{len(joined.blocks)} blocks, {joined.doubled} came twice, resent {last.blocks_resent}; wall {wall:.0f} s")
    print(f"300 s of backlog drained in {drained_s(joined, 2100)} s")
    wrong = failures(joined, HOUR)
    print("\n".join(wrong) or "all held")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
