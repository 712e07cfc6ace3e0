"""How far a sensor may be from the truth: the error model's parameters and its presets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SensorErrors:
    """Errors of one IMU model; 1 sigma per axis and device unless said otherwise.

    Attributes
    ----------
    acc_bias_mg, gyr_bias_dps : float
        Turn-on bias.
    scale, cross_axis : float
        Fractions: diagonal and off-diagonal errors of the sensitivity matrix, both chips.
    g_sensitivity_dps_per_g : float
        Gyroscope's answer to specific force.
    acc_noise_ug_rthz, gyr_noise_dps_rthz : float
        White noise density; the bandwidth is half the sensor's rate.
    acc_walk_mg_rts, gyr_walk_dps_rts : float
        Bias random walk per square root of a second.
    acc_range_g, gyr_range_dps : float
        Readings clip here.
    quantised : bool
        Readings are int16 of the range.
    rate_errors : (sacral, thoracic)
        Fractions by which each sensor's own clock runs fast. A sensor with an error samples at its own instants and the
        device interpolates to the session's (four-point cubic), as an aligned stream is.
    time_error_s : float
        RMS of the slow time-stamp error that alignment leaves (the same truth, read that much early or late).
    residual_rate_ppm : float
        1 sigma of a rate error alignment missed: time stamps drift apart without bound.
    """

    acc_bias_mg: float = 0.0
    gyr_bias_dps: float = 0.0
    scale: float = 0.0
    cross_axis: float = 0.0
    g_sensitivity_dps_per_g: float = 0.0
    acc_noise_ug_rthz: float = 0.0
    gyr_noise_dps_rthz: float = 0.0
    acc_walk_mg_rts: float = 0.0
    gyr_walk_dps_rts: float = 0.0
    acc_range_g: float = 16.0
    gyr_range_dps: float = 2000.0
    quantised: bool = False
    rate_errors: tuple[float, float] = (0.0, 0.0)
    time_error_s: float = 0.0
    residual_rate_ppm: float = 0.0


PERFECT = SensorErrors()

# Current consumer MEMS (LSM6DSV, BMI270, ICM-42688 class): zero offsets, noise densities and sensitivity errors of the
# order their datasheets give as typical after soldering. Output data rates are specified to a per cent or so.
TYPICAL = SensorErrors(
    acc_bias_mg=15.0,
    gyr_bias_dps=0.5,
    scale=0.01,
    cross_axis=0.01,
    g_sensitivity_dps_per_g=0.1,
    acc_noise_ug_rthz=80.0,
    gyr_noise_dps_rthz=0.005,
    acc_walk_mg_rts=0.005,
    gyr_walk_dps_rts=0.0005,
    quantised=True,
    rate_errors=(0.012, -0.009),
    time_error_s=0.0005,
)

# Old or cheap parts (MPU-6050 class): limits rather than typical values of the datasheet.
CHEAP = SensorErrors(
    acc_bias_mg=50.0,
    gyr_bias_dps=3.0,
    scale=0.02,
    cross_axis=0.02,
    g_sensitivity_dps_per_g=0.1,
    acc_noise_ug_rthz=400.0,
    gyr_noise_dps_rthz=0.01,
    acc_walk_mg_rts=0.02,
    gyr_walk_dps_rts=0.002,
    quantised=True,
    rate_errors=(0.03, -0.02),
    time_error_s=0.001,
)
