"""A calibration saved with one session and given to another, with the sensors clipped on as before or another way."""

from pathlib import Path

import numpy as np
import pytest
from live_runs import Ran, run

from hiphinge.analysis import analyse
from hiphinge.app.live.plan import planned
from hiphinge.app.live.updates import Judged, Notice
from hiphinge.engine import Calibrated
from hiphinge.programmes import load_programme, resolve_limits
from hiphinge.simulate import Scenario, simulate
from hiphinge.simulate.quick import quick_scenario
from hiphinge.transports.virtual import VirtualTransport


def scenario(mounting: str) -> Scenario:
    from dataclasses import replace

    return replace(quick_scenario(seed=5, repetitions=3), mounting=mounting)  # type: ignore[arg-type]


def trained(tmp_path: Path, mounting: str) -> Ran:
    limits = resolve_limits(load_programme("assisted"), None)
    saved = analyse(simulate(scenario("nominal")).recording, limits).calibration
    return run(planned(tmp_path, calibration=saved), VirtualTransport(scenario(mounting), pace=None))


def misfits(ran: Ran) -> list[str]:
    return [one.words for one in ran.of(Notice) if "does not fit" in one.words]


def test_clipped_on_as_before_it_is_used_and_nothing_is_said(tmp_path: Path):
    ran = trained(tmp_path, "nominal")
    assert misfits(ran) == [] and ran.of(Calibrated)[0].how == "given"
    assert [one.attempt.verdict for one in ran.of(Judged)] == ["compliant"] * 3


@pytest.mark.parametrize("mounting", ["turned", "upside_down"])
def test_clipped_on_another_way_it_is_said_once_and_the_recording_tells_what_was_shown(tmp_path: Path, mounting: str):
    ran = trained(tmp_path, mounting)
    assert len(misfits(ran)) == 1 and "calibrate anew" in misfits(ran)[0]
    again = ran.analysed()
    shown = [one.attempt for one in ran.of(Judged)]
    assert [one.verdict for one in again.attempts] == [one.verdict for one in shown]
    assert np.allclose([one.end_s for one in again.attempts], [one.end_s for one in shown])
