"""Full rig: chips that feel a moving wearer, the firmware under MicroPython, the radio, bleak, the live path."""

import mpy_runner
import numpy as np
import pytest
from radio_time import simulated
from radio_worn import made_to_angle

from hiphinge.simulate.quick import quick_scenario
from hiphinge.virtual.wearer import Wearer

pytestmark = pytest.mark.skipif(not mpy_runner.INTERPRETER.exists(), reason="no MicroPython interpreter")


def test_each_sample_is_an_angle_in_time_and_the_faults_are_named():
    wearer = Wearer(quick_scenario(repetitions=4, faults={2: "flexion"}))
    late_s, finished = simulated(made_to_angle(wearer, 0.03))
    # Calibration needs the first seconds; the rest of 100 instants a second are all there.
    assert len(late_s) > 100 * (wearer.duration_s - 15)
    p50_s, p99_s = np.percentile(late_s, [50, 99])
    assert p50_s < 0.070
    assert p99_s < 0.120
    assert finished.lost_blocks == 0
    assert [one.verdict for one in finished.attempts] == ["compliant", "faulty", "compliant", "compliant"]
