"""Which programme, limits and calibration a session is analysed by."""

from dataclasses import replace
from pathlib import Path

import pytest

from hiphinge.app.analyse import Request, analyse_recording
from hiphinge.app.results import analysis_dict, number
from hiphinge.model import HiphingeError, Recording, SessionMeta
from hiphinge.programmes import load_programme, resolve_limits
from hiphinge.simulate import Repetition, Scenario, simulate


@pytest.fixture(scope="module")
def recording() -> Recording:
    return simulate(Scenario(seed=4, sets=((Repetition(), Repetition(), Repetition()),))).recording


def with_meta(recording: Recording, **values: object) -> Recording:
    return replace(recording, meta=replace(SessionMeta(), **values), source="folder")  # type: ignore[arg-type]


def test_a_session_without_a_programme_is_judged_by_the_first(recording: Recording):
    found = analyse_recording(recording, Request())
    assert (found.programme.name, found.programme.preset) == ("assisted", "strict")
    assert found.rest_s == found.programme.rest_s


def test_a_session_is_judged_by_its_own_programme_unless_another_is_asked_for(recording: Recording):
    own = with_meta(recording, programme="unassisted", preset="lenient")
    found = analyse_recording(own, Request())
    assert (found.programme.name, found.programme.preset) == ("unassisted", "lenient")
    found = analyse_recording(own, Request(programme="assisted"))
    assert (found.programme.name, found.programme.preset) == ("assisted", "strict")
    assert analyse_recording(own, Request(preset="strict")).programme.preset == "strict"


def test_limits_saved_with_a_session_are_used_whole_or_in_part(recording: Recording):
    saved = resolve_limits(load_programme("assisted"), overrides={"lumbar_flexion_max_deg": 1.0})
    whole = with_meta(recording, limits=saved.to_dict())
    assert analyse_recording(whole, Request()).limits == saved
    part = with_meta(recording, limits={"lumbar_flexion_max_deg": 1.0})
    assert analyse_recording(part, Request()).limits == saved
    assert analyse_recording(part, Request(programme="assisted")).limits.lumbar_flexion_max_deg == 10


@pytest.mark.parametrize(
    "values", [{"programme": "lost.toml"}, {"limits": {"depth": 4.0}}, {"limits": {"depth_on": "knees"}}]
)
def test_what_cannot_be_used_names_the_session_and_the_way_out(recording: Recording, values: dict[str, object]):
    with pytest.raises(HiphingeError, match=r"^folder: .*--programme$"):
        analyse_recording(with_meta(recording, **values), Request())
    assert analyse_recording(with_meta(recording, **values), Request(programme="assisted")).programme.name == "assisted"


def test_a_saved_calibration_is_used_unless_it_is_to_be_found_again(recording: Recording):
    found = analyse_recording(recording, Request())
    own = with_meta(recording, calibration=replace(found.analysis.calibration, neutral_s=(1.0, 2.0)))
    again = analyse_recording(own, Request())
    assert (again.calibration_from, again.analysis.calibration.neutral_s) == ("saved with the session", (1.0, 2.0))
    anew = analyse_recording(own, Request(recalibrate=True))
    assert anew.analysis.calibration.neutral_s == found.analysis.calibration.neutral_s
    given = analyse_recording(own, Request(calibration=found.analysis.calibration, calibration_from="given"))
    assert given.calibration_from == "given"


def test_rest_decides_what_a_set_is(recording: Recording):
    found = analyse_recording(recording, Request(rest_s=0.01))
    assert len({one.set for one in found.analysis.attempts}) == 3


@pytest.mark.parametrize("live", [False, True])
def test_errors_of_the_chain_name_the_session(recording: Recording, live: bool):
    few = recording.time_s < 3.5
    parts = {name: getattr(recording, name) for name in ("sacral", "thoracic")}
    cut = {n: replace(p, acc_mps2=p.acc_mps2[few], gyr_radps=p.gyr_radps[few]) for n, p in parts.items()}
    standing = replace(recording, time_s=recording.time_s[few], source=str(Path("a") / "b.csv"), **cut)
    with pytest.raises(HiphingeError, match=r"^a.b\.csv: .*;"):
        analyse_recording(standing, Request(live=live))


def test_what_is_not_known_is_null(recording: Recording):
    found = analyse_recording(recording, Request())
    unknown = replace(found.analysis.attempts[0], lumbar_side_bend_deg=float("nan"), smoothness_sal=float("-inf"))
    odd = replace(found, analysis=replace(found.analysis, attempts=(unknown,)))
    (attempt,) = analysis_dict(odd)["attempts"]
    assert (attempt["lumbar_side_bend_deg"], attempt["smoothness_sal"]) == (None, None)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(1.23456, 1.235), (-0.0001, 0.0), (float("nan"), None), (float("inf"), None), (None, None)],
)
def test_numbers_are_fit_for_json(value: float | None, rounded: float | None):
    found = number(value, 3)
    assert found == rounded
    assert str(found) != "-0.0"
