"""Small cohorts for tests: folders of simulated sessions, what a run says, and what it wrote."""

import shutil
from contextlib import nullcontext
from pathlib import Path

import polars as pl

from hiphinge.app.cohort.engine import Serial
from hiphinge.app.cohort.plan import Order
from hiphinge.app.cohort.run import Summary, run_cohort
from hiphinge.app.cohort.work import Tally


class Quiet:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.plans: list[tuple[int, int, int]] = []
        self.tallies: list[Tally] = []

    def planned(self, sessions: int, kept: int, replaced: int) -> None:
        self.plans.append((sessions, kept, replaced))

    def doing(self, what: str) -> None:
        assert what

    def done(self, tally: Tally) -> None:
        self.tallies.append(tally)


def serially(root: Path | str, out: Path | str, batch: int | None = 2, prune: bool = False, **options) -> Summary:
    order = Order(str(root), str(out), **options)
    return run_cohort(order, lambda: nullcontext(Serial()), Quiet(), batch, prune)


def sessions_of(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "sessions" / "*.parquet").sort("session")


def attempts_of(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "attempts" / "*.parquet").sort("session", "index")


def statuses(out: Path) -> dict[str, str]:
    return {Path(name).name: status for name, status in sessions_of(out).select("session", "status").iter_rows()}


def parts(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.parquet")}


def multiply(csv: Path, root: Path, count: int) -> Path:
    """The same session under many names: no test here is about what is in them."""
    root.mkdir()
    for at in range(count):
        shutil.copy(csv, root / f"s{at:02d}.csv")
    return root
