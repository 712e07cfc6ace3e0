"""INFO, STATUS and the like, filled in from what the device knows."""

import sys

from hiphinge_fw import VERSION
from hiphinge_wire import WIRE_MAJOR, WIRE_MINOR
from hiphinge_wire.constants import (
    STATUS_FETCHING,
    STATUS_LOW_BATTERY,
    STATUS_PAIRING,
    STATUS_SAFE_MODE,
    STATUS_STORE_FAULT,
    STATUS_STORE_FULL,
    TIME_EXCHANGED,
    TIME_UNKNOWN,
    UNKNOWN_TEMPERATURE,
)
from hiphinge_wire.info import (
    CHIP_LSM6DSO,
    CHIP_LSM6DSR,
    CHIP_LSM6DSV16X,
    CHIP_LSM6DSV32X,
    CHIP_MPU6050,
    CHIP_OTHER,
    INFO_IMU_CALIBRATED,
    INFO_IMU_DEMO_GRADE,
    INFO_IMU_PRESENT,
    ImuInfo,
    Info,
)
from hiphinge_wire.replies import MAX_STORED, Stored, StoreListed
from hiphinge_wire.status import Status

_CHIPS = {
    "LSM6DSV16X": CHIP_LSM6DSV16X,
    "LSM6DSV32X": CHIP_LSM6DSV32X,
    "LSM6DSO": CHIP_LSM6DSO,
    "LSM6DSR": CHIP_LSM6DSR,
    "MPU-6050": CHIP_MPU6050,
}
_UNKNOWN_MS = 0xFFFFFFFF
# A boot's wall clock is good to a round trip.
_EXCHANGED_MS = 100


def imu_info(sensor, place, calibration):
    """One IMU of INFO; `place` is (bus, address, axes)."""
    driver = sensor.driver
    bus, address, axes = place
    if not sensor.present:
        return ImuInfo(bus=bus, address=address, axes=axes, rate_millihz=120000, acc_scale_pg=1, gyr_scale_ndps=1)
    flags = INFO_IMU_PRESENT | (INFO_IMU_DEMO_GRADE if driver.demo_grade else 0)
    calibrated = calibration is not None and calibration.method
    return ImuInfo(
        chip=_CHIPS.get(driver.name, CHIP_OTHER),
        flags=flags | (INFO_IMU_CALIBRATED if calibrated else 0),
        bus=bus,
        address=address,
        who_am_i=driver.who_am_i,
        acc_range_g=driver.acc_range_g,
        gyr_range_dps=driver.gyr_range_dps,
        gyr_delay_us=driver.gyr_delay_us,
        acc_delay_us=driver.acc_delay_us,
        residual_ug=calibration.residual_ug if calibrated else 0,
        acc_scale_pg=driver.acc_scale_pg,
        gyr_scale_ndps=driver.gyr_scale_ndps,
        rate_millihz=driver.rate_millihz,
        calibrated_unix_s=calibration.made_unix_s if calibrated else 0,
        axes=axes,
    )


def info(device):
    """INFO of the running epoch."""
    board = device.board
    imus = tuple(imu_info(device.sensors[k], board.places[k], device.checks.calibrations[k]) for k in range(2))
    implementation = sys.implementation
    return Info(
        wire_major=WIRE_MAJOR,
        wire_minor=WIRE_MINOR,
        boot=device.boot,
        epoch=device.assembly.epoch,
        profile=device.settings.get("profile"),
        battery_cells=board.battery_cells,
        max_message=512,
        started_unix_us=device.unix_us,
        store_bytes=device.delivery.log.sectors * 4064 if device.delivery.log is not None else 0,
        imus=imus,
        name=device.settings.get("name"),
        serial=device.serial,
        firmware=VERSION,
        board=board.name,
        interpreter="MicroPython " + ".".join(str(part) for part in implementation[1][:3]),
        sacral_chip=device.sensors[0].driver.name if device.sensors[0].present else "",
        thoracic_chip=device.sensors[1].driver.name if device.sensors[1].present else "",
    )


class StatusReport:
    """STATUS, one object for all: forty values a second are enough."""

    def __init__(self):
        self._status = Status()

    def fill(self, device, request, now_us):
        """The message, its numbers as they are now."""
        status = self._status
        delivery = device.delivery
        log = delivery.log
        sensors = device.sensors
        drivers = [sensor.driver for sensor in sensors]
        present = [sensor.present for sensor in sensors]
        status.request = request
        status.state = device.states.code
        status.profile = device.assembly.profile
        status.boot = device.boot
        status.epoch = device.assembly.epoch
        status.next_sequence = delivery.ring.next
        status.oldest_sequence = delivery.oldest
        status.uptime_us = device.clock.microseconds(now_us)
        status.battery_mv = device.battery.mv
        status.battery_percent = device.battery.percent
        status.flags = self._flags(device)
        status.temperature_cdeg = tuple(
            driver.temperature_cdeg if there else UNKNOWN_TEMPERATURE for driver, there in zip(drivers, present)
        )
        status.board_temperature_cdeg = device.board_temperature_cdeg
        status.fifo_peak = tuple(_in_samples(driver, driver.fifo_peak) for driver in drivers)
        status.fifo_size = tuple(
            _in_samples(driver, driver.fifo_size) if there else 0 for driver, there in zip(drivers, present)
        )
        for driver in drivers:
            driver.fifo_peak = 0
        status.last_event = device.events.last
        status.backlog_blocks = delivery.unacknowledged
        status.backlog_bytes = delivery.unacknowledged_bytes
        status.store_free_bytes = log.free_bytes() if log is not None else 0
        status.earlier_boots = len({run.boot for run in delivery.runs})
        status.loop_peak_ms = min(device.loop_peak_us // 1000, 65535)
        device.loop_peak_us = 0
        status.memory_free = device.memory_free
        status.samples = tuple(device.assembly.samples)
        status.dropped_samples = tuple(driver.dropped for driver in drivers)
        status.bus_errors = tuple(driver.bus_errors for driver in drivers)
        status.tag_errors = tuple(driver.tag_errors for driver in drivers)
        status.fifo_overflows = tuple(driver.overflows for driver in drivers)
        status.resyncs = tuple(driver.resyncs for driver in drivers)
        status.blocks_dropped = delivery.dropped
        status.blocks_sent = delivery.sent
        status.blocks_resent = delivery.resent
        status.send_refused = sum(link.refused for link in device.links)
        status.bad_messages = device.control.bad
        status.store_errors = log.errors if log is not None else 0
        status.restarts = device.restarts
        return status

    @staticmethod
    def _flags(device):
        log = device.delivery.log
        flags = STATUS_LOW_BATTERY if device.battery.low else 0
        if device.safe:
            flags |= STATUS_SAFE_MODE
        if device.allowlist.window_open(device.clock.seconds()):
            flags |= STATUS_PAIRING
        if device.delivery.fetching:
            flags |= STATUS_FETCHING
        if log is not None:
            if log.overwritten:
                flags |= STATUS_STORE_FULL
            if log.errors:
                flags |= STATUS_STORE_FAULT
        return flags


def _in_samples(driver, words):
    # An LSM6 has three words a sample.
    return words // 3 if driver.fifo_size > 100 else words


def stored(device, request, from_boot, from_sequence):
    """STORE_LISTED from a key on."""
    runs = [run for run in device.delivery.runs if (run.boot, run.first) >= (from_boot, from_sequence)]
    entries = [
        Stored(
            boot=run.boot,
            epoch=run.epoch,
            profile=run.profile,
            time_known=TIME_EXCHANGED if device.infos.unix_us(run.boot, run.epoch) else TIME_UNKNOWN,
            first_sequence=run.first,
            last_sequence=run.last,
            bytes=run.bytes,
            samples=tuple(run.samples),
            first_us=run.first_us,
            last_us=run.last_us,
            unix_us=device.infos.unix_us(run.boot, run.epoch),
            uncertainty_ms=_EXCHANGED_MS if device.infos.unix_us(run.boot, run.epoch) else _UNKNOWN_MS,
        )
        for run in runs[: MAX_STORED + 1]
    ]
    own = device.own_run()
    if own is not None and len(entries) <= MAX_STORED and (device.boot, own[0]) >= (from_boot, from_sequence):
        first, last, first_us, last_us, count, size = own
        entries.append(
            Stored(
                boot=device.boot,
                epoch=device.assembly.epoch,
                profile=device.assembly.profile,
                time_known=TIME_EXCHANGED if device.unix_us else TIME_UNKNOWN,
                first_sequence=first,
                last_sequence=last,
                bytes=size,
                samples=count,
                first_us=first_us,
                last_us=last_us,
                unix_us=device.unix_us,
                uncertainty_ms=_EXCHANGED_MS if device.unix_us else _UNKNOWN_MS,
            )
        )
    page, rest = entries[:MAX_STORED], entries[MAX_STORED:]
    return StoreListed(
        request=request,
        next_boot=rest[0].boot if rest else 0,
        next_sequence=rest[0].first_sequence if rest else 0,
        entries=tuple(page),
    )
