"""Once in a while: sleep and waking, self-test, gyroscope calibration, DRV2605L, second CDC; main.py unchanged."""

from typing import Any

import pytest

from hiphinge_wire.codec import decode_reply
from hiphinge_wire.constants import (
    CAL_CANCELLED,
    CAL_DONE,
    CAL_MOVED,
    CAL_NO_SAMPLES,
    CAL_NOT_ASKED,
    STATE_OUTAGE,
    STATE_READY,
    STATE_STARTED,
    TEST_FAIL,
    TEST_PASS,
)
from hiphinge_wire.errors import BUSY
from hiphinge_wire.framing import Deframer, encode_frame
from hiphinge_wire.hello import HelloReply, Leave, hello_frame
from hiphinge_wire.info import INFO_IMU_PRESENT, Info
from hiphinge_wire.message import Message
from hiphinge_wire.replies import Error, Event, GyroCalibrated, Ok, SelftestResult, Started
from hiphinge_wire.requests import CalibrateGyro, Cue, InfoGet, Selftest, Start, StatusGet, Stop

START = Start(request=1, profile=3).encode().hex()
BIAS_DPS = ((0.7, -0.35, 0.14), (-0.21, 0.0, 0.49))
# One count of the gyroscope at 1000 deg/s is 35 mdeg/s.
COUNT_UDPS = 35_000


def said(one: dict[str, Any]) -> list[Message]:
    return [decode_reply(bytes.fromhex(message)) for message in one["heard"]]


def kinds(one: dict[str, Any]) -> list[str]:
    return [type(message).__name__ for message in said(one)]


# --- gyroscope bias on request --------------------------------------------------------------------------------------


def test_a_gyro_calibration_at_rest_starts_the_filter(on_device: Any):
    ask = CalibrateGyro(request=7, duration_ms=2000, imus=3).encode().hex()
    steps = [[ask, 1], ["", 2], [START, 0.5]]
    begun, done, started = on_device("whole_cases", "converse", steps=steps, gyr_dps=BIAS_DPS, heap="900k")
    (at_once,) = said(begun)
    assert isinstance(at_once, Ok)
    assert at_once.request == 7
    (result,) = said(done)
    assert isinstance(result, GyroCalibrated)
    assert result.request == 7
    for imu in (0, 1):
        assert result.imus[imu].result == CAL_DONE
        # 2 s at 120 Hz, less the filter's settling and a pass.
        assert 220 < result.imus[imu].samples < 260
        assert result.imus[imu].bias_udps == pytest.approx([v * 1e6 for v in BIAS_DPS[imu]], abs=COUNT_UDPS)
    # It samples for the measurement alone: nothing is kept, and the sensors sleep again.
    assert begun["samples"] == done["samples"] == [0, 0]
    assert begun["asleep"] == [False, False]
    assert done["asleep"] == [True, True]
    assert isinstance(said(started)[0], Started)
    for imu in (0, 1):
        # Learning goes on from there.
        assert started["bias_udps"][imu] == pytest.approx([v * 1e6 for v in BIAS_DPS[imu]], abs=COUNT_UDPS)


def test_a_gyro_calibration_while_streaming_of_one_sensor(on_device: Any):
    ask = CalibrateGyro(request=7, duration_ms=1500, imus=2).encode().hex()
    steps = [[START, 1], [ask, 0.5], [ask, 0.5], ["", 1.5]]
    _, begun, again, done = on_device("whole_cases", "converse", steps=steps, gyr_dps=BIAS_DPS, heap="900k")
    assert kinds(begun) == ["Ok"]
    (busy,) = said(again)
    assert isinstance(busy, Error)
    assert busy.code == BUSY
    (result,) = said(done)
    assert isinstance(result, GyroCalibrated)
    assert [one.result for one in result.imus] == [CAL_NOT_ASKED, CAL_DONE]
    assert done["state"] == STATE_STARTED
    assert min(done["samples"]) > 300


@pytest.mark.parametrize(
    ("turning_from_s", "unplugged", "cancel", "results"),
    [
        (2.5, None, False, [CAL_MOVED, CAL_MOVED]),
        (None, 1, False, [CAL_DONE, CAL_NO_SAMPLES]),
        (None, None, True, [CAL_CANCELLED, CAL_CANCELLED]),
    ],
)
def test_gyro_calibrations_that_fail_say_why(on_device: Any, turning_from_s, unplugged, cancel, results):
    ask = CalibrateGyro(request=7, duration_ms=2000, imus=3).encode().hex()
    end = CalibrateGyro(request=8, duration_ms=0, imus=3).encode().hex() if cancel else ""
    steps = [[ask, 1], [end, 2]]
    seen = on_device(
        "whole_cases", "converse", steps=steps, turning_from_s=turning_from_s, unplugged=unplugged, heap="900k"
    )
    (result,) = [one for row in seen for one in said(row) if isinstance(one, GyroCalibrated)]
    assert [one.result for one in result.imus] == results


# --- self-test ------------------------------------------------------------------------------------------------------


def test_a_self_test_on_request(on_device: Any):
    ask = Selftest(request=9).encode().hex()
    (done, after) = on_device("whole_cases", "converse", steps=[[ask, 6], [START, 2]], heap="900k")
    at_once, result = said(done)
    assert isinstance(at_once, Ok)
    assert isinstance(result, SelftestResult)
    assert result.request == 9
    for imu in (0, 1):
        assert [step.step for step in result.steps if step.imu == imu] == [1, 2, 3, 3, 3, 4, 4, 4, 6]
    assert [step.step for step in result.steps if step.imu == 255] == [8, 9, 12]
    assert {step.result for step in result.steps} == {TEST_PASS}
    # Nobody samples: the sensors sleep again; and it takes its time without the watchdog's notice.
    assert done["asleep"] == [True, True]
    assert done["unfed_us"] < 2_000_000
    assert kinds(after)[0] == "Started"
    assert min(after["samples"]) > 100


def test_a_self_test_without_a_sensor_and_requests_meanwhile(on_device: Any):
    ask = Selftest(request=9).encode().hex()
    gyro = CalibrateGyro(request=8, duration_ms=100, imus=3).encode().hex()
    steps = [[ask, 0], [ask, 0], [START, 0], [gyro, 0], ["", 6]]
    seen = on_device("whole_cases", "converse", steps=steps, unplugged=1, heap="900k")
    everything = [one for row in seen for one in said(row)]
    assert [one.code for one in everything if isinstance(one, Error)] == [BUSY] * 3
    (result,) = [one for one in everything if isinstance(one, SelftestResult)]
    (identity,) = [step for step in result.steps if step.imu == 1]
    assert (identity.step, identity.result) == (1, TEST_FAIL)
    assert {step.result for step in result.steps if step.imu == 0} == {TEST_PASS}
    assert seen[-1]["state"] == STATE_READY


def test_a_self_test_keeps_the_count_of_samples(on_device: Any):
    ask = Selftest(request=9).encode().hex()
    stop = Stop(request=3).encode().hex()
    first, *_, last = on_device(
        "whole_cases", "converse", steps=[[START, 3], [stop, 1], [ask, 6], [START, 3]], heap="900k"
    )
    assert min(first["samples"]) > 300
    # A sample's index counts on through the boot.
    assert all(index >= count for index, count in zip(last["next_index"], last["samples"], strict=True))


@pytest.mark.parametrize("message", ["", "pull0"])
def test_a_self_test_of_a_demo_board(on_device: Any, message: str):
    ask = Selftest(request=9).encode().hex()
    steps = [[message, 0.1], [ask, 6], [START, 3]]
    _, done, after = on_device("whole_cases", "converse", steps=steps, demo=True, heap="900k")
    (result,) = [one for one in said(done) if isinstance(one, SelftestResult)]
    assert {step.step for step in result.steps if step.imu == 1} == {3, 4}
    assert {step.result for step in result.steps if step.imu == 1} == {TEST_PASS}
    assert [(step.step, step.result) for step in result.steps if step.imu == 0 and message] == (
        [(1, TEST_FAIL)] if message else []
    )
    assert done["asleep"][1]
    assert after["state"] == STATE_STARTED
    assert after["samples"][1] > 250


@pytest.mark.parametrize("when", ["before", "at once", "between"])
def test_a_sensor_pulled_in_a_self_test_or_before(on_device: Any, when: str):
    ask = Selftest(request=9).encode().hex()
    steps = {
        "before": [["pull0", 0.1], [ask, 6]],
        "at once": [[ask, 0.1], ["pull0", 6]],
        "between": [[ask, 1], ["pull1", 6]],
    }[when]
    seen = on_device("whole_cases", "converse", steps=[*steps, [START, 1]], heap="900k")
    (result,) = [one for row in seen for one in said(row) if isinstance(one, SelftestResult)]
    gone = 1 if when == "between" else 0
    assert TEST_FAIL in {step.result for step in result.steps if step.imu == gone}
    assert {step.result for step in result.steps if step.imu == 1 - gone} == {TEST_PASS}
    assert seen[-1]["state"] == STATE_STARTED


# --- a sensor that comes late ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("started_first", [True, False])
def test_a_sensor_that_was_absent_at_power_on_is_described_when_it_comes(on_device: Any, started_first: bool):
    info = InfoGet(request=6).encode().hex()
    begin = [[START, 3], ["plug1", 3]] if started_first else [["plug1", 3], [START, 3]]
    seen = on_device("whole_cases", "converse", steps=[[info, 0.2], *begin, [info, 0.2]], unplugged=1, heap="900k")
    (before,) = [one for one in said(seen[0]) if isinstance(one, Info)]
    (after,) = [one for one in said(seen[3]) if isinstance(one, Info)]
    assert [bool(one.flags & INFO_IMU_PRESENT) for one in before.imus] == [True, False]
    assert [bool(one.flags & INFO_IMU_PRESENT) for one in after.imus] == [True, True]
    # What INFO said of it belongs to the old epoch.
    assert (before.epoch, after.epoch) == (1, 2)
    assert after.imus[1].acc_scale_pg == 244_000_000
    assert seen[3]["samples"][0] > 300
    assert seen[3]["samples"][1] > 250


# --- sleep ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("streams_s", "held_s"), [(1.5, 0.3), (4, 4)])
def test_unused_it_sleeps_and_a_press_wakes_it(on_device: Any, streams_s, held_s):
    (seen,) = on_device(
        "whole_cases",
        "sleep_and_wake",
        start=START,
        streams_s=streams_s,
        sleep_after_s=20,
        held_s=held_s,
        heap="1200k",
    )
    assert seen["cause"] == 4
    assert 20 <= seen["slept_s"] <= 22
    assert seen["asleep"] == [True, True]
    assert seen["woke"] == [7, 0]
    # Nothing was acknowledged: all of it is in flash.
    assert seen["acknowledged"] == 0
    assert seen["last"] > 25 * streams_s
    assert seen["runs"] == [[seen["boots"][0], 0, seen["last"]]]
    assert seen["boots"][1] == seen["boots"][0] + 1
    # The press that wakes it asks for nothing, however long: no mark, no pairing window, no safe mode.
    assert not seen["safe"]
    assert not seen["window"]
    assert not [one for one in said(seen) if isinstance(one, Event)]
    assert seen["state"] == STATE_READY
    assert seen["restarts"] == 0


# --- DRV2605L -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fails", [False, True])
def test_a_drv2605_gives_cues_and_stops(on_device: Any, fails):
    cue = Cue(request=5, pattern=2, strength_percent=70, duration_ms=0).encode().hex()
    (seen,) = on_device("whole_cases", "cue_on_drv2605", start=START, cue=cue, fails=fails, heap="900k")
    assert "Ok" in kinds(seen)
    on, off, again, end = seen["driven"]
    # 70 % of 127; 80 ms on, off, on, seen by passes of 30 ms: a stop that was not acknowledged comes with the next.
    assert [value for _, value in seen["driven"]] == [88, 0, 88, 0]
    assert 40 <= off[0] - on[0] <= (150 if fails else 115)
    assert 40 <= end[0] - again[0] <= 115
    assert seen["mode"] == 0x40
    # Samples are flagged from the motor's start until it stands still.
    assert seen["flagged"][0] <= on[0] + 40
    assert end[0] <= seen["flagged"][-1] <= end[0] + 120
    assert seen["recoveries"] == [0, 0]


# --- second CDC -----------------------------------------------------------------------------------------------------


def cdc(on_device: Any, steps: list[list[Any]]) -> tuple[dict[str, Any], list[Message], list[int]]:
    """What was seen, the messages, and the sequences of the blocks."""
    *pieces, seen = on_device("whole_cases", "second_cdc", steps=steps, heap="900k")
    messages: list[Message] = []
    sequences: list[int] = []
    for one in Deframer().feed(bytes.fromhex("".join(piece["heard"] for piece in pieces))):
        if one[0] == 1:
            sequences.append(int.from_bytes(one[8:12], "little"))
        else:
            messages.append(decode_reply(one))
    return seen, messages, sequences


OPEN: list[list[Any]] = [["plugged", 1], ["opened", 1], ["send", hello_frame().hex()], ["run", 1]]
START_FRAME = encode_frame(bytes.fromhex(START)).hex()


def test_a_cable_alone_is_no_host(on_device: Any):
    seen, messages, sequences = cdc(on_device, [["plugged", 1], ["run", 3]])
    assert seen["interfaces"] == 1
    assert seen["rows"][-1][1] is False
    assert not messages
    assert not sequences


def test_a_session_on_the_second_cdc(on_device: Any):
    steps = [*OPEN, ["send", START_FRAME], ["run", 10], ["send", encode_frame(Stop(request=3).encode()).hex()]]
    steps += [["run", 1], ["send", encode_frame(Leave(request=4).encode()).hex()], ["run", 0.5]]
    seen, messages, sequences = cdc(on_device, steps)
    assert isinstance(messages[0], HelloReply)
    # A port for data alone knows no silence.
    assert messages[0].silence_ms == 0
    assert [one.request for one in messages if isinstance(one, Ok)] == [3, 4]
    assert len(sequences) > 300
    assert sequences == list(range(seen["next"]))


def test_a_reader_that_pauses_loses_nothing(on_device: Any):
    steps = [*OPEN, ["send", START_FRAME], ["run", 5], ["reads", 0], ["run", 20], ["reads", 1], ["run", 20]]
    seen, _messages, sequences = cdc(on_device, steps)
    assert seen["rows"][2][2] > 100, "it refused"
    assert sorted(set(sequences)) == list(range(max(sequences) + 1))
    assert max(sequences) >= seen["next"] - 3
    assert seen["unfed_us"] < 2_000_000


def test_a_program_that_dies_is_an_outage_and_frees_the_device(on_device: Any):
    steps = [*OPEN, ["send", START_FRAME], ["run", 3], ["radio", START], ["run", 1]]
    steps += [["opened", 0], ["run", 1], ["radio", START], ["run", 2]]
    seen, _messages, _sequences = cdc(on_device, steps)
    busy, started = (one for one in map(decode_reply, map(bytes.fromhex, seen["radio"])) if not isinstance(one, Event))
    assert isinstance(busy, Error)
    assert busy.code == BUSY
    assert isinstance(started, Started)
    assert [row[0] for row in seen["rows"]] == [STATE_READY, STATE_STARTED, STATE_STARTED, STATE_OUTAGE, STATE_STARTED]


def test_rubbish_on_the_line_is_passed_over(on_device: Any):
    rubbish = bytes(range(1, 256)).hex() + "00" + "ff00" * 5
    steps = [*OPEN, ["send", rubbish], ["run", 1], ["send", encode_frame(StatusGet(request=6).encode()).hex()]]
    _seen, messages, _sequences = cdc(on_device, [*steps, ["run", 1]])
    assert any(isinstance(one, Error) for one in messages)
    assert any(getattr(one, "request", 0) == 6 for one in messages)
