"""Requests answered, strangers not; states, button, battery, cues, watchdog as tables; crash loops; what is kept."""

from typing import Any

import pytest

from hiphinge_wire.codec import REQUESTS, decode_reply
from hiphinge_wire.config import ConfigGet, ConfigSet
from hiphinge_wire.constants import STATE_READY, STATE_STARTED
from hiphinge_wire.errors import (
    BAD_STATE,
    BAD_VALUE,
    NAMES,
    NOT_FOUND,
    TRUNCATED,
    UNKNOWN_KEY,
    UNKNOWN_TYPE,
    UNSUPPORTED,
    VERSION,
)
from hiphinge_wire.hello import Hello
from hiphinge_wire.requests import (
    Ack,
    CalibrateGyro,
    CalibrationGet,
    Cue,
    EventAck,
    Identify,
    InfoGet,
    Nack,
    Range,
    Reboot,
    Selftest,
    Start,
    StatusGet,
    Stop,
    StoreErase,
    StoreFetch,
    StoreList,
    TimeExchange,
)


def names(answers: list[str]) -> list[str]:
    out = []
    for data in answers:
        message = decode_reply(bytes.fromhex(data))
        code = getattr(message, "code", None)
        out.append(type(message).__name__ if code is None else NAMES[code])
    return out


# Request, its answer in state ready, its answer in state started ("" none).
TABLE = [
    (InfoGet(), "Info", "Info"),
    (InfoGet(boot=9, epoch=1), NOT_FOUND, NOT_FOUND),
    (TimeExchange(t1_us=5, unix_us=1_790_000_000_000_000), "TimeReply", "TimeReply"),
    (ConfigGet(), "Config", "Config"),
    (ConfigSet(values={"rate_hz": 240}), "Config", BAD_STATE),
    (ConfigSet(values={"rate_hz": 104}), UNSUPPORTED, BAD_STATE),
    (ConfigSet(values={"name": "hip", "led_percent": 5}), "Config", "Config"),
    (Identify(duration_ms=100), "Ok", "Ok"),
    (Cue(pattern=1, strength_percent=50, duration_ms=0), "Ok", "Ok"),
    (StoreList(), "StoreListed", "StoreListed"),
    (StoreFetch(boot=77, first=0, last=3), NOT_FOUND, NOT_FOUND),
    (StoreErase(scope=1, boot=77), NOT_FOUND, NOT_FOUND),
    (StoreErase(scope=2), "Ok", BAD_STATE),
    (CalibrationGet(imu=1), "Calibration", "Calibration"),
    (Reboot(mode=1), None, BAD_STATE),
    (Selftest(), None, BAD_STATE),
    (EventAck(boot=1, number=3), "Ok", "Ok"),
    (Ack(boot=77, sequence=0), NOT_FOUND, NOT_FOUND),
    (Nack(ranges=(Range(boot=77, first=0, last=3),)), "Gone", "Gone"),
    (StatusGet(), "Status", "Status"),
    (Start(profile=2), "Started", "Started"),
    (Stop(), "Ok", "Ok"),
    (Hello(), "HelloReply", "HelloReply"),
    (Hello(major=9), VERSION, VERSION),
    (CalibrateGyro(duration_ms=0, imus=3), "Ok", "Ok"),
]


@pytest.mark.parametrize("state", [STATE_READY, STATE_STARTED])
def test_requests_are_answered(on_device: Any, state: int):
    rows = [row for row in TABLE if row[1 if state == STATE_READY else 2] is not None]
    messages = []
    for number, row in enumerate(rows):
        row[0].request = number + 1
        messages.append(row[0].encode().hex())
    seen = on_device("control_cases", "converse", messages=messages, start=state == STATE_STARTED, heap="700k")
    for number, (row, one) in enumerate(zip(rows, seen, strict=True)):
        wanted = row[1 if state == STATE_READY else 2]
        wanted = NAMES[wanted] if isinstance(wanted, int) else wanted
        assert names(one["answers"]) == [wanted], row[0]
        if wanted != "Gone":
            assert bytes.fromhex(one["answers"][0])[1] == number + 1


def test_every_request_of_the_wire_has_somebody_who_does_it():
    # Those that end the session or take their time are not in the table above.
    others = {0x1F, 0x21, 0x4C}
    assert {row[0].TYPE for row in TABLE} | others == set(REQUESTS)


def test_what_is_no_request_is_answered_too(on_device: Any):
    cases = {
        "7f01": UNKNOWN_TYPE,
        "1202": TRUNCATED,
        "12030900": BAD_VALUE,
        "170401c8": UNKNOWN_KEY,
        "9105": UNKNOWN_TYPE,
    }
    seen = on_device("control_cases", "converse", messages=list(cases), start=False, heap="700k")
    assert [names(one["answers"]) for one in seen] == [[NAMES[code]] for code in cases.values()]
    assert {one["state"] for one in seen} == {STATE_READY}


@pytest.mark.parametrize(
    ("encrypted", "listed", "window", "served"),
    [
        (True, True, False, True),
        (True, False, True, True),
        (True, False, False, False),
        (False, True, False, False),
        (False, False, True, False),
    ],
)
def test_strangers_get_not_one_byte_and_are_cut_off(on_device: Any, encrypted, listed, window, served):
    (seen,) = on_device(
        "control_cases",
        "strangers",
        encrypted=encrypted,
        listed=listed,
        bonded=True,
        window=window,
        seconds=8,
        heap="700k",
    )
    if served:
        assert seen["packets"] > 5
        assert seen["cut_ms"] == -1
    else:
        assert seen["packets"] == 0
        assert 4900 < seen["cut_ms"] < 5500


@pytest.mark.parametrize(
    ("events", "codes"),
    [
        (["connect", "authorise", "start", "stop", "end"], [1, 2, 3, 2, 0]),
        (["authorise", "start", "end", "connect", "authorise", "start"], [2, 3, 4, 4, 4, 3]),
        (["authorise", "store", "end", "authorise", "stop"], [2, 5, 5, 5, 2]),
        (["authorise", "store", "start", "end", "stop"], [2, 5, 3, 4, 0]),
        (["connect", "end"], [1, 0]),
    ],
)
def test_states_are_the_specs(on_device: Any, events, codes):
    (seen,) = on_device("control_cases", "states", events=events)
    assert seen["codes"] == codes


def test_one_host_at_a_time_and_times_that_end(on_device: Any):
    (seen,) = on_device("control_cases", "states", events=["authorise", "other", "start"])
    assert not seen["other_may"]
    (seen,) = on_device("control_cases", "states", events=["authorise", "start", "end"])
    assert seen["over"] == [False, True]
    (seen,) = on_device("control_cases", "states", events=["connect", "end"])
    assert seen["sleeps"] == [False, True]


WRAP = 1 << 30


@pytest.mark.parametrize(
    ("levels", "presses"),
    [
        ([(0, 0), (10, 1), (200, 1), (400, 0)], [0, 0, 1]),
        ([(0, 0), (10, 1), (25, 0), (40, 1), (300, 0)], [0, 0, 0, 1]),
        ([(0, 0), (10, 1), (2009, 1), (2011, 1), (3000, 1), (3100, 0)], [0, 0, 2, 0, 0]),
        # The press that woke it is none; the next one is.
        ([(0, 1), (2500, 1), (2600, 0), (3000, 1), (3300, 0)], [0, 0, 0, 1]),
        ([(WRAP - 100, 0), (WRAP - 50, 1), (WRAP + 100, 0)], [0, 1]),
    ],
)
def test_button(on_device: Any, levels, presses):
    assert on_device("control_cases", "button", levels=levels) == [{"presses": presses}]


def test_battery_is_low_when_it_stays_low(on_device: Any):
    (seen,) = on_device("control_cases", "battery", readings=[3700] * 3 + [3300] + [3700] * 5, limit=3500)
    assert not any(row[1] for row in seen["rows"])
    (seen,) = on_device("control_cases", "battery", readings=[3480] * 12 + [3620] * 40, limit=3500)
    assert [row[2] for row in seen["rows"]].index(True) == 9
    assert not seen["rows"][-1][1]
    (seen,) = on_device("control_cases", "battery", readings=[0, 0], limit=3500)
    assert seen["percent"] == 255


def test_cues_flag_samples_until_the_motor_stands(on_device: Any):
    (seen,) = on_device(
        "control_cases", "cue", pattern=2, strength=70, duration=0, times=[0, 60, 90, 170, 230, 260, 300]
    )
    assert seen["rows"] == [[70, True], [70, True], [0, True], [70, True], [70, True], [0, True], [0, False]]
    (seen,) = on_device("control_cases", "cue", pattern=4, strength=80, duration=800, times=[0, 400, 790, 801])
    strengths = [row[0] for row in seen["rows"]]
    assert strengths == [*sorted(strengths[:3]), 0]


def test_watchdog_is_fed_through_any_outage_and_no_fault(on_device: Any):
    hour = [[ms, 1, 0, 1, 0] for ms in range(0, 3_600_000, 60_000)]
    (seen,) = on_device("control_cases", "watchdog", rows=hour)
    assert all(seen["fed"])
    unplugged = [[ms, 0, 1, 1, 0] for ms in range(0, 60_000, 1000)]
    (seen,) = on_device("control_cases", "watchdog", rows=unplugged)
    assert all(seen["fed"])
    silent = [[0, 1, 0, 1, 0], [3000, 0, 0, 1, 0], [4001, 0, 0, 1, 0]]
    (seen,) = on_device("control_cases", "watchdog", rows=silent)
    assert seen["fed"] == [True, True, False]
    stuck = [[0, 1, 0, 0, 0], [19000, 1, 0, 0, 0], [20001, 1, 0, 0, 0], [20100, 1, 0, 0, 1]]
    (seen,) = on_device("control_cases", "watchdog", rows=stuck)
    assert seen["fed"] == [True, True, False, True]


def test_led_tells_the_states_apart(on_device: Any):
    (seen,) = on_device("control_cases", "leds")
    assert all("1" in one for one in seen["lit"])
    assert len(set(seen["lit"])) == 6


@pytest.mark.parametrize(
    ("causes", "held", "rows", "tried", "safe"),
    [
        ([1], False, [[0, 0]], 1, False),
        ([1], True, [[0, 4]], 1, True),
        ([1, 3, 3], False, [[0, 0], [1, 1], [2, 2]], 1, False),
        ([1, 3, 3, 2, 3], False, [[0, 0], [1, 1], [2, 2], [3, 3], [4, 4]], 1, True),
        ([1, *[3] * 7], False, [[0, 0], *([k, k] for k in range(1, 8))], 0, True),
        ([1, 3, 4], True, [[0, 4], [1, 5], [1, 0]], 1, False),
        # Whoever restarts it at the console, however often, needs no rescue.
        ([1, *[5] * 4], False, [[0, 0]] * 5, 1, False),
    ],
)
def test_crash_loops_end_in_safe_mode_and_then_at_the_console(on_device: Any, causes, held, rows, tried, safe):
    (seen,) = on_device("control_cases", "crash_loop", causes=causes, held=held)
    assert seen == {"rows": rows, "tried": tried, "safe": safe}


def test_what_is_kept(on_device: Any):
    (seen,) = on_device("control_cases", "kept")
    assert seen["step"] == seen["fresh"] == 1
    assert (seen["name"], seen["profile"], seen["torn"]) == ("left hip", 1, "hiphinge")
    assert seen["secrets"] == ["b'secret'", "b'other'", "None"]
    assert seen["deleted"] == [True, False]
