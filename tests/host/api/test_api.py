"""The Python interface: what it gives, what it refuses, and that it loads nothing before it is asked."""

import doctest
import importlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import hiphinge
from hiphinge.app.analyse import Request, analyse_recording
from hiphinge.app.person import SCHEMA as PERSON
from hiphinge.files.calibration_json import write_calibration
from hiphinge.model import Analysis, HiphingeError, ImuSamples, Recording
from hiphinge.programmes import learn_limits
from hiphinge.simulate import Scenario, Simulation

MODULES = (
    "hiphinge",
    "hiphinge.api.analysing",
    "hiphinge.api.frames",
    "hiphinge.api.sessions",
    "hiphinge.simulate.quick",
)


@pytest.fixture(scope="module")
def made() -> Simulation:
    return hiphinge.simulate(repetitions=4, faults={2: "flexion", 4: "shallow"}, marks=True)


@pytest.fixture(scope="module")
def found(made: Simulation) -> Analysis:
    return hiphinge.analyse(made.recording)


def verdicts(found: Analysis) -> list[str]:
    return [one.verdict for one in found.attempts]


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.attempted >= 5 and result.failed == 0


def test_every_name_is_there_listed_and_explained():
    assert sorted(hiphinge.__all__) == list(hiphinge.__all__)
    assert set(hiphinge.__all__) <= set(dir(hiphinge))
    for name in set(hiphinge.__all__) - {"__version__"}:
        assert getattr(hiphinge, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'analyze'"):
        hiphinge.analyze  # type: ignore[attr-defined]  # noqa: B018


EVERY_ORDER = """
import importlib, itertools, sys

lines = (
    "import hiphinge",
    "import hiphinge.simulate",
    "from hiphinge.simulate import Scenario",
    "from hiphinge import simulate",
    "from hiphinge import *",
    "import hiphinge.app.simulation",
)
done = 0
for order in itertools.permutations(lines, 2):
    for name in [name for name in sys.modules if name.partition(".")[0] == "hiphinge"]:
        del sys.modules[name]
    names = {}
    for line in order:
        exec(line, names)
    hiphinge = importlib.import_module("hiphinge")
    scenario = importlib.import_module("hiphinge.simulate").Scenario
    assert callable(hiphinge.simulate) and hiphinge.simulate.Scenario is scenario, order
    assert names.get("simulate", hiphinge.simulate) is hiphinge.simulate, order
    assert names.get("Scenario", scenario) is scenario, order
    done += 1
assert hiphinge.simulate(scenario(standing_s=2.0)).truth.time_s[-1] > 2.0
print(done)
"""


def test_simulate_is_function_and_package_whatever_was_imported_before():
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", EVERY_ORDER], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr, run.stdout.strip()) == (0, "", "30")


def test_import_loads_nothing_that_is_not_asked_for():
    code = (
        "import sys, hiphinge; print(sorted(name for name in sys.modules if name.startswith(('hiphinge.', 'numpy'))))"
    )
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


# --- read, write ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_path", [str, Path])
def test_what_was_written_is_read_and_analysed_the_same(
    made: Simulation, tmp_path: Path, as_path: Callable[[Path], Any]
):
    folder, file = as_path(tmp_path / "session"), as_path(tmp_path / "session.csv")
    hiphinge.write(folder, made.recording)
    hiphinge.write(file, made.recording)
    again = hiphinge.read(folder)
    assert again.meta.events == made.recording.meta.events
    np.testing.assert_allclose(again.sacral.acc_mps2, made.recording.sacral.acc_mps2, atol=1e-6)
    assert hiphinge.analyse(folder).attempts == hiphinge.analyse(again).attempts
    assert verdicts(hiphinge.analyse(file)) == verdicts(hiphinge.analyse(made.recording))


def test_what_cannot_be_read_is_one_line(tmp_path: Path):
    (tmp_path / "bad.csv").write_text("time_s,x\n0,1\n", encoding="utf-8")
    for call in (hiphinge.read, hiphinge.analyse):
        with pytest.raises(HiphingeError) as error:
            call(tmp_path / "bad.csv")
        assert "bad.csv" in str(error.value) and "\n" not in str(error.value)


# --- analyse --------------------------------------------------------------------------------------------------------


def test_it_is_what_the_command_does(made: Simulation, found: Analysis):
    assert found.attempts == analyse_recording(made.recording, Request()).analysis.attempts
    assert verdicts(found) == ["compliant", "faulty", "compliant", "faulty"]


def test_live_is_from_the_past_alone(made: Simulation, found: Analysis):
    live = hiphinge.analyse(made.recording, live=True)
    assert np.isnan(live.angles.trunk_deg[0]) and not np.isnan(found.angles.trunk_deg[0])
    assert verdicts(live) == verdicts(found)


def test_single_limits_differ_from_the_programme(made: Simulation):
    wider = hiphinge.analyse(made.recording, limits={"lumbar_flexion_max_deg": 30.0, "depth_min_deg": 20.0})
    assert verdicts(wider) == ["compliant"] * 4
    none = hiphinge.analyse(made.recording, limits={"lumbar_flexion_max_deg": None})
    assert verdicts(none) == ["compliant", "compliant", "compliant", "faulty"]


def test_whole_limits_hold_as_given(made: Simulation):
    narrow = hiphinge.limits("assisted", changes={"depth_min_deg": 55, "depth_max_deg": 60})
    found = hiphinge.analyse(made.recording, limits=narrow)
    assert {fault.kind for one in found.attempts for fault in one.faults} == {"lumbar_flexion", "too_shallow"}
    assert verdicts(found) == ["faulty"] * 4


def test_limits_saved_with_a_session_hold_but_for_what_differs(made: Simulation):
    saved = hiphinge.limits("assisted", changes={"depth_min_deg": 20, "lumbar_flexion_max_deg": 30})
    for limits in (saved.to_dict(), {"depth_min_deg": 20.0, "lumbar_flexion_max_deg": 30.0}):
        session = replace(made.recording, meta=replace(made.recording.meta, limits=limits))
        assert verdicts(hiphinge.analyse(session)) == ["compliant"] * 4
        narrow = hiphinge.analyse(session, limits={"lumbar_flexion_max_deg": 10})
        assert verdicts(narrow) == ["compliant", "faulty", "compliant", "compliant"]
        # A programme asked for leaves the session's limits aside, here as on the command line.
        asked = hiphinge.analyse(session, "assisted", limits={"lumbar_flexion_max_deg": 30})
        assert verdicts(asked) == ["compliant", "compliant", "compliant", "faulty"]


def test_an_own_maximum_comes_from_a_number_or_a_file(made: Simulation, tmp_path: Path):
    file = tmp_path / "anna.json"
    file.write_text(f'{{"schema": "{PERSON}", "own_max_flexion_deg": 60}}', encoding="utf-8")
    by_file = hiphinge.analyse(made.recording, preset="lenient", person=file)
    by_number = hiphinge.analyse(made.recording, preset="lenient", own_max_flexion_deg=60)
    assert by_file.attempts == by_number.attempts
    assert verdicts(by_file)[1] == "compliant"  # 16 deg, and 42 % of 60 are 25
    tight = hiphinge.analyse(made.recording, preset="lenient", own_max_flexion_deg=20, limits={"depth_min_deg": 20})
    assert verdicts(tight)[1] == "faulty" and verdicts(tight)[3] == "compliant"


def test_limits_may_be_learned(made: Simulation):
    good = hiphinge.analyse(hiphinge.simulate(repetitions=6, seed=8).recording)
    learned = learn_limits(good.attempts)
    found = hiphinge.analyse(made.recording, limits=learned)
    (fault,) = found.attempts[1].faults
    assert fault.limit == pytest.approx(learned.lumbar_flexion_max_deg)


def test_a_calibration_may_be_given_or_read(made: Simulation, found: Analysis, tmp_path: Path):
    file = tmp_path / "calibration.json"
    write_calibration(file, found.calibration)
    given = hiphinge.analyse(made.recording, calibration=found.calibration)
    assert given.calibration.sacral == pytest.approx(found.calibration.sacral)
    assert hiphinge.analyse(made.recording, calibration=file).attempts == given.attempts
    turned = replace(made.recording, meta=replace(made.recording.meta, calibration=found.calibration))
    assert hiphinge.analyse(turned).attempts == given.attempts
    assert hiphinge.analyse(turned, recalibrate=True).attempts == found.attempts


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"programme": "assited"}, 'did you mean "assisted"'),
        ({"preset": "strickt"}, 'did you mean "strict"'),
        ({"preset": 3}, "preset is a int; give a name"),
        ({"limits": {"lumbar_flexion_max": 3}}, 'did you mean "lumbar_flexion_max_deg"'),
        ({"limits": {"lumbar_flexion_max_deg": "ten"}}, "'ten' is not a number"),
        ({"limits": {"lumbar_flexion_max_deg": -1}}, "give a number of 0 or more"),
        ({"limits": {"depth_min_deg": None}}, "cannot be none"),
        ({"own_max_flexion_deg": float("nan")}, "own maximum"),
        ({"own_max_flexion_deg": "50"}, "own_max_flexion_deg '50' is not a number"),
        ({"limits": "strict"}, 'preset="strict"'),
        ({"limits": {"lumbar_flexion_max_deg": True}}, "True is not a number"),
        ({"limits": {3: 4.0}}, 'limit "3" is not known'),
        ({"programme": 3}, "programme is a int; give a name"),
        ({"rest_s": -1}, "rest_s -1 is not possible; give seconds above 0"),
        ({"rest_s": float("nan")}, "rest_s nan is not possible"),
        ({"calibration": {}}, "calibration is a dict; give a Calibration"),
        ({"person": 3}, "person is a int"),
        ({"own_max_flexion_deg": 50, "person": "anna.json"}, "give one of them"),
        ({"own_max_flexion_deg": 50, "limits": hiphinge.limits()}, "leave one of them out"),
        ({"person": "lost.json"}, "lost.json"),
        ({"calibration": "lost.json"}, "lost.json"),
        ({"calibration": "lost.json", "recalibrate": True}, "contradict"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(made: Simulation, arguments: dict[str, Any], said: str):
    with pytest.raises(HiphingeError) as error:
        hiphinge.analyse(made.recording, **arguments)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_an_own_maximum_that_is_not_used_is_said(made: Simulation):
    for limits in (None, {"depth_min_deg": 40.0}):
        found = hiphinge.analyse(made.recording, preset="strict", own_max_flexion_deg=50, limits=limits)
        assert any("own maximum flexion is not used" in warning for warning in found.warnings)


# --- recordings made in memory --------------------------------------------------------------------------------------


def test_a_recording_of_ones_own_may_hold_any_numbers(made: Simulation):
    own = Recording(
        made.recording.time_s.astype(np.float32).astype(np.float64),
        *(
            ImuSamples(imu.acc_mps2.astype(np.float32), imu.gyr_radps.tolist())
            for imu in (made.recording.sacral, made.recording.thoracic)
        ),
    )
    assert verdicts(hiphinge.analyse(own)) == ["compliant", "faulty", "compliant", "faulty"]


def spoilt(recording: Recording, **sacral: Any) -> Recording:
    return replace(recording, sacral=replace(recording.sacral, **sacral), source="")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda r: replace(r, time_s=r.time_s[::-1]), "time"),
        (lambda r: replace(r, time_s=r.time_s[:, None]), r"shape \(\d+, 1\); give \(N,\)"),
        (lambda r: replace(r, time_s=r.time_s[:500]), r"sacral acc has shape .*with N = 500, one row for each"),
        (lambda r: spoilt(r, acc_mps2=r.sacral.acc_mps2.T), r"sacral acc has shape \(3, \d+\); give \(N, 3\) with N ="),
        (lambda r: spoilt(r, acc_mps2="many"), "not an array of numbers"),
        (lambda r: spoilt(r, acc_mps2=r.sacral.acc_mps2 + 0j), "not an array of numbers"),
        (lambda r: replace(r, sacral=None), "sacral is no ImuSamples"),
        (lambda r: spoilt(r, acc_mps2=None), "neither raw data nor quaternions"),
        (lambda r: spoilt(r, acc_mps2=r.sacral.acc_mps2 / 9.81), "looks like g; multiply"),
        (lambda r: spoilt(r, gyr_radps=np.degrees(r.sacral.gyr_radps)), "looks like deg/s"),
        (lambda r: spoilt(r, acc_mps2=np.full_like(r.sacral.acc_mps2, np.inf)), "row 0: sacral_acc_x: is infinite"),
    ],
)
def test_a_recording_no_sensor_could_have_made_is_refused(
    made: Simulation, spoil: Callable[[Recording], Recording], said: str
):
    with pytest.raises(HiphingeError, match=said):
        hiphinge.analyse(spoil(made.recording))


@pytest.mark.parametrize("given", [None, 3, b"session.csv", [1.0, 2.0]])
def test_what_is_no_recording_and_no_path_is_said(given: Any):
    for what in (hiphinge.read, hiphinge.analyse):
        with pytest.raises(HiphingeError, match=f"is a {type(given).__name__}; give"):
            what(given)
    with pytest.raises(HiphingeError, match="give the path first, then a Recording"):
        hiphinge.write("session.csv", given)


def test_what_a_mask_hides_is_missing(made: Simulation):
    hidden = np.zeros_like(made.recording.sacral.acc_mps2, dtype=bool)
    hidden[400:450] = True
    acc = np.where(hidden, 500.0, made.recording.sacral.acc_mps2)
    masked = hiphinge.analyse(spoilt(made.recording, acc_mps2=np.ma.masked_array(acc, hidden)))
    absent = hiphinge.analyse(spoilt(made.recording, acc_mps2=np.where(hidden, np.nan, acc)))
    assert masked.attempts == absent.attempts and masked.missing_samples == absent.missing_samples >= 50


def test_a_recording_without_a_bend_names_itself():
    still = hiphinge.simulate(Scenario(standing_s=8.0)).recording
    with pytest.raises(HiphingeError, match=r"^recording: "):
        hiphinge.analyse(replace(still, source=""))


# --- frames ---------------------------------------------------------------------------------------------------------


def test_frames_hold_what_the_dataclasses_hold(made: Simulation, found: Analysis):
    samples = hiphinge.samples_frame(made.recording)
    assert samples.shape == (len(made.recording.time_s), 13)
    np.testing.assert_array_equal(samples["thoracic_gyr_y"].to_numpy(), made.recording.thoracic.gyr_radps[:, 1])  # type: ignore[index]
    angles = hiphinge.angles_frame(found)
    assert set(angles.dtypes) == {pl.Float64} and angles.width == 11
    np.testing.assert_array_equal(angles["trunk_deg"].fill_null(np.nan).to_numpy(), found.angles.trunk_deg)
    attempts = hiphinge.attempts_frame(found)
    assert attempts["verdict"].to_list() == verdicts(found)
    assert attempts["eccentric_s"].to_list() == [one.tempo_s[0] for one in found.attempts]
    assert attempts["reasons"][1] == hiphinge.reasons(found.attempts[1]) != ""
    findings = hiphinge.findings_frame(found)
    assert len(findings) == sum(len(one.faults) + len(one.doubts) for one in found.attempts) >= 2
    assert findings.filter(pl.col("certain"))["index"].to_list() == [2, 4]


def test_missing_values_are_null_and_empty_frames_keep_their_columns(found: Analysis):
    gap = found.angles.hip_hinge_deg.copy()
    gap[:7] = np.nan
    holey = replace(found, angles=replace(found.angles, hip_hinge_deg=gap))
    assert hiphinge.angles_frame(holey)["hip_hinge_deg"].null_count() >= 7
    one = replace(found.attempts[0], lumbar_share=float("nan"), tempo_s=(1.0, None, 1.0, None))
    frame = hiphinge.attempts_frame(replace(found, attempts=(one,)))
    assert frame["lumbar_share"].null_count() == frame["pause_top_s"].null_count() == 1
    nothing = replace(found, attempts=())
    assert hiphinge.attempts_frame(nothing).schema == hiphinge.attempts_frame(found).schema
    assert hiphinge.findings_frame(nothing).schema == hiphinge.findings_frame(found).schema


def test_frames_of_sessions_stack(found: Analysis):
    other = hiphinge.analyse(hiphinge.simulate(repetitions=2, seed=3).recording)
    both = pl.concat([hiphinge.attempts_frame(found), hiphinge.attempts_frame(other)])
    assert len(both) == 6
