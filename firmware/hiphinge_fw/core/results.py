"""What a finished measurement or self-test found: read from flash for each use (`seldom`)."""

import gc

from hiphinge_fw.core.seldom import seldom
from hiphinge_wire.constants import CAL_DONE

_WIRE = "hiphinge_wire.replies"


def measured(device, link, measuring):
    """GYRO_CALIBRATED to who asked; the filters begin with what was found."""
    wire = seldom(_WIRE)
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
    device.control.send(link, wire.GyroCalibrated(request=measuring.request, imus=tuple(results)))


def tested(device, link, request, steps, imu):
    """Test a sensor, whose steps go to those so far; SELFTEST_RESULT behind the last."""
    wire = seldom(_WIRE)
    step_of = wire.Step
    for step, low, high, seen in device.ports.selftest(device.sensors[imu]):
        steps.append(step_of(step=step, imu=imu, result=0 if low <= seen <= high else 1, low=low, high=high, seen=seen))
    if imu == 0:
        return
    # What is garbage is free, too.
    gc.collect()
    for step, low, high, seen in (
        (8, 0, 0, device.delivery.log.errors if device.delivery.log is not None else 0),
        (9, 3300, 4300, device.battery.mv),
        (12, 8000, 0x7FFFFFFF, gc.mem_free()),
    ):
        result = 2 if step == 9 and seen == 0 else 0 if low <= seen <= high else 1
        steps.append(step_of(step=step, imu=255, result=result, low=low, high=high, seen=seen))
    device.control.send(link, wire.SelftestResult(request=request, steps=tuple(steps[:32])))
