"""Angle errors through the range of movement, ours offline and live beside other people's filters.

    python tests/bench/accuracy [--seeds 20] [--skin 0.5] [--scenario "symmetrical; rides"] [--out FILE.json] [--broad]

RMSE in degrees within repetitions, zero included, median / worst over the seeds: `tilt` of the worse of pelvis and
thorax, and `lumbar` flexion. All paths get the same gridded samples, and standing, mounting and neutral from the same
code. `vqf live` runs through our live path; Madgwick, Mahony and imufusion know the past alone, but get the calibration
of the whole recording. Gains: see `peers`; `best` is chosen per scenario in hindsight, with the truth at hand.

`ok` and `MISSED` hold ours against the issue's limits (`limits`), which are for sensors alone. `--skin` adds a
second block with skin that turns the sensors by so many degrees at a bend of 45: no filter sees that, `floor` shows it.
`x vqf` is the ratio of medians to plain VQF with defaults (of our live path: to `vqf live`), `worse` counts sessions
more than 10 % worse than that, `fail` those without a figure. `in 2 sd`: share of instants within two stated standard
deviations, of all sessions together / in the worst one; `known`: least share of instants within repetitions that have
an angle at all.

Simulated wearers: never a claim about people. Exit status 1 if a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import as_completed
from importlib.metadata import version
from pathlib import Path

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(threads, "1")  # small matrices; one process a core
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accuracy import broad, workers  # noqa: E402
from accuracy.measure import OURS, PATHS, Measured, measure  # noqa: E402
from accuracy.table import HEAD, as_json, lines, summed  # noqa: E402
from scenarios import ACCURACY_KINDS, chosen  # noqa: E402

LIBRARIES = ("vqf", "AHRS", "imufusion", "numpy")
SKIN_PATHS = (*OURS, "vqf", "vqf live", "floor")
Task = tuple[str, int, float]


def main() -> int:
    """Print the tables; 1 if a limit is missed."""
    wanted = _arguments()
    kinds = () if wanted.broad_only else chosen(wanted.scenario, ACCURACY_KINDS)
    paths = PATHS if wanted.paths is None else chosen(wanted.paths, PATHS)
    skins = [0.0] if wanted.skin is None else [0.0, wanted.skin]
    file: dict[str, object] = {
        "schema": "hiphinge.accuracy/1",
        "of": "simulated wearers",
        "seeds": wanted.seeds,
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    tasks = [(kind, seed, skin) for skin in skins for kind in kinds for seed in range(wanted.seeds)]
    found = _measured(tasks, paths, wanted.jobs, wanted.memory)
    missed: list[str] = []
    blocks: list[dict[str, object]] = []
    for skin in skins if kinds else []:
        judged = skin == 0.0
        print(f"\nsimulated wearers, {_skin_words(skin)}; median / worst of {wanted.seeds} seeds\n{HEAD}")
        scenarios: list[dict[str, object]] = []
        for kind in kinds:
            rows = summed(kind, [found[kind, seed, skin] for seed in range(wanted.seeds)], judged)
            print("\n".join(lines(kind, rows, judged)), flush=True)
            missed += [f"{kind}, {row.path}: {' and '.join(row.missed)}" for row in rows if row.missed]
            scenarios.append({"name": kind, "rows": as_json(rows)})
        blocks.append({"skin_deg": skin, "scenarios": scenarios})
    file["blocks"] = blocks
    if wanted.broad or wanted.broad_only:
        trials = broad.run(wanted.jobs)
        missed += broad.missed(trials)
        file["broad"] = broad.as_json(trials)
    if wanted.out:
        wanted.out.write_text(_written(file), encoding="utf-8")
    if missed:
        print(f"\nMISSED ({len(missed)}):\n  " + "\n  ".join(missed))
        return 1
    print("\nno limit missed" if found or file.get("broad") else "\nnothing measured")
    return 0


def _measured(tasks: list[Task], paths: tuple[str, ...], jobs: int, memory: Path | None) -> dict[Task, list[Measured]]:
    """Every session measured, progress told on stderr."""
    found: dict[Task, list[Measured]] = {}
    begun_s = time.perf_counter()
    with workers.pool(jobs) as pool:
        # Skin is nothing between filters: ours, the plain one and the floor show it.
        waiting = {
            pool.submit(
                measure, *task, tuple(path for path in paths if path in SKIN_PATHS) if task[2] else paths, memory
            ): task
            for task in tasks
        }
        for done in as_completed(waiting):
            kind, seed, skin = task = waiting[done]
            found[task] = done.result()
            for one in found[task]:
                if one.failed and (one.path in OURS or one.path == "floor"):
                    print(f"{kind}, seed {seed}, {one.path}: {one.failed}", file=sys.stderr)
            spent_s = time.perf_counter() - begun_s
            left_s = spent_s / len(found) * (len(tasks) - len(found))
            print(
                f"{len(found)} of {len(tasks)}: {kind}, seed {seed}, skin {skin:g}; {left_s / 60:.0f} min left",
                file=sys.stderr,
            )
    return found


def _written(file: dict[str, object]) -> str:
    """The file with a row a line: for people, and for a diff."""
    text = json.dumps(file)
    for begins in ('{"skin_deg"', '{"name"', '{"path"', '"broad"'):
        text = text.replace(begins, f"\n{begins}")
    return text + "\n"


def _skin_words(skin_deg: float) -> str:
    if skin_deg == 0.0:
        return "sensors alone (skin that does not give)"
    return f"skin that turns a sensor by {skin_deg:g} deg at a bend of 45: beyond any filter, see floor"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python tests/bench/accuracy", description="angle errors, ours beside other filters"
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: cores)")
    parser.add_argument("--scenario", help="names in the first column, separated by semicolons")
    parser.add_argument("--paths", help=f"separated by semicolons, of: {'; '.join(PATHS)}")
    parser.add_argument("--skin", type=float, metavar="DEG", help="a second block with skin that gives by so much")
    parser.add_argument("--broad", action="store_true", help="also the BROAD trials in $HIPHINGE_DATA")
    parser.add_argument("--broad-only", action="store_true", help="nothing but the BROAD trials")
    parser.add_argument(
        "--memory", type=Path, metavar="FOLDER", help="keep there what the peers' filters said: the next run asks less"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write the figures, too")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
