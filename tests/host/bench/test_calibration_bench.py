"""The calibration bench: six positions improve the tilt of simulated 50 mg sensors by the factor it prints."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

import calibration


@pytest.fixture(scope="module")
def found() -> dict[str, list[calibration.Found]]:
    return calibration.table(seeds=8)


def test_the_aims_are_reached(found: dict[str, list[calibration.Found]]):
    assert calibration.held(found)
    # Sensors of 50 mg: atan(0.05 * sqrt 2), and scale beside it.
    assert 2.5 < np.median([one.before_deg for one in found["six positions"]]) < 6.0


def test_the_factor_printed_is_that_of_the_errors_printed(found: dict[str, list[calibration.Found]]):
    for name, line in zip(found, calibration.lines(found)[2:], strict=True):
        numbers = [float(one) for one in line.removeprefix(name).split()]
        factors = [one.before_deg / one.after_deg for one in found[name]]
        assert numbers[2] == pytest.approx(np.median(factors), abs=0.06)
        assert numbers[3] == pytest.approx(min(factors), abs=0.06)


def test_a_sensor_without_errors_is_made_no_worse(monkeypatch: pytest.MonkeyPatch):
    for name in ("BIAS_G", "SCALE", "CROSS", "NOISE_G_RTHZ"):
        monkeypatch.setattr(calibration, name, 0.0)
    one = calibration.measured(3, slanted=True)
    assert one.before_deg < 1e-6
    # A degree of askew placing is told from errors of the sensor.
    assert one.after_deg < 0.05


def test_uncalibrated_readings_are_not_called_calibrated(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calibration, "AIM", {"six positions": (8.0, 2.0)})
    same = calibration.Found(4.0, 4.0, 2.0, 2.0)
    assert not calibration.held({"six positions": [same] * 3})
