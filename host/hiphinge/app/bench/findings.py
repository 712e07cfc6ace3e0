"""One bench session judged: read, computed, and put into tables and sentences that text and page share."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from hiphinge.app.analyse import Request, analyse_recording
from hiphinge.app.bench import published
from hiphinge.app.bench.agreement import Agreement
from hiphinge.app.bench.drift import TEN_MINUTES_S, Drift, drifts
from hiphinge.app.bench.oriented import oriented
from hiphinge.app.bench.pair import NO_BEND, Pair, pair
from hiphinge.app.bench.reach import Reach, reached_m, reaches
from hiphinge.app.bench.stages import Bench, read_bench
from hiphinge.app.bench.tilt import Tilt, tilts
from hiphinge.files.errors import session_error, shown
from hiphinge.files.session import read_session
from hiphinge.files.small import read_small
from hiphinge.model import HiphingeError

TITLES = {
    "tilt": "Tilt against known angles",
    "pair": "Two pods on one board",
    "drift": "Drift at rest",
    "range": "Range",
}
_MOST_BYTES = 1 << 20

# Under every table with limits.
SURE = (
    "In brackets behind limits: by how much each of them may be off (about 95 % sure), from so few trials. All are of "
    "one device in one session: how far another is off, they do not say."
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table in words; the first column is flush left."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a bench session shows.

    Attributes
    ----------
    name : str
    bench : Bench
    results : list
        Of `tilt.Tilt`, `pair.Pair`, `drift.Drift` or `reach.Reach`.
    tables : tuple of Table
    sentences : tuple of str
        What the tables say, and how to take it.
    warnings : tuple of str
    """

    name: str
    bench: Bench
    results: list[Tilt] | list[Pair] | list[Drift] | list[Reach]
    tables: tuple[Table, ...]
    sentences: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Of its section."""
        return TITLES[self.bench.kind]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: NaN as null, long series left out."""
        kept = [
            {name: value for name, value in asdict(one).items() if name not in ("time_s", "board_deg", "lumbar_deg")}
            for one in self.results
        ]
        return {
            "name": self.name,
            "kind": self.bench.kind,
            "reference": self.bench.reference,
            "device": self.bench.device,
            "results": _plain(kept),
            "warnings": list(self.warnings),
        }


def find(folder: Path, reference: Path | None = None) -> Findings:
    """Judge one bench session.

    Parameters
    ----------
    folder : Path
        Of the session, with its `bench.toml`.
    reference : Path, optional
        A CSV with a column ``angle_deg``: a row a stage, in place of the angles in `bench.toml`.

    Raises
    ------
    HiphingeError
        One line: what is missing or contradicts itself, and what to do.
    """
    bench = read_bench(folder)
    if reference is not None:
        bench = _with_reference(bench, reference, folder)
    recording = read_session(folder)
    name = folder.resolve().name
    try:
        match bench.kind:
            case "tilt":
                pods = oriented(recording)
                return _tilt(name, bench, tilts(pods, bench.stages), list(pods))
            case "pair":
                if not bench.stages:
                    raise HiphingeError(NO_BEND)
                runs = [(live, analyse_recording(recording, Request(live=live))) for live in (False, True)]
                found = [pair(one.analysis, bench.stages, live) for live, one in runs]
                return _pair(name, bench, found, runs[0][1].warnings)
            case "drift":
                return _drift(name, bench, drifts(oriented(recording), bench.stages))
            case "range":
                return _range(name, bench, reaches(recording, bench.stages))
    except HiphingeError as error:
        text = str(error)
        source = shown(str(folder), 400)
        raise HiphingeError(text if text.startswith(source) else f"{source}: {text}") from None


def _with_reference(bench: Bench, path: Path, folder: Path) -> Bench:
    if bench.kind != "tilt":
        raise HiphingeError(f"{folder}: --reference is for tilt, this is {bench.kind}; leave it out")
    data = read_small(path, _MOST_BYTES, "a table of angles", "give a CSV file")
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise session_error(str(path), f"is no CSV ({error})", "save it as UTF-8 CSV with commas") from None
    if not rows or "angle_deg" not in rows[0]:
        raise session_error(str(path), "has no column angle_deg", "give it one, with a row for each stage")
    if len(rows) != len(bench.stages):
        what = f"{len(rows)} angles for {len(bench.stages)} stages"
        raise session_error(str(path), what, "give one for each stage, in their order")
    angles: list[float] = []
    for at, row in enumerate(rows, 2):
        try:
            angle = float(row["angle_deg"])
        except (TypeError, ValueError):
            angle = math.nan
        if not abs(angle) <= 180:
            raise session_error(str(path), "no angle from -180 to 180", "correct it", line=at, column="angle_deg")
        angles.append(angle)
    stages = tuple(replace(stage, angle_deg=angle) for stage, angle in zip(bench.stages, angles, strict=True))
    return replace(bench, stages=stages, reference=f"angles from {path.name}")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in cast("Sequence[Any]", value)]
    if isinstance(value, np.ndarray):
        return [_plain(one) for one in value.tolist()]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def deg(value: float, decimals: int = 2) -> str:
    """An angle in words: a sign where it has one, a dash where it is not known."""
    return "–" if not math.isfinite(value) else f"{round(value, decimals) + 0.0:.{decimals}f}"


def limits(found: Agreement) -> str:
    """95 % limits of agreement in words, in brackets how sure each is; a dash where one trial says nothing of them."""
    low, high = found.limits_deg
    if not math.isfinite(low):
        return "–"
    return f"{deg(low)} to {deg(high)} ({deg(found.limits_sure_deg)})"


def _tilt(name: str, bench: Bench, found: list[Tilt], pods: Sequence[str]) -> Findings:
    stages = found[0].known_deg
    rows = tuple((deg(float(known), 1), *(_with_acc(one, at) for one in found)) for at, known in enumerate(stages))
    short = tuple(
        (
            _whose(one.name),
            str(one.errors.count),
            deg(one.errors.bias_deg),
            deg(one.errors.rms_deg),
            limits(one.errors),
            deg(one.errors.worst_deg),
            "–" if not math.isfinite(one.gain) else f"{one.gain:.4f}",
            deg(one.at_zero_deg),
        )
        for one in found
    )
    heads = ("Angle", "Stages", "Bias", "RMS", "95 % limits (sure to)", "Worst", "Gain", "Back at 0")
    tables = (
        Table("Errors in deg, measured minus known; the stages at 0 define zero and are not counted", heads, short),
        Table(
            "Stage by stage, deg: measured, in brackets by the accelerometer alone",
            ("Known", *(_whose(one.name) for one in found)),
            rows,
        ),
    )
    sentences = [
        "Zero is the stage at 0, the axis the one common to all stages: as a wearer's standing and bends are used.",
        SURE,
        "The error holds that of the reference, too: a printed jig is good to about half a degree, an inclinometer to "
        "what its sheet says.",
    ]
    names = [one.name for one in found]
    sentences += [f"Left out, for it did not turn: {_whose(one)}." for one in pods if one not in names]
    warnings = tuple(
        f"the {one.name} pod was not held still in stage {', '.join(map(str, one.moved))}: record again"
        for one in found
        if one.moved
    )
    return Findings(name, bench, found, tables, tuple(sentences), warnings)


def _with_acc(one: Tilt, at: int) -> str:
    by_acc = "" if one.by_acc_deg is None else f" ({deg(float(one.by_acc_deg[at]))})"
    return f"{deg(float(one.measured_deg[at]))}{by_acc}"


def _whose(name: str) -> str:
    return {"sacral": "sacral (S2)", "thoracic": "thoracic (T12)"}.get(name, name)


def _pair(name: str, bench: Bench, found: list[Pair], warnings: Sequence[str]) -> Findings:
    theirs = published.SYMMETRICAL[-1]
    rows = tuple(
        (
            "live" if one.live else "whole recording",
            str(one.bends),
            deg(one.deepest_deg, 1),
            f"{deg(one.rmse_deg)} ({deg(one.rmse_sd_deg)})" if one.bends > 1 else deg(one.rmse_deg),
            deg(one.through.bias_deg),
            limits(one.through),
            deg(one.peak.bias_deg),
            limits(one.peak),
        )
        for one in found
    )
    low, high = theirs.limits_deg
    beside = (
        "dorsaVi v6, people",
        "–",
        "–",
        f"{deg(theirs.rmse_deg)} ({deg(theirs.rmse_sd_deg)})",
        "–",
        "–",
        deg(theirs.bias_deg),
        f"{deg(low)} to {deg(high)}",
    )
    heads = (
        "Lumbar angle",
        "Bends",
        "Depth",
        "RMSE (SD)",
        "Bias",
        "95 % limits (sure to)",
        "Bias at peak",
        "95 % limits at peak (sure to)",
    )
    caption = (
        "Degrees; the true lumbar angle is 0 throughout. RMSE: through the range of each bend, mean (SD) over bends"
    )
    sentences = [
        "Both pods turn as one, so every degree shown between them is an error: of the sensors, the orientation, the "
        "learnt axes or the join of two clocks. What both have in common, this test cannot see; the jig does.",
        f"Bias and the first limits are of all samples of the bends (whole recording: {found[0].through.count}), "
        f"between and within bends; at peak each bend counts once. {SURE}",
        f"Last line: {published.SOURCE}; its SD and limits are between people, ours between bends of one pair of pods: "
        f"do not compare their widths. {published.CAUTION}",
    ]
    if not all(one.full for one in found):
        sentences.insert(0, "The board was bent by less than 60 deg: bend it further for what a full bend shows.")
    return Findings(name, bench, found, (Table(caption, heads, (*rows, beside)),), tuple(sentences), tuple(warnings))


def _drift(name: str, bench: Bench, found: list[Drift]) -> Findings:
    rows = tuple(
        (
            _whose(one.name),
            f"{one.duration_s / 60:.1f}",
            deg(one.end_deg, 3),
            deg(one.most_deg, 3),
            deg(one.slope_deg, 3),
            deg(one.noise_deg, 3),
            deg(one.heading_deg),
        )
        for one in found
    )
    heads = ("Pod", "Minutes", "At the end", "Furthest", "In 10 min", "Noise", "Heading in 10 min")
    warnings = tuple(f"the {one.name} pod was moved on the way: record again" for one in found if one.touched)
    sentences = (
        "Tilt is held by gravity and must not drift; heading is held by nothing: only side bend and rotation use it.",
        "Lying still is the easy case: what a bias does in movement, the board shows.",
    )
    if min(one.duration_s for one in found) < TEN_MINUTES_S - 1:
        sentences += ("Recorded for less than ten minutes: figures in 10 min are a straight line carried on.",)
    caption = "Change of tilt from the first 5 s, in deg; noise is of single samples, RMS"
    return Findings(name, bench, found, (Table(caption, heads, rows),), sentences, warnings)


def _range(name: str, bench: Bench, found: list[Reach]) -> Findings:
    def share(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f} %"

    rows = tuple(
        (
            f"{one.distance_m:g} m",
            f"{one.duration_s:.0f}",
            "–" if one.blocks is None else str(one.blocks),
            share(one.resent_share),
            share(one.doubled_share),
            "–" if one.outages is None else str(one.outages),
            "–" if one.lost_blocks is None else str(one.lost_blocks),
            share(one.missing_share),
            f"{one.longest_gap_s:.2f}",
        )
        for one in found
    )
    heads = ("Distance", "Seconds", "Blocks", "Sent again", "Twice", "Outages", "Lost", "Samples missing", "Gap, s")
    reach_m = reached_m(found)
    if any(one.resent_share is None and one.missing_share < 1 for one in found):
        reached = "What was sent again was not counted at every distance: no reach can be told."
    elif reach_m is None:
        reached = "Already at the nearest distance something was lost or much sent again."
    else:
        reached = f"Up to {reach_m:g} m nothing was lost and hardly anything sent again."
    sentences = (
        reached,
        "What is sent again arrives late but arrives; what is missing in the end is lost. Walls, bodies and other "
        "radios change all of it: this is one room on one day.",
    )
    return Findings(name, bench, found, (Table("Stage by stage", heads, rows),), sentences)
