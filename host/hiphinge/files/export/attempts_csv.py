"""A tidy CSV of attempts: one row an attempt, every measure with its standard deviation, faults and doubts in columns.

For people who open it in a spreadsheet: no cell is a formula, whatever a name or note holds.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, fields

from hiphinge import __version__
from hiphinge.files.export.content import Content, clean, known
from hiphinge.files.export.table import TEMPO
from hiphinge.model import Attempt, Fault
from hiphinge.programmes.limits import NUMERIC_LIMITS, Limits

# A spreadsheet takes a cell for a formula by its first character; the wide forms too, in East Asian settings. It may
# first split a cell at what it takes for a separator, so that these count as beginnings as well.
_FORMULA = re.compile(r"(^|[;,|\"'])(\s*)(?=[=+\-@＝＋－＠])")

# A thousandth of a degree, a tenth of a millisecond: as `analyse --json`.
_DECIMALS = 4

_CHECKS = (
    "lumbar_flexion", "lumbar_extension", "too_shallow", "too_deep", "too_fast_down", "too_fast_up",
    "side_bend", "rotation",
)  # fmt: skip

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class _Finding:
    fault: Fault
    certain: bool

    @property
    def words(self) -> str:
        return ("advisory " if self.fault.advisory else "") + ("fault" if self.certain else "doubt")


def attempts_csv(content: Content) -> str:
    """Give the CSV: UTF-8, comma, one header row, decimal points, empty where not known, LF.

    Parameters
    ----------
    content : Content

    Returns
    -------
    str
        One row an attempt, isolated bends (`set` 0) included.

    Raises
    ------
    SessionError
        The session could not be analysed.
    """
    rows = [_row(content, one) for one in content.analysed.attempts]
    return csv_text(list(_row(content, None)), rows)


def csv_text(header: list[str], rows: list[dict[str, Cell]]) -> str:
    """Write rows; text made safe for spreadsheets, numbers as they are.

    Parameters
    ----------
    header : list of str
    rows : list of dict
        Numbers that are not finite and None become empty cells.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[_cell(row[name]) for name in header] for row in rows])
    return out.getvalue()


def safe_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula, in one line.

    An apostrophe is put before what would begin a formula; control characters are shown by their escapes.

    Examples
    --------
    >>> safe_text("=1+1"), safe_text("a;-2"), safe_text("Anna")
    ("'=1+1", "a;'-2", 'Anna')
    """
    visible = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in clean(text))
    return _FORMULA.sub(r"\1'\2", visible)


def _cell(value: Cell) -> str:
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, float):
        number = known(value)
        # Adding zero turns -0.0 into 0.0. Never an exponent: some spreadsheets take 1e-05 for text.
        return "" if number is None else f"{round(number, _DECIMALS) + 0.0:.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def _row(content: Content, one: Attempt | None) -> dict[str, Cell]:
    """The cells of an attempt by column name; of None the names alone."""
    meta = content.recording.meta
    cells: dict[str, Cell] = {
        "session": content.source,
        "person": meta.person,
        "started_at": meta.started_at,
        "stance": meta.stance,
        "side": meta.side,
        "load_kg": meta.load_kg,
        "pain_0_10": meta.pain_0_10,
    }
    for item in fields(Attempt):
        if item.name not in ("tempo_s", "faults", "doubts"):
            cells[item.name] = None if one is None else getattr(one, item.name)
    tempo = (None,) * 4 if one is None else one.tempo_s
    cells |= dict(zip(TEMPO, tempo, strict=True))
    found = {} if one is None else findings(one, content.limits)
    cells["faults"] = " ".join(name for name, finding in found.items() if finding.certain)
    cells["doubts"] = " ".join(name for name, finding in found.items() if not finding.certain)
    for name in _CHECKS:
        cells |= _check(name, found.get(name))
    limits = content.limits
    cells |= {f"limit_{name}": getattr(limits, name) for name in NUMERIC_LIMITS}
    cells |= {"limit_depth_on": limits.depth_on, "limit_advisory": " ".join(sorted(limits.advisory))}
    return {**cells, "programme": content.programme, "preset": content.preset, "hiphinge_version": __version__}


def findings(one: Attempt, limits: Limits) -> dict[str, _Finding]:
    """Name every fault and doubt of an attempt by the limit it is about, in the order of `_CHECKS`."""
    every = [_Finding(fault, True) for fault in one.faults] + [_Finding(doubt, False) for doubt in one.doubts]
    named = {_check_name(finding.fault, one, limits): finding for finding in every}
    return {name: named[name] for name in _CHECKS if name in named}


def _check_name(fault: Fault, one: Attempt, limits: Limits) -> str:
    if fault.kind == "too_fast":
        return "too_fast_down" if fault.phase == "down" else "too_fast_up"
    if fault.kind == "asymmetry":
        # One kind for two limits: the value tells which.
        bent = fault.limit == limits.side_bend_max_deg and fault.value == one.lumbar_side_bend_deg
        return "side_bend" if bent else "rotation"
    return fault.kind


def _check(name: str, finding: _Finding | None) -> dict[str, Cell]:
    unit = "s" if name.startswith("too_fast") else "deg"
    fault = None if finding is None else finding.fault
    return {
        f"{name}_finding": "" if finding is None else finding.words,
        f"{name}_finding_value_{unit}": None if fault is None else fault.value,
        f"{name}_finding_limit_{unit}": None if fault is None else fault.limit,
        f"{name}_finding_sd_{unit}": None if fault is None else fault.sd,
        f"{name}_finding_at_s": None if fault is None else fault.at_s,
        f"{name}_finding_phase": None if fault is None else fault.phase,
    }
