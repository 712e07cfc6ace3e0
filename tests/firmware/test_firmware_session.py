"""The shortened session: main.py unchanged under MicroPython, joined to the host's own LinkSession over a fake link.

Ten simulated minutes with everything the simulated hour has (tests/bench/firmware_hour.py): rate errors, collections,
flash stalls, bus errors of three kinds, outages of 3, 30 and 300 s, a sensor unplugged, a bus stuck, the supply cut.
"""

import mpy_runner
import pytest
from joined import Joined, account, planned, run
from mutants import BRIEF, MUTANTS, SHORT, STOP_S, caught
from session_checks import drained_s, failures

pytestmark = pytest.mark.skipif(not mpy_runner.INTERPRETER.exists(), reason="no MicroPython interpreter")


@pytest.fixture(scope="module")
def session() -> Joined:
    return run(planned(SHORT), stop_s=STOP_S)


def test_nothing_is_lost_doubled_disordered_or_misplaced(session: Joined):
    assert failures(session, SHORT) == []


def test_the_session_met_what_it_should(session: Joined):
    # A test that meets no trouble proves nothing.
    ends = [boot.end for boot in session.boots]
    assert [end["ended"] for end in ends] == ["reset 1", "plan"]
    assert sum(end["lost_packets"] for end in ends) > 50
    assert sum(end["refused"] for end in ends) > 5
    assert sum(end["pauses"] for end in ends) > 50
    assert ends[1]["stalls_us"] > 10_000_000
    for boot in session.boots:
        for imu in (0, 1):
            assert min(boot.chips[imu]["happened"].values()) > 0
            assert account(session, boot, imu).destroyed > 0
    assert len(session.ups) >= 5
    assert 20 < (drained_s(session, 470) or 0) < 120
    # Sequences run over the 16 bits they do not have.
    assert session.boots[1].end["kept_blocks"][3] > 65536


def test_what_was_unplugged_comes_back_with_its_gap_flagged(session: Joined):
    assert account(session, session.boots[0], 1).resyncs == 1
    kinds = [(one.kind, one.value) for one in session.events if type(one).__name__ == "DeviceEvent"]
    assert ("imu_lost", 1) in kinds
    assert ("imu_back", 1) in kinds


def test_what_an_earlier_boot_left_in_flash_is_fetched(session: Joined):
    first = session.boots[0]
    fetched = [at_s for boot, _, at_s in session.order if boot == first.boot and at_s > first.end["now_us"] * 1e-6]
    assert len(fetched) > 10


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_mutant_is_caught(name: str):
    assert caught(name) != []


def test_the_brief_session_of_the_mutants_passes_without_one():
    assert failures(run(planned(BRIEF), stop_s=120.0), BRIEF) == []
