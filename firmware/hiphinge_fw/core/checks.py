"""What is measured of the device itself: gyroscope bias on request, self-test; and the calibrations it keeps."""

import gc

from hiphinge_fw.core.clock import ticks_diff
from hiphinge_fw.core.seldom import seldom
from hiphinge_fw.core.settings import sealed, unsealed
from hiphinge_wire.errors import WireError

_CALIBRATION_KEY = "cal%d"
_WIRE = "hiphinge_wire.calibration"
_RESULTS = "hiphinge_fw.core.results"


class NoAssembly:
    """Takes samples and keeps none: while only a bias is measured."""

    def add(self, imu, raw, quaternions, count, first_index, flags):
        """Nothing."""


class Checks:
    """Bias measurements, self-tests, calibrations.

    Parameters
    ----------
    device : Device
        Its sensors, states and ports are there by now.

    Attributes
    ----------
    measuring : GyroCalibration or None
        Listens to the samples while a bias is measured.
    testing : bool
        A self-test runs.
    calibrations : list of (Calibration or None)
        By IMU.
    """

    def __init__(self, device):
        self._device = device
        self.measuring = None
        self._measured_for = None
        self._test = None  # (link, request, steps so far, sensor whose turn it is)
        self.calibrations = [self._kept(0), self._kept(1)]

    @property
    def testing(self):
        """Whether a self-test runs."""
        return self._test is not None

    def go_on(self):
        """Finish what is due: a few times a second."""
        try:
            self._finish_measuring()
            self._finish_test()
        except MemoryError:
            # The next time there may be room for the answer.
            gc.collect()

    def _finish_measuring(self):
        device, measuring = self._device, self.measuring
        if measuring is not None and (
            measuring.cancelled or ticks_diff(device.ports.ticks_ms(), measuring.begun_ms) >= measuring.duration_ms
        ):
            seldom(_RESULTS).measured(device, self._measured_for, measuring)
            self.measuring = None

    def _finish_test(self):
        if self._test is not None:
            link, request, steps, imu = self._test
            seldom(_RESULTS).tested(self._device, link, request, steps, imu)
            # It sampled for the test alone.
            self._device.sensors[imu].stop()
            self._test = (link, request, steps, 1) if imu == 0 else None

    # -- gyroscope bias

    def begin_gyro_calibration(self, link, request, now_us):
        """Measure; returns whether a sensor delivers."""
        device = self._device
        if not device.states.sampling:
            answers = [sensor.start(now_us) for sensor in device.sensors]
            if not (answers[0] or answers[1]):
                return False
        self.measuring = seldom("hiphinge_fw.core.gyro_bias").GyroCalibration(
            request.request, request.imus, request.duration_ms, device.ports.ticks_ms()
        )
        self._measured_for = link
        return True

    def cancel_gyro_calibration(self):
        """End it now."""
        if self.measuring is not None:
            self.measuring.cancelled = True

    # -- self-test

    def begin_selftest(self, link, request):
        """One sensor a turn, for each takes a second and a half."""
        self._test = (link, request, [], 0)

    # -- calibrations

    def _kept(self, imu):
        body = unsealed(self._device.ports.kept.get(_CALIBRATION_KEY % imu))
        if body is None:
            return None
        try:
            return seldom(_WIRE).Calibration.decode(body)
        except WireError:
            return None

    def keep(self, request):
        """Keep a six-position calibration; raises OSError where that failed."""
        device = self._device
        calibration = seldom(_WIRE).Calibration(
            **{field[0]: getattr(request, field[0]) for field in request.LAYOUT.fields}
        )
        device.ports.kept.put(_CALIBRATION_KEY % request.imu, sealed(calibration.encode()))
        self.calibrations[request.imu] = calibration
        device.keep_info()
