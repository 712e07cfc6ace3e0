"""The whole device in 220 kB of heap, 64-bit words: what is put on a device, its board simulated elsewhere.

A session of two minutes with everything the mutants' one has (outages of 3 and 30 s, bus errors of three kinds, packet
loss), and everything a host may ask for. Of the heap 14 kB are the rig's: `machine`, `bluetooth` and the like as calls
to the interpreter that simulates them (tests/rig/near), which are C on a board.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpy_runner
import pytest
from apart import run_boot
from joined import Boot, Host, Joined, planned, run
from mutants import BRIEF, SHORT
from mutants import STOP_S as SHORT_STOP_S
from session_checks import failures

from hiphinge.link.events import Configured, Done, GyroBiasMeasured, Refused, SelfTested, StoreContents, Unanswered
from hiphinge.link.session import LinkSession
from hiphinge_wire.calibration import CalibrationSet
from hiphinge_wire.requests import CalibrationGet

pytestmark = pytest.mark.skipif(not mpy_runner.INTERPRETER.exists(), reason="no MicroPython interpreter")

HEAP = "220k"
STOP_S = 120.0
SECTIONS = {**BRIEF, "end": 140}
_UNIT = (1_000_000_000, 0, 0, 0, 1_000_000_000, 0, 0, 0, 1_000_000_000)
_SIX_POSITIONS = CalibrationSet(imu=1, method=1, acc_matrix_nano=_UNIT, gyr_matrix_nano=_UNIT)

# When, in seconds of the simulation, and what: while it samples, while there is a backlog to send, and afterwards.
ASKED: list[tuple[float, Callable[[LinkSession], object]]] = [
    (10.0, lambda session: session.get_config()),
    (10.0, lambda session: session.list_store()),
    (11.0, lambda session: session.identify(1.0)),
    (12.0, lambda session: session.cue(1)),
    (13.0, lambda session: session.set_config({"led_percent": 20, "name": "the one with the longest"})),
    (15.0, lambda session: session.calibrate_gyro(2.0)),
    (72.0, lambda session: session.list_store()),
    (73.0, lambda session: session.get_config()),
    (74.0, lambda session: session.calibrate_gyro(2.0)),
    (90.0, lambda session: session.outbox.ask(CalibrationGet(imu=0), "calibration")),
    (STOP_S + 4, lambda session: session.outbox.ask(_SIX_POSITIONS, "six positions")),
    (STOP_S + 6, lambda session: session.self_test()),
    (STOP_S + 14, lambda session: session.list_store()),
    (STOP_S + 15, lambda session: session.get_config()),
]


def asking(plan: dict[str, Any], host: Host, firmware: Path, heap: str, timeout_s: float) -> Boot:
    """A boot, in which the host asks for all that."""
    plain, left = host.event, list(ASKED)

    def event(at_s: float, up: bool, packets: list[tuple[bool, bytes]]) -> list[bytes]:
        while up and left and left[0][0] <= at_s:
            left.pop(0)[1](host.joined.session)
        return plain(at_s, up, packets)

    host.event = event  # type: ignore[method-assign]
    return run_boot(plan, host, firmware, heap, timeout_s)


@pytest.fixture(scope="module")
def session() -> Joined:
    return run(planned(SECTIONS), firmware=mpy_runner.compiled(), heap=HEAP, stop_s=STOP_S, start=asking)


def test_a_session_fits_and_loses_nothing(session: Joined):
    assert failures(session, SECTIONS) == []
    assert session.boots[0].end["printed"].count("Traceback") == 0


def test_all_that_was_asked_is_answered(session: Joined):
    kinds = [type(one) for one in session.events]
    assert kinds.count(Refused) == kinds.count(Unanswered) == 0, [
        one for one in session.events if isinstance(one, Refused | Unanswered)
    ]
    assert kinds.count(Configured) >= 4
    assert kinds.count(GyroBiasMeasured) == 2
    assert kinds.count(StoreContents) >= 3
    assert kinds.count(SelfTested) == 1
    # Identify, cue, settings, stop, six positions.
    assert kinds.count(Done) >= 4


def test_what_is_left_of_it(session: Joined):
    begun, built, ended, free = session.boots[0].end["memory"]
    # The rig's calls and what they need: no more of it than that.
    assert begun < 6_000
    assert built < 200_000
    # What is asked seldom takes 10 to 20 kB for a moment; the ring takes the rest.
    assert free > 12_000
    assert ended + free > 220_000
    # 10 kB: 2.8 s of the blocks an outage makes, 1.8 s of live ones; what is older is in flash.
    assert session.boots[0].end["ring_bytes"] >= 8 * 1024


def test_ten_minutes_with_a_restart_and_a_long_outage_fit_too():
    joined = run(planned(SHORT), firmware=mpy_runner.compiled(), heap=HEAP, stop_s=SHORT_STOP_S, start=run_boot)
    assert failures(joined, SHORT) == []


def test_ring_takes_what_there_is():
    plenty, enough = (
        run(planned({"errors_from": 20, "end": 8}), firmware=mpy_runner.compiled(), heap=heap, start=run_boot)
        for heap in ("700k", "300k")
    )
    # Ten seconds in live blocks of 35 ms, 5.0 kB/s; in those of an outage, 3.1 kB/s.
    assert plenty.boots[0].end["ring_bytes"] > 10 * 174 / 0.035
    assert enough.boots[0].end["ring_bytes"] == 32 * 996 + 2048


def test_with_too_little_it_says_so():
    # Proof that the figure above is the limit of something.
    with pytest.raises(mpy_runner.ScriptError, match="MemoryError"):
        run(planned({"errors_from": 20, "end": 8}), firmware=mpy_runner.compiled(), heap="180k", start=run_boot)
