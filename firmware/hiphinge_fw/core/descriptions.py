"""INFO, filled in from what the device knows; read from flash for each use (`seldom`)."""

import sys

from hiphinge_fw import VERSION
from hiphinge_wire import WIRE_MAJOR, WIRE_MINOR
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

_CHIPS = {
    "LSM6DSV16X": CHIP_LSM6DSV16X,
    "LSM6DSV32X": CHIP_LSM6DSV32X,
    "LSM6DSO": CHIP_LSM6DSO,
    "LSM6DSR": CHIP_LSM6DSR,
    "MPU-6050": CHIP_MPU6050,
}


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
