"""From single measurements to figures per scenario and path, and those to lines of text and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from accuracy.limits import COVERAGE, COVERAGE_NOT_KINDS, LIMITS, NO_WORSE, NO_WORSE_KINDS, NO_WORSE_SLACK_DEG
from accuracy.measure import OURS, PLAIN, TILTS, Measured

HEAD = (
    f"{'scenario':15s} {'path':28s} {'tilt deg':>12s} {'':6s} {'x vqf':>5s}  "
    f"{'lumbar deg':>12s} {'':6s} {'x vqf':>5s}  "
    f"{'worse':>5s} {'fail':>4s}  in 2 sd: tilt, lumbar; known"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One path on all sessions of a scenario.

    Attributes
    ----------
    path, setting : str
    best : bool
        The setting with the smallest median tilt of its path, chosen in hindsight.
    tilt_deg, lumbar_deg : (median, worst)
        Over the seeds that have a figure.
    over_vqf : (tilt, lumbar)
        Medians over those of the plain filter's defaults.
    worse : int
        Sessions more than 10 % (and 0.05 deg) worse than the plain filter, in tilt or lumbar flexion.
    failed : int
        Sessions without a figure.
    inside : dict
        Share within two stated standard deviations by angle: pooled over all samples, and in the worst session.
    known : float
        Least share of instants within repetitions at which the angles are known.
    missed : tuple of str
        Which limits it misses; always empty for other people's paths.
    """

    path: str
    setting: str
    best: bool
    tilt_deg: tuple[float, float]
    lumbar_deg: tuple[float, float]
    over_vqf: tuple[float, float]
    worse: int
    failed: int
    inside: dict[str, tuple[float, float]]
    known: float
    missed: tuple[str, ...] = ()


def summed(kind: str, sessions: Sequence[Sequence[Measured]], judged: bool) -> list[Row]:
    """All rows of a scenario from its sessions; limits are applied if `judged`."""
    found: dict[tuple[str, str], list[Measured]] = {}
    for session in sessions:
        for one in session:
            found.setdefault((one.path, one.setting), []).append(one)
    paths: dict[str, list[str]] = {}
    for path, setting in found:
        paths.setdefault(path, []).append(setting)
    rows: list[Row] = []
    for path, settings in paths.items():
        known = {setting: _median([one.tilt_deg for one in found[path, setting]]) for setting in settings}
        # A setting that fails more often is not the best of them, however good where it works.
        fails = {setting: sum(bool(one.failed) for one in found[path, setting]) for setting in settings}
        best = min(settings, key=lambda setting: (fails[setting], np.nan_to_num(known[setting], nan=np.inf)))
        plain_path = PLAIN.get(path, "vqf")
        plain = found[plain_path, paths[plain_path][0]] if plain_path in paths else []
        for setting in settings:
            row = _row(found[path, setting], plain, setting == best)
            rows.append(_judged(kind, row) if judged and path in OURS else row)
    return rows


def _row(mine: Sequence[Measured], plain: Sequence[Measured], best: bool) -> Row:
    tilt, lumbar = [one.tilt_deg for one in mine], [one.lumbar_deg for one in mine]
    pairs = list(zip(mine, plain, strict=True)) if plain else []
    counted = [one for one in mine if one.inside is not None]
    inside: dict[str, tuple[float, float]] = {}
    for name in (*TILTS, "lumbar_flexion"):
        hits = [(one.inside[name], one.rows) for one in counted if one.inside is not None]
        if hits:
            inside[name] = (sum(hit for hit, _ in hits) / sum(size for _, size in hits), min(h / n for h, n in hits))
    return Row(
        path=mine[0].path,
        setting=mine[0].setting,
        best=best,
        tilt_deg=(_median(tilt), _worst(tilt)),
        lumbar_deg=(_median(lumbar), _worst(lumbar)),
        over_vqf=(
            _median(tilt) / _median([one.tilt_deg for one in plain]),
            _median(lumbar) / _median([one.lumbar_deg for one in plain]),
        ),
        worse=sum(_worse(one, other) for one, other in pairs),
        failed=sum(bool(one.failed) for one in mine),
        inside=inside,
        known=min((one.known for one in counted), default=0.0),
    )


def _worse(mine: Measured, plain: Measured) -> bool:
    """Whether a session came out worse than with the plain filter; failing where that works is worse."""
    if mine.failed or plain.failed:
        return bool(mine.failed) and not plain.failed
    return any(
        one > NO_WORSE * other + NO_WORSE_SLACK_DEG
        for one, other in ((mine.tilt_deg, plain.tilt_deg), (mine.lumbar_deg, plain.lumbar_deg))
    )


def _judged(kind: str, row: Row) -> Row:
    """The row with the limits it misses."""
    missed: list[str] = []
    if kind in LIMITS:
        limit = LIMITS[kind][row.path]
        for name, values, most in (
            ("tilt", row.tilt_deg, limit.tilt_deg),
            ("lumbar", row.lumbar_deg, limit.lumbar_deg),
        ):
            # Not `value > limit`: no figure at all is missed, too.
            if not all(value <= bound for value, bound in zip(np.round(values, 2), most, strict=True)):
                missed.append(name)
    if kind in NO_WORSE_KINDS and row.worse:
        missed.append("worse")
    shares = [row.inside.get(name, (np.nan, np.nan))[0] for name in (*TILTS, "lumbar_flexion")]
    if kind not in COVERAGE_NOT_KINDS and not all(COVERAGE[0] <= share <= COVERAGE[1] for share in shares):
        missed.append("in 2 sd")
    if row.failed:
        missed.append("failed")
    return replace(row, missed=tuple(missed))


def shown(rows: Iterable[Row]) -> list[tuple[bool, Row]]:
    """The rows worth showing, and whether each is its path's default: every default, and the best that is another."""
    seen: set[str] = set()
    chosen: list[tuple[bool, Row]] = []
    for row in rows:
        if row.path not in seen or row.best:
            chosen.append((row.path not in seen, row))
        seen.add(row.path)
    return chosen


def lines(kind: str, rows: Iterable[Row], judged: bool) -> list[str]:
    """A scenario's rows as text."""
    text: list[str] = []
    for default, row in shown(rows):
        name = row.path if default else f"{row.path} best: {row.setting}"
        limit = LIMITS.get(kind, {}).get(row.path) if judged else None
        text.append(" ".join([f"{kind:15s} {name:28s}", *_errors(row, limit), _rest(kind, row, judged)]).rstrip())
    return text


def _errors(row: Row, limit: object) -> list[str]:
    cells: list[str] = []
    for name, values, over in (
        ("tilt", row.tilt_deg, row.over_vqf[0]),
        ("lumbar", row.lumbar_deg, row.over_vqf[1]),
    ):
        verdict = "" if limit is None else "MISSED" if name in row.missed else "ok"
        cells.append(f"{values[0]:5.2f} / {values[1]:4.2f} {verdict:6s} {over:5.2f} ")
    return cells


def _rest(kind: str, row: Row, judged: bool) -> str:
    worse = f"{row.worse:5d} {row.failed:4d} "
    if row.path not in OURS or not row.inside:
        return worse
    tilt = [min(row.inside[name][at] for name in TILTS) for at in (0, 1)]
    lumbar = row.inside["lumbar_flexion"]
    others = [name for name in row.missed if name not in ("tilt", "lumbar")]
    held = not judged or (kind not in LIMITS and kind not in NO_WORSE_KINDS and not others)
    verdict = "" if held else f"; MISSED: {', '.join(others)}" if others else "; ok"
    return f"{worse} {tilt[0]:.3f} / {tilt[1]:.2f}, {lumbar[0]:.3f} / {lumbar[1]:.2f}; {row.known:.2f}{verdict}"


def as_json(rows: Iterable[Row]) -> list[dict[str, object]]:
    """Rows for a file, figures rounded to what they mean; what only ours have is left out of the others'."""
    table: list[dict[str, object]] = []
    for default, row in shown(rows):
        ours = {"inside": row.inside, "known": row.known, "missed": row.missed} if row.path in OURS else {}
        cells: dict[str, object] = {
            "path": row.path,
            "setting": row.setting,
            "default": default,
            "best": row.best,
            "tilt_deg": row.tilt_deg,
            "lumbar_deg": row.lumbar_deg,
            "over_vqf": row.over_vqf,
            "worse": row.worse,
            "failed": row.failed,
            **ours,
        }
        table.append({name: _rounded(value) for name, value in cells.items()})
    return table


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3) if np.isfinite(value) else None
    if isinstance(value, tuple | list):
        return [_rounded(one) for one in cast(Sequence[Any], value)]
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in cast(dict[str, Any], value).items()}
    return value


def _median(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.median(known)) if known else float("nan")


def _worst(values: Sequence[float]) -> float:
    return max((value for value in values if np.isfinite(value)), default=float("nan"))
