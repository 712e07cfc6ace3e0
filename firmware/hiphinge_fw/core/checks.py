"""What is measured of the device itself: gyroscope bias on request, self-test; and the calibrations it keeps."""

import gc

from hiphinge_fw.core.clock import ticks_diff
from hiphinge_fw.core.gyro_bias import GyroCalibration
from hiphinge_fw.core.settings import sealed, unsealed
from hiphinge_wire.calibration import Calibration
from hiphinge_wire.constants import CAL_DONE
from hiphinge_wire.errors import WireError
from hiphinge_wire.replies import GyroCalibrated, SelftestResult, Step

_CALIBRATION_KEY = "cal%d"


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
        self._finish_measuring()
        self._finish_test()

    # -- gyroscope bias

    def begin_gyro_calibration(self, link, request, now_us):
        """Measure; returns whether a sensor delivers."""
        device = self._device
        if not device.states.sampling:
            answers = [sensor.start(now_us) for sensor in device.sensors]
            if not (answers[0] or answers[1]):
                return False
        self.measuring = GyroCalibration(request.request, request.imus, request.duration_ms, device.ports.ticks_ms())
        self._measured_for = link
        return True

    def cancel_gyro_calibration(self):
        """End it now."""
        if self.measuring is not None:
            self.measuring.cancelled = True

    def _finish_measuring(self):
        device, measuring = self._device, self.measuring
        if measuring is None:
            return
        past = ticks_diff(device.ports.ticks_ms(), measuring.begun_ms) >= measuring.duration_ms
        if not (past or measuring.cancelled):
            return
        self.measuring = None
        results = []
        for imu in range(2):
            sensor = device.sensors[imu]
            driver = sensor.driver
            result = measuring.result(imu, driver.gyr_scale_ndps if sensor.present else 0, driver.temperature_cdeg)
            if result.result == CAL_DONE:
                sensor.set_bias(result.bias_udps)
            results.append(result)
        if not device.states.sampling:
            for sensor in device.sensors:
                sensor.stop()
        device.control.send(self._measured_for, GyroCalibrated(request=measuring.request, imus=tuple(results)))

    # -- self-test

    def begin_selftest(self, link, request):
        """One sensor a turn, for each takes a second and a half."""
        self._test = (link, request, [], 0)

    def _finish_test(self):
        if self._test is None:
            return
        device = self._device
        link, request, steps, imu = self._test
        for step, low, high, seen in device.ports.selftest(device.sensors[imu]):
            steps.append(
                Step(step=step, imu=imu, result=0 if low <= seen <= high else 1, low=low, high=high, seen=seen)
            )
        # It sampled for the test alone.
        device.sensors[imu].stop()
        if imu == 0:
            self._test = (link, request, steps, 1)
            return
        self._test = None
        for step, low, high, seen in (
            (8, 0, 0, device.delivery.log.errors if device.delivery.log is not None else 0),
            (9, 3300, 4300, device.battery.mv),
            (12, 8000, 0x7FFFFFFF, gc.mem_free()),
        ):
            result = 2 if step == 9 and seen == 0 else 0 if low <= seen <= high else 1
            steps.append(Step(step=step, imu=255, result=result, low=low, high=high, seen=seen))
        device.control.send(link, SelftestResult(request=request, steps=tuple(steps[:32])))

    # -- calibrations

    def _kept(self, imu):
        body = unsealed(self._device.ports.kept.get(_CALIBRATION_KEY % imu))
        if body is None:
            return None
        try:
            return Calibration.decode(body)
        except WireError:
            return None

    def keep(self, request):
        """Keep a six-position calibration; raises OSError where that failed."""
        device = self._device
        calibration = Calibration(**{field[0]: getattr(request, field[0]) for field in Calibration.LAYOUT.fields})
        device.ports.kept.put(_CALIBRATION_KEY % request.imu, sealed(calibration.encode()))
        self.calibrations[request.imu] = calibration
        device.keep_info()
