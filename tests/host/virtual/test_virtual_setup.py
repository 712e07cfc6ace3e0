"""A virtual device that is set up: calibrations kept and told of, self-test, gyroscope bias."""

import numpy as np
import pytest
from virtual_runs import Swinging

from hiphinge.simulate.errors import PERFECT
from hiphinge.virtual import VirtualDevice
from hiphinge_wire.calibration import METHOD_NONE, METHOD_SIX_POSITIONS, Calibration, CalibrationSet
from hiphinge_wire.codec import decode_reply
from hiphinge_wire.constants import TEST_PASS
from hiphinge_wire.errors import BAD_STATE
from hiphinge_wire.framing import Deframer, encode_frame
from hiphinge_wire.info import INFO_IMU_CALIBRATED, Info
from hiphinge_wire.message import Message
from hiphinge_wire.replies import Error, GyroCalibrated, Ok, SelftestResult
from hiphinge_wire.requests import CalibrateGyro, CalibrationGet, InfoGet, Selftest, Start

ONE = tuple(int(v) for v in (10**9 * np.eye(3)).ravel())
MINE = {
    "method": METHOD_SIX_POSITIONS,
    "residual_ug": 730,
    "made_unix_s": 1_790_000_000,
    "acc_offset_ug": (12_000, -3_000, 500),
    "acc_matrix_nano": (990_000_000, 1_000_000, 0, 1_000_000, 1_004_000_000, 0, 0, 0, 1_000_000_000),
    "gyr_offset_udps": (300_000, -200_000, 0),
    "gyr_matrix_nano": ONE,
}


@pytest.fixture
def device() -> VirtualDevice:
    made = VirtualDevice(Swinging(PERFECT))
    made.connect(1024, stream=True)
    return made


def answers(device: VirtualDevice, request: Message) -> list[Message]:
    request.request = 9
    device.receive(encode_frame(request.encode()))
    frames = b"".join(data for _, data in device.outgoing(20))
    return [decode_reply(one) for one in Deframer().feed(frames)]


def told(device: VirtualDevice, imu: int) -> Calibration:
    (kept,) = answers(device, CalibrationGet(imu=imu))
    assert isinstance(kept, Calibration)
    return kept


def info(device: VirtualDevice) -> Info:
    (one,) = answers(device, InfoGet())
    assert isinstance(one, Info)
    return one


@pytest.mark.parametrize("imu", [0, 1])
def test_a_calibration_is_kept_told_of_and_survives_a_restart(device: VirtualDevice, imu: int):
    assert told(device, imu).method == METHOD_NONE
    (ok,) = answers(device, CalibrationSet(imu=imu, **MINE))
    assert isinstance(ok, Ok)
    assert (ok.request, ok.of_type) == (9, CalibrationSet.TYPE)
    for _ in range(2):
        kept = told(device, imu)
        assert {name: getattr(kept, name) for name in MINE} == MINE
        assert told(device, 1 - imu).method == METHOD_NONE
        flags = [bool(one.flags & INFO_IMU_CALIBRATED) for one in info(device).imus]
        assert flags == [imu == 0, imu == 1]
        device.restart()
        device.connect(1024, stream=True)


def test_info_says_when_and_how_well(device: VirtualDevice):
    answers(device, CalibrationSet(imu=1, **MINE))
    assert (info(device).imus[1].residual_ug, info(device).imus[1].calibrated_unix_s) == (730, 1_790_000_000)
    answers(device, CalibrationSet(imu=1, method=METHOD_NONE, acc_matrix_nano=ONE, gyr_matrix_nano=ONE))
    one = info(device).imus[1]
    assert (one.flags & INFO_IMU_CALIBRATED, one.residual_ug, one.calibrated_unix_s) == (0, 0, 0)
    assert told(device, 1).method == METHOD_NONE


def test_not_while_it_samples(device: VirtualDevice):
    answers(device, Start())
    for request in (CalibrationSet(imu=0, **MINE), Selftest()):
        (error,) = [one for one in answers(device, request) if isinstance(one, Error)]
        assert error.code == BAD_STATE


def test_a_self_test_says_ok_at_once_and_then_each_step(device: VirtualDevice):
    ok, result = answers(device, Selftest())
    assert isinstance(ok, Ok)
    assert isinstance(result, SelftestResult)
    assert result.request == 9
    for imu in (0, 1):
        assert {step.step for step in result.steps if step.imu == imu} == {1, 2, 3, 4, 6}
    assert {step.step for step in result.steps if step.imu == 255} == {8, 9, 12}
    for step in result.steps:
        assert step.result == TEST_PASS
        assert step.low <= step.seen <= step.high


def test_a_gyro_calibration_says_ok_at_once_and_a_cancelled_one_no_more(device: VirtualDevice):
    ok, result = answers(device, CalibrateGyro(duration_ms=1000, imus=3))
    assert isinstance(ok, Ok)
    assert isinstance(result, GyroCalibrated)
    assert result.request == 9
    (cancelled,) = answers(device, CalibrateGyro(duration_ms=0, imus=3))
    assert isinstance(cancelled, Ok)
