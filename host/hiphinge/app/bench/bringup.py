"""The bring-up sheet of one device: its self-test as a checklist, and blanks for what eyes and a meter must see."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from hiphinge.app.bench.page import bench_page
from hiphinge.app.device.selftest import Step, Tested, selftest
from hiphinge.device.asking import Conversation
from hiphinge.files.atomic import replacing
from hiphinge.link.events import DeviceInfo, DeviceStatus
from hiphinge.report.words import moment, plain
from hiphinge_wire.calibration import METHOD_NONE, Calibration

_READINGS = "expected.toml"

# The firmware's own order and units (firmware/hiphinge_fw/drivers/lsm6_selftest.py): what a step looks at, and what a
# failure wants.
_STEPS: dict[str, tuple[str, str]] = {
    "identity": ("WHO_AM_I", "wiring, ADDR jumper, cable"),
    "gravity against scale": ("mg", "lay it still; a knocked or overheated chip"),
    "accelerometer's own test": ("mg", "the chip: change the breakout"),
    "gyroscope's own test": ("deg/s", "lay it still; else the chip: change the breakout"),
    "rate": ("Hz", "the chip: change the breakout"),
    "FIFO": ("words in 0.2 s", "bus speed and pull-ups"),
    "bus errors": ("", "pull-ups, length of the cable"),
    "store": ("errors", "hiphinge device flash; else the flash is worn"),
    "battery": ("mV", "charge it; divider R3, R4, C1"),
    "memory": ("bytes", "hiphinge device update"),
}
_BY_AXIS = ("accelerometer's own test", "gyroscope's own test")
# What no self-test can see, in the order of hardware/README.md.
LOOKS = (
    "No short from 3V3 to GND, none from VBAT to GND; 200 kOhm from VBAT to GND",
    "Cell's red wire on the + of the socket, measured",
    "Cell flat, not dented, 1 mm of room above it; nothing sharp points at it",
    "ADDR bridged to 0x6A and LED cut on both breakouts; PWR cut on the controller",
    "Both outer contacts of the magnetic plug are ground; it goes on one way round only",
    "Pulled at an angle the plug lets go; put back, recording goes on",
    "Lids sit flush, button clicks and comes back, light shows, nothing rattles",
    "No sharp edge on the side of the body; clips hold and show no white line",
    "hiphinge device identify: it blinks and buzzes",
    "Warm after 15 minutes of recording, not hot",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A meter's reading that is expected, from the power budget (hardware/figures.toml)."""

    what: str
    how: str
    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True)
class BringUp:
    """Everything a device said of itself at one moment."""

    info: DeviceInfo
    status: DeviceStatus
    tested: Tested
    calibrations: tuple[Calibration, Calibration]


async def bring_up(device: Conversation) -> BringUp:
    """Ask a device for all of it.

    Raises
    ------
    DeviceError
        Refused, while it samples; or not answered.
    """
    tested = await selftest(device)
    calibrations = await device.calibration(0), await device.calibration(1)
    return BringUp(device.info, device.status, tested, calibrations)


def readings() -> tuple[Reading, ...]:
    """What a meter should show."""
    text = files(__package__ or "").joinpath(_READINGS).read_text(encoding="utf-8")
    return tuple(Reading(**one) for one in tomllib.loads(text)["reading"])


def sheet_name(serial: str, made_at: datetime) -> str:
    """File name of a sheet: by serial and date, whatever a serial is made of.

    Examples
    --------
    >>> sheet_name("A1/7", datetime(2026, 3, 1))
    'bring-up-A1-7-2026-03-01.html'
    """
    safe = "".join(c if c.isascii() and c.isalnum() else "-" for c in serial).strip("-") or "unknown"
    return f"bring-up-{safe[:40]}-{made_at:%Y-%m-%d}.html"


def free_path(folder: Path, name: str) -> Path:
    """A path in a folder that is not taken: a sheet filled in by hand is never written over."""
    stem, _, ending = name.rpartition(".")
    path, count = folder / name, 1
    while path.exists():
        count += 1
        path = folder / f"{stem}-{count}.{ending}"
    return path


def write_sheet(path: Path, found: BringUp, made_at: datetime, versions: Mapping[str, str], by: str = "") -> None:
    """Write the sheet, whole or not at all.

    Raises
    ------
    SessionError
        The file could not be written.
    """
    with replacing(path) as file:
        file.write(sheet(found, made_at, versions, by).encode("utf-8"))


def sheet(found: BringUp, made_at: datetime, versions: Mapping[str, str], by: str = "") -> str:
    """The sheet as one HTML page: filled in where the device could say it, blanks elsewhere."""
    tested = found.tested
    failed = [one for one in _rows(tested.steps) if one["result"] == "fail"]
    skipped = sum(step.result == "skipped" for step in tested.steps)
    values: dict[str, Any] = {
        "title": f"{plain(tested.name, 80)} {plain(tested.serial, 80)}",
        "made_at": moment(made_at.isoformat()),
        "facts": _facts(found),
        "verdict": _verdict(len(tested.steps), len(failed), skipped),
        "steps": _rows(tested.steps),
        "failed": failed,
        "calibrations": [_calibration(one) for one in found.calibrations],
        "readings": [(one.what, one.how, f"{one.low:g} to {one.high:g} {one.unit}", one.unit) for one in readings()],
        "looks": LOOKS,
        "by": plain(by, 80),
        "versions": list(versions.items()),
    }
    return bench_page("bring-up.html", values)


def _facts(found: BringUp) -> list[tuple[str, str]]:
    info, status = found.info, found.status
    volts = "not measured" if status.battery_v is None else f"{status.battery_v:.2f} V ({status.battery_percent} %)"
    both = [plain(one.chip, 40) if one.present else "missing" for one in info.imus]
    rows = (
        ("Serial", info.serial),
        ("Firmware", f"{info.firmware} on {info.interpreter}"),
        ("Board", info.board),
        ("Sacral sensor", both[0]),
        ("Thoracic sensor", both[1]),
        ("Cell", volts),
        ("Room for what cannot be sent", f"{info.store_bytes / 1e6:.1f} MB"),
        ("Restarts so far", str(status.restarts)),
    )
    return [(label, plain(text, 120)) for label, text in rows]


def _verdict(steps: int, failed: int, skipped: int) -> str:
    left_out = f", {skipped} left out" if skipped else ""
    if not steps:
        return "The self-test had no steps: nothing is known."
    return f"{failed} of {steps} steps failed{left_out}." if failed else f"All {steps} steps passed{left_out}."


def _rows(steps: Sequence[Step]) -> list[dict[str, str]]:
    """Rows in order; where a step comes once an axis, the axis is named."""
    rows = [said_of(step) for step in steps]
    for name in _BY_AXIS:
        for where in {one["where"] for one in rows}:
            mine = [one for one in rows if (one["step"], one["where"]) == (name, where)]
            if len(mine) == 3:
                for one, axis in zip(mine, "xyz", strict=True):
                    one["step"] = f"{name}, {axis}"
    return rows


def said_of(step: Step) -> dict[str, str]:
    """One step in words: with units, and what a failure wants."""
    unit, remedy = _STEPS.get(step.step, ("", "see protocol/SPEC.md"))
    seen = f"0x{step.seen:02X}" if unit == "WHO_AM_I" and step.seen >= 0 else f"{step.seen} {unit}".strip()
    expected = f"0x{step.low:02X}" if unit == "WHO_AM_I" else f"{_range(step)} {unit}".strip()
    return {
        "step": step.step,
        "where": step.where,
        "expected": expected,
        "seen": "no answer" if step.seen == -1 and step.result == "fail" else seen,
        "result": step.result,
        "remedy": remedy if step.result == "fail" else "",
    }


def _range(step: Step) -> str:
    return f"at least {step.low}" if step.high == 0x7FFFFFFF else step.expected


def _calibration(one: Calibration) -> tuple[str, str]:
    whose = ("sacral", "thoracic")[one.imu]
    if one.method == METHOD_NONE:
        return whose, "none: hiphinge device calibrate --slanted"
    made = datetime.fromtimestamp(one.made_unix_s).astimezone()
    offset = " ".join(f"{ug / 1000:.1f}" for ug in one.acc_offset_ug)
    return whose, f"of {made:%Y-%m-%d}: offset {offset} mg, left over {one.residual_ug / 1000:.2f} mg"


def passed(found: BringUp) -> bool:
    """Whether the device passed its own part; the rest is for eyes and a meter."""
    return found.tested.passed


def said(found: BringUp) -> Sequence[tuple[str, ...]]:
    """The self-test as rows of a table: step, where, result, expected, seen."""
    rows = _rows(found.tested.steps)
    return [(one["step"], one["where"], one["result"], one["expected"], one["seen"]) for one in rows]
