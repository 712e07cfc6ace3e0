"""What a virtual device is: clocks, chips, sizes; and where its counters stand."""

from __future__ import annotations

from dataclasses import dataclass

from hiphinge_wire.calibration import Calibration
from hiphinge_wire.constants import PROFILE_C


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """A virtual device.

    Attributes
    ----------
    name, serial : str
    boot : int
        Boot id of its first boot.
    first_sequence, first_index, first_us : int, (int, int), int
        Where the counters of its first boot stand: near a wrap, for tests.
    rate_hz : float
        Nominal, of both IMUs.
    rate_errors : (sacral, thoracic)
        Fractions by which each chip's clock runs fast: those the firmware's long test has.
    clock_ppm : float
        By how much the device's own clock runs fast.
    gyr_delay_s, acc_delay_s : float
        Group delays of the chips' low-pass filters, of an LSM6DSV16X at 120 Hz roughly.
    acc_range_g, gyr_range_dps : int
    axes : pair of (int, int, int)
        Where each chip's axes point in the housing, as INFO says.
    stamp_jitter_s : float
        1 sigma of what the device's fit of a chip's clock is off by, block for block.
    profile : int
    close_after_s : float
        A block closes when its oldest sample is this old.
    block_bytes : int
        A block is full at this size: one packet at MTU 247.
    store_blocks : int
        Blocks kept at most; the oldest go first.
    status_interval_s, outage_s : float
    battery_percent, hours : float
        At the beginning, and how long a full one lasts.
    calibrations : pair of Calibration or None
        Stored ones; `method` 0 and None mean there is none.
    seed : int
    """

    name: str = "virtual"
    serial: str = "V0001"
    boot: int = 1
    first_sequence: int = 0
    first_index: tuple[int, int] = (0, 0)
    first_us: int = 0
    rate_hz: float = 120.0
    rate_errors: tuple[float, float] = (0.023, -0.015)
    clock_ppm: float = 15.0
    gyr_delay_s: float = 0.004
    acc_delay_s: float = 0.006
    acc_range_g: int = 8
    gyr_range_dps: int = 1000
    axes: tuple[tuple[int, int, int], tuple[int, int, int]] = ((1, 2, 3), (1, 2, 3))
    stamp_jitter_s: float = 20e-6
    profile: int = PROFILE_C
    close_after_s: float = 0.030
    block_bytes: int = 243
    store_blocks: int = 200_000
    status_interval_s: float = 1.0
    outage_s: float = 3600.0
    battery_percent: float = 87.0
    hours: float = 8.0
    calibrations: tuple[Calibration | None, Calibration | None] = (None, None)
    seed: int = 0
