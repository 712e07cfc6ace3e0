"""How fast the command starts: `hiphinge --help` beside `python -c "import numpy"`, taking turns.

    python tests/bench/start.py [--runs 15]

Aim: at most 4 times as long.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median

from processes import alternating, busy


def main() -> None:
    """Print the ratio."""
    parser = argparse.ArgumentParser(description="start of the command line")
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    if warning := busy():
        print(warning)
    help_page = [str(Path(sys.executable).with_name("hiphinge")), "--help"]
    costs = alternating({"hiphinge --help": help_page, "import numpy": [sys.executable, "-c", "import numpy"]}, runs)
    wall = {name: [cost.wall_s for cost in found] for name, found in costs.items()}
    for name, seconds in wall.items():
        print(f"{name:15s} min {min(seconds) * 1e3:4.0f} ms, median {median(seconds) * 1e3:4.0f} ms")
    mine, peer = wall.values()
    print(
        f"ratio           of minima {min(mine) / min(peer):.2f}, of medians {median(mine) / median(peer):.2f} (aim: 4)"
    )


if __name__ == "__main__":
    main()
