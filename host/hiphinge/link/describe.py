"""Messages of the device as events: units and words for numbers."""

from __future__ import annotations

import math
from typing import Literal, get_args

from hiphinge.link.events import (
    ButtonPressed,
    DeviceEvent,
    DeviceEventKind,
    DeviceInfo,
    DeviceLogged,
    DeviceStatus,
    GyroBiasMeasured,
    ImuDescription,
    LossReason,
    Refused,
    SelfTested,
    StoredBlocks,
    TimeKnown,
)
from hiphinge_wire import constants as wire
from hiphinge_wire.errors import NAMES
from hiphinge_wire.info import INFO_IMU_CALIBRATED, INFO_IMU_DEMO_GRADE, INFO_IMU_PRESENT, ImuInfo, Info
from hiphinge_wire.replies import Error, Event, GyroCalibrated, Log, SelftestResult, Stored
from hiphinge_wire.status import Status

Profile = Literal["A", "B", "C"]
State = Literal["idle", "linked", "ready", "started", "outage", "recording"]

PROFILES: dict[int, Profile] = {wire.PROFILE_A: "A", wire.PROFILE_B: "B", wire.PROFILE_C: "C"}
REASONS: dict[int, LossReason] = {
    wire.GONE_OVERWRITTEN: "overwritten",
    wire.GONE_POWER_CUT: "power_cut",
    wire.GONE_DAMAGED: "damaged",
    wire.GONE_NEVER: "never_made",
    wire.GONE_ACKNOWLEDGED: "taken_by_another_host",
}
EVENTS: dict[int, DeviceEventKind] = {
    wire.EVENT_LOW_BATTERY: "low_battery",
    wire.EVENT_IMU_LOST: "imu_lost",
    wire.EVENT_IMU_BACK: "imu_back",
    wire.EVENT_STOPPED: "stopped",
    wire.EVENT_CONFIG: "configuration",
    wire.EVENT_SLEEP: "sleep",
}
_STATES: tuple[State, ...] = get_args(State)
_KNOWN: dict[int, TimeKnown] = {
    wire.TIME_UNKNOWN: "only_order",
    wire.TIME_EXCHANGED: "exchanged",
    wire.TIME_RTC: "carried_over",
    wire.TIME_BOUNDED: "bounded",
}
_BIAS_RESULTS = ("done", "moved", "no samples", "not asked for", "cancelled")
_TESTS = ("pass", "fail", "skipped")
_LEVELS: dict[int, Literal["info", "warning", "error"]] = {
    wire.LOG_INFO: "info",
    wire.LOG_WARNING: "warning",
    wire.LOG_ERROR: "error",
}
# protocol/SPEC.md, section 7: what the wall clock of a boot loses with the time since it was told.
_DRIFT_PPM = 50.0
_UNKNOWN_MS = 0xFFFFFFFF


def info_event(info: Info, at_s: float) -> DeviceInfo:
    """INFO."""
    imus = (_imu(info.imus[0], info.sacral_chip), _imu(info.imus[1], info.thoracic_chip))
    return DeviceInfo(
        at_s=at_s,
        boot=info.boot,
        epoch=info.epoch,
        wire=(info.wire_major, info.wire_minor),
        name=info.name,
        serial=info.serial,
        firmware=info.firmware,
        board=info.board,
        interpreter=info.interpreter,
        profile=PROFILES[info.profile],
        store_bytes=info.store_bytes,
        imus=imus,
    )


def _imu(imu: ImuInfo, chip: str) -> ImuDescription:
    return ImuDescription(
        chip=chip,
        present=bool(imu.flags & INFO_IMU_PRESENT),
        demo_grade=bool(imu.flags & INFO_IMU_DEMO_GRADE),
        calibrated=bool(imu.flags & INFO_IMU_CALIBRATED),
        rate_hz=imu.rate_millihz * 1e-3,
        acc_range_g=float(imu.acc_range_g),
        gyr_range_dps=float(imu.gyr_range_dps),
        gyr_delay_s=imu.gyr_delay_us * 1e-6,
        acc_delay_s=imu.acc_delay_us * 1e-6,
    )


def status_event(status: Status, at_s: float) -> DeviceStatus:
    """STATUS."""
    warm = [None if t == wire.UNKNOWN_TEMPERATURE else t * 0.01 for t in status.temperature_cdeg]
    flags = status.flags
    return DeviceStatus(
        at_s=at_s,
        boot=status.boot,
        state=_STATES[status.state],
        battery_v=status.battery_mv * 1e-3 or None,
        battery_percent=battery_percent(status),
        charging=bool(flags & wire.STATUS_CHARGING),
        low_battery=bool(flags & wire.STATUS_LOW_BATTERY),
        store_full=bool(flags & wire.STATUS_STORE_FULL),
        store_fault=bool(flags & wire.STATUS_STORE_FAULT),
        safe_mode=bool(flags & wire.STATUS_SAFE_MODE),
        temperature_degc=(warm[0], warm[1]),
        backlog_blocks=status.backlog_blocks,
        backlog_bytes=status.backlog_bytes,
        store_free_bytes=status.store_free_bytes,
        earlier_boots=status.earlier_boots,
        uptime_s=status.uptime_us * 1e-6,
        memory_free_bytes=status.memory_free,
        loop_peak_s=status.loop_peak_ms * 1e-3,
        fifo_peak=status.fifo_peak,
        fifo_size=status.fifo_size,
        samples=status.samples,
        dropped_samples=status.dropped_samples,
        bus_errors=status.bus_errors,
        fifo_overflows=status.fifo_overflows,
        blocks_dropped=status.blocks_dropped,
        blocks_resent=status.blocks_resent,
        send_refused=status.send_refused,
        restarts=status.restarts,
    )


def battery_percent(status: Status) -> int | None:
    """None where the device does not know."""
    return None if status.battery_percent == wire.UNKNOWN_PERCENT else status.battery_percent


def sampling(status: Status) -> bool:
    """Whether blocks are being made."""
    return status.state >= wire.STATE_STARTED


def error_event(error: Error, at_s: float, number: int, what: str) -> Refused:
    """ERROR."""
    code = NAMES[error.code] if error.code < len(NAMES) else f"ERROR {error.code}"
    return Refused(at_s, number, what, code, error.detail)


def log_event(log: Log, at_s: float) -> DeviceLogged:
    """LOG."""
    return DeviceLogged(at_s, _LEVELS[log.level], log.text)


def happening_event(event: Event, at_s: float, time_s: float | None) -> ButtonPressed | DeviceEvent:
    """EVENT."""
    if event.kind in (wire.EVENT_BUTTON_SHORT, wire.EVENT_BUTTON_LONG):
        return ButtonPressed(at_s, "short" if event.kind == wire.EVENT_BUTTON_SHORT else "long", time_s)
    return DeviceEvent(at_s, EVENTS[event.kind], event.value, time_s)


def bias_event(message: GyroCalibrated, at_s: float, number: int) -> GyroBiasMeasured:
    """GYRO_CALIBRATED."""
    udps = math.pi / 180 * 1e-6
    bias = [(b[0] * udps, b[1] * udps, b[2] * udps) for b in (imu.bias_udps for imu in message.imus)]
    sacral, thoracic = message.imus
    return GyroBiasMeasured(
        at_s,
        number,
        (_BIAS_RESULTS[sacral.result], _BIAS_RESULTS[thoracic.result]),
        (bias[0], bias[1]),
        (sacral.noise_udps * udps, thoracic.noise_udps * udps),
    )


def selftest_event(message: SelftestResult, at_s: float, number: int) -> SelfTested:
    """SELFTEST_RESULT."""
    steps = tuple((s.step, s.imu, _TESTS[s.result], s.low, s.high, s.seen) for s in message.steps)
    return SelfTested(at_s, number, steps)


def stored_blocks(stored: Stored) -> StoredBlocks:
    """One entry of STORE_LISTED."""
    known = _KNOWN[stored.time_known] if stored.unix_us else "only_order"
    uncertainty_s = None
    if known != "only_order" and stored.uncertainty_ms != _UNKNOWN_MS:
        uncertainty_s = stored.uncertainty_ms * 1e-3 + stored.last_us * _DRIFT_PPM * 1e-12
    return StoredBlocks(
        boot=stored.boot,
        epoch=stored.epoch,
        first=stored.first_sequence,
        last=stored.last_sequence,
        size_bytes=stored.bytes,
        samples=stored.samples,
        duration_s=(stored.last_us - stored.first_us) * 1e-6,
        unix_s=stored.unix_us * 1e-6 if known != "only_order" else None,
        time_known=known,
        uncertainty_s=uncertainty_s,
    )
