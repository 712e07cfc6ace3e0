"""Whether each sensor is fit to train with, said in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hiphinge.dashboard.state import ViewState
from hiphinge.dashboard.texts import text

# A sensor that delivers less than this is not heard for much of the time: 80 of 100 samples a second.
_LEAST_HZ = 80.0


@dataclass(frozen=True, slots=True)
class Check:
    """One line: fit, not fit, or not known yet."""

    fit: Literal["ok", "no", "wait"]
    words: str


MARKS = {"ok": "✓", "no": "✕", "wait": "…"}


def sensor_checks(state: ViewState) -> list[Check]:
    """Link, both sensors, calibration."""
    linked = (
        Check("ok", text("calibrate.check_link"))
        if state.connected
        else Check("wait", text("calibrate.check_link_wait"))
    )
    if state.ever_connected and not state.connected:
        linked = Check("no", text("health.lost")[2:])
    checks = [linked, _sensor(state, 0), _sensor(state, 1)]
    if state.calibrated:
        checks.append(Check("ok", text("calibrate.check_axis", percent=round(100 * state.axis_quality))))
        if state.swapped:
            checks.append(Check("ok", text("calibrate.check_swapped")))
    else:
        checks.append(Check("wait", text("calibrate.check_axis_wait")))
    return checks


def _sensor(state: ViewState, number: int) -> Check:
    key = f"calibrate.check_{number}"
    imu = state.device.imus[number] if state.device is not None else None
    if imu is not None and not imu.present:
        return Check("no", text(f"{key}_absent"))
    if number in state.lost_sensors:
        return Check("no", text(f"{key}_silent"))
    rate_hz = state.health.delivered_hz[number] if state.health is not None and state.connected else 0.0
    if rate_hz <= 0.0:
        return Check("wait", text(f"{key}_wait"))
    if imu is not None and imu.demo_grade:
        return Check("ok", text(f"{key}_demo"))
    return Check("ok" if rate_hz >= _LEAST_HZ else "wait", text(f"{key}_ok", rate=round(rate_hz)))
