"""A session by a programme of the user's own can be judged again wherever it is opened: it holds the programme."""

from pathlib import Path

import pytest
from live_runs import replayed, run, short

from hiphinge.app.analyse import Request, analyse_file
from hiphinge.app.live.plan import planned
from hiphinge.app.live.source import own_meta
from hiphinge.app.live.updates import Judged
from hiphinge.files.session_json import read_meta
from hiphinge.model import HiphingeError

OWN = """
extends = "assisted"
title = "Anna's"
rest_s = 7.5

[presets.strict.depth]
on = "hip_hinge"
min_deg = 10
max_deg = 20
grace_deg = 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    programme = tmp_path / "anna.toml"
    programme.write_text(OWN, encoding="utf-8")
    ran = run(planned(tmp_path / "sessions", str(programme)), short(2))
    assert [one.attempt.verdict for one in ran.of(Judged)] == ["faulty", "faulty"]  # far deeper than Anna should
    programme.unlink()
    return ran.folder


def test_it_is_judged_again_without_the_file(folder: Path):
    for live in (True, False):
        found = analyse_file(folder, Request(live=live))
        assert (found.programme.name, found.programme.title, found.rest_s) == ("anna", "Anna's", 7.5)
        assert {fault.kind for one in found.analysis.attempts for fault in one.faults} >= {"too_deep"}


def test_another_programme_can_be_asked_for(folder: Path):
    found = analyse_file(folder, Request(programme="unassisted"))
    assert found.programme.name == "unassisted" and found.rest_s == found.programme.rest_s
    assert found.analysis.attempts[0].verdict == "compliant"
    assert analyse_file(folder, Request(preset="lenient")).programme.preset == "lenient"
    with pytest.raises(HiphingeError, match="no preset kind; it has"):
        analyse_file(folder, Request(preset="kind"))


def test_a_replay_is_judged_and_dated_like_the_session(folder: Path, tmp_path: Path):
    like = own_meta(f"replay:{folder}")
    again = replayed(folder, planned(tmp_path / "again", like=like))
    assert [one.attempt.verdict for one in again.of(Judged)] == ["faulty", "faulty"]
    first, second = (read_meta(one / "session.json") for one in (folder, again.folder))
    assert second.started_at == first.started_at
    assert (second.rest_s, second.own_programme) == (first.rest_s, first.own_programme)


def test_a_rest_asked_for_live_counts_when_the_session_is_opened(tmp_path: Path):
    ran = run(planned(tmp_path, rest_s=2.5), short(2))
    assert analyse_file(ran.folder, Request()).rest_s == 2.5
    assert analyse_file(ran.folder, Request(rest_s=30.0)).rest_s == 30.0


def test_one_of_ours_is_kept_by_name(tmp_path: Path):
    meta = planned(tmp_path, "unassisted", "lenient").meta()
    assert (meta.programme, meta.preset, meta.own_programme) == ("unassisted", "lenient", {})
