"""Updates in, what pages show out: state, counts, cards, health, checks, strikes, messages. All pure."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.app.live.updates import Finished, Guidance, Health, Judged, Kept, Notice, Recorded, SetChanged, Shown
from hiphinge.app.strikes import RESTORE, STRIKE_OUT, counting, struck
from hiphinge.dashboard.checks import sensor_checks
from hiphinge.dashboard.counts import cards, faults_by_kind, set_count, set_counts, set_number
from hiphinge.dashboard.cues import Cue
from hiphinge.dashboard.healthline import health_parts
from hiphinge.dashboard.messages import cue_message, spoken_message, view_message
from hiphinge.dashboard.reduction import reduce
from hiphinge.dashboard.settings import Feedback
from hiphinge.dashboard.state import ViewState, begun, counted, failed, said
from hiphinge.engine import Calibrated
from hiphinge.link.events import DeviceEvent, LinkDown, LinkUp, Lost, Rebooted
from hiphinge.link.health import LinkHealth
from hiphinge.model import Angles, Attempt, Calibration, Event, Fault
from hiphinge.programmes import load_programme, resolve_limits

LIMITS = resolve_limits(load_programme("assisted"))
BENT = Fault("lumbar_flexion", 16.0, 10.0, 0.4, 5.0, "down")


def attempt(index: int, set_: int = 1, verdict: str = "compliant", faults: tuple[Fault, ...] = ()) -> Attempt:
    at_s = 6.0 * index
    values: dict[str, Any] = {
        "index": index, "set": set_, "start_s": at_s - 2, "bottom_s": at_s, "end_s": at_s + 2, "decided_s": at_s + 2.2,
        "hip_hinge_deg": 47.0, "hip_hinge_sd_deg": 0.4, "trunk_deg": 50.0, "trunk_sd_deg": 0.4,
        "lumbar_flexion_deg": 3.0, "lumbar_flexion_sd_deg": 0.4, "lumbar_extension_deg": 1.0,
        "lumbar_extension_sd_deg": 0.4, "lumbar_side_bend_deg": 0.0, "lumbar_rotation_deg": 0.0, "lumbar_share": 0.06,
        "tempo_s": (2.0, 0.5, 1.6, None), "smoothness_sal": -1.7, "verdict": verdict, "faults": faults, "doubts": (),
    }  # fmt: skip
    return Attempt(**values)


def link_health(**changed: Any) -> LinkHealth:
    values: dict[str, Any] = {
        "connected": True, "started": True, "device": "virtual V1", "source_rates_hz": (100.0, 100.0),
        "delivered_hz": (100.0, 99.6), "blocks": 100, "resent": 0, "doubled": 0, "lost_blocks": 0,
        "lost_samples": (0, 0), "damaged": 0, "waiting": 0, "missing": 0, "backlog": 0, "latency_s": 0.02,
        "latency_p95_s": 0.03, "jitter_s": 0.01, "clock_ppm": 1.0, "battery_percent": 80, **changed,
    }  # fmt: skip
    return LinkHealth(**values)


CALIBRATION = Calibration(np.eye(3), np.eye(3), (0.0, 3.0), 0.99)


def after(*updates: Any) -> ViewState:
    state = begun("a virtual device")
    for update in updates:
        state = reduce(state, update)
    return state


def test_a_session_as_it_goes() -> None:
    state = after(
        Recorded(Path("sessions/x")), LinkUp(0.1, 244), Guidance("stand", 0.5, "stand still"),
        Guidance("train", 1.0, "off you go"), Calibrated(3.0, CALIBRATION), Judged(attempt(1), 1, ""),
        SetChanged(True, 9.0), Health(10.0, link_health()),
    )  # fmt: skip
    assert (state.phase, state.connected, state.calibrated, state.set_running) == ("running", True, True, True)
    assert state.step == "train" and state.folder == Path("sessions/x")
    assert len(state.attempts) == 1
    ended = reduce(state, Finished(state.folder, (attempt(1), attempt(2)), 30.0, 0))
    assert (ended.phase, ended.connected, ended.set_running) == ("finished", False, False)
    assert len(ended.attempts) == 2


def test_a_lost_link_is_said_and_so_is_its_return() -> None:
    down = after(LinkUp(0.0, 244), LinkDown(5.0))
    assert not down.connected and down.lines[-1].urgent
    assert health_parts(down)[0].tone == "bad"
    up = reduce(down, LinkUp(9.0, 244))
    assert up.connected and not up.lines[-1].urgent
    assert len(up.lines) == 2


def test_a_silent_sensor_is_named_until_it_is_back() -> None:
    state = after(LinkUp(0.0, 244), DeviceEvent(1.0, "imu_lost", 1, None))
    assert state.lost_sensors == {1}
    assert any("upper" in part.words for part in health_parts(state))
    assert sensor_checks(state)[2].fit == "no"
    assert reduce(state, DeviceEvent(2.0, "imu_back", 1, None)).lost_sensors == frozenset()


def test_calibrating_again_makes_angles_wait() -> None:
    state = after(Calibrated(3.0, CALIBRATION), Kept(Event(9.0, "recalibrate")))
    assert not state.calibrated
    assert sensor_checks(state)[-1].fit == "wait"


def test_exchanged_sensors_are_said_once() -> None:
    swapped = replace(CALIBRATION, swapped=True)
    state = after(Calibrated(3.0, swapped), Calibrated(9.0, swapped, "improved"))
    assert len(state.lines) == 1
    assert len(sensor_checks(state)) == 5


def test_lines_are_numbered_and_few() -> None:
    state = begun("x")
    for at in range(100):
        state = said(state, f"line {at}")
    assert len(state.lines) == 30
    assert [line.number for line in state.lines] == list(range(71, 101))


def test_angles_do_not_touch_the_state() -> None:
    one = np.zeros(3)
    state = after(Shown(Angles(*([one] * 11)), 0.0, 0.0))
    assert state == begun("a virtual device")


@pytest.mark.parametrize(
    ("update", "lines"),
    [(Notice("x"), 1), (Lost(1.0, "overwritten", 1, 3), 1), (Lost(1.0, "overwritten", 1, 0, (3, 3)), 0),
     (Rebooted(1.0, 1, 2), 1), (Rebooted(1.0, 1, 2, 0.1), 0)],
)  # fmt: skip
def test_what_is_worth_a_line(update: Any, lines: int) -> None:
    assert len(after(update).lines) == lines


def test_why_a_session_failed_is_kept() -> None:
    state = failed(begun("x"), "no such port")
    assert (state.phase, state.error, state.lines[-1].urgent) == ("finished", "no such port", True)


# --- counts -----------------------------------------------------------------------------------------------------------


def test_counts_by_set_and_fault() -> None:
    attempts = (attempt(1), attempt(2, verdict="faulty", faults=(BENT,)), attempt(3, 2, "uncertain"), attempt(4, 0))
    state = counted(begun("x"), attempts)
    assert [(one.number, one.compliant, one.faulty, one.uncertain) for one in set_counts(state)] == [
        (1, 1, 1, 0), (2, 0, 0, 1),
    ]  # fmt: skip
    assert faults_by_kind(attempts, ()) == [("lumbar_flexion", 1)]
    assert set_number(state) == 2
    advice = attempt(1, verdict="compliant", faults=(replace(BENT, advisory=True),))
    assert faults_by_kind((advice,), ()) == []


def test_marks_say_which_set_it_is() -> None:
    state = after(Kept(Event(0.0, "set_start")), Kept(Event(9.0, "set_end")), Kept(Event(20.0, "set_start")))
    assert set_number(state) == 2
    assert set_number(ViewState()) == 1


def test_cards_tell_why() -> None:
    first, second = cards((attempt(1), attempt(2, verdict="faulty", faults=(BENT,))), ())
    assert (first.number, first.why, first.tempo) == (1, "", "2.0 - 0.5 - 1.6 - –")
    assert "16.0 deg" in second.why and second.title == "Outside your range"


def test_struck_out_is_kept_and_does_not_count() -> None:
    attempts = (attempt(1), attempt(2), attempt(3))
    strike = Event(attempts[1].bottom_s + 0.1, STRIKE_OUT, "stumbled")
    assert struck(attempts, [strike]) == {2: "stumbled"}
    assert set_count(attempts, [strike], 1).compliant == 2
    assert [card.struck for card in cards(attempts, [strike])] == [None, "stumbled", None]
    restore = replace(strike, kind=RESTORE, note="it was fine")
    assert struck(attempts, [strike, restore]) == {}
    assert struck(attempts, [strike, restore, strike]) == {2: "stumbled"}


@given(st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=20))
def test_the_last_word_on_each_repetition_counts(said_: list[tuple[int, bool]]) -> None:
    attempts = tuple(attempt(index) for index in range(1, 6))
    events = [Event(6.0 * index, STRIKE_OUT if out else RESTORE, "r") for index, out in said_]
    last = dict(said_)
    assert set(struck(attempts, events)) == {index for index, out in last.items() if out}
    assert len(counting(attempts, events)) == 5 - sum(last.values())


# --- the link's health ------------------------------------------------------------------------------------------------


def test_health_has_rate_loss_resends_latency_and_battery() -> None:
    words = " ".join(part.words for part in health_parts(after(LinkUp(0.0, 244), Health(1.0, link_health(resent=4)))))
    for part in ("Connected", "100 / 100 samples/s", "0 lost", "4 resent", "20 ms", "battery 80 %"):
        assert part in words


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"battery_percent": 12}, "charge soon"), ({"lost_blocks": 3}, "3 lost"),
     ({"missing": 99}, "99 blocks on their way"), ({"rssi_dbm": -61}, "signal -61 dBm")],
)  # fmt: skip
def test_what_is_worth_knowing_is_said(changed: dict[str, int], words: str) -> None:
    parts = health_parts(after(LinkUp(0.0, 244), Health(1.0, link_health(**changed))))
    assert any(words in part.words for part in parts)


def test_before_and_after_a_session() -> None:
    assert [part.words for part in health_parts(ViewState())] == ["Not connected"]
    assert "Looking" in health_parts(begun("x"))[0].words
    assert health_parts(failed(begun("x"), "y"))[0].words == "Session over"


# --- messages to the script -------------------------------------------------------------------------------------------


def test_messages_are_strict_json() -> None:
    state = after(LinkUp(0.0, 244), Judged(attempt(1), 1, ""))
    message = json.loads(view_message(state, LIMITS, Feedback(), 3.0, None))
    assert message["compliant"] == 1 and message["set_for"] == 3.0 and message["rest_for"] is None
    assert message["limits"] == {
        "on": "hip_hinge",
        "min": 45.0,
        "max": 50.0,
        "grace": 3.0,
        "flexion": 10.0,
        "extension": 8.0,
    }
    assert json.loads(cue_message(Cue(1.0, "flexion", 3.0), Feedback(tone=False)))["volume"] == 0.0
    assert json.loads(spoken_message(attempt(1), Feedback()))["words"] == "Good"
    faulty = attempt(1, verdict="faulty", faults=(BENT,))
    assert json.loads(spoken_message(faulty, Feedback()))["words"] == "Keep your back long"
