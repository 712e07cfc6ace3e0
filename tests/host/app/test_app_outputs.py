"""Where results go."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.app.outputs import STDOUT, plan_outputs, refuse_overwriting, session_names
from hiphinge.model import HiphingeError


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a/one.csv", "b/one.csv", "c/ONE.csv"], ["one", "one-2", "ONE-3"]),
        (["a/one-2.csv", "one.csv", "b/one.csv"], ["one-2", "one", "one-3"]),
        (["monday/session.csv", "tuesday/session.csv"], ["monday", "tuesday"]),
        (["x.tar.csv", "noending", ".csv"], ["x.tar", "noending", ".csv"]),
    ],
)
def test_sessions_give_results_their_names(paths: list[str], names: list[str]):
    assert session_names([Path(path) for path in paths]) == names


def test_folders_give_their_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "mon.day"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert session_names([folder, Path(), Path("session.csv")]) == ["mon.day", "mon.day-2", "mon.day-3"]


@given(st.lists(st.from_regex(r"[abAB]{1,2}(-2)?(\.csv)?", fullmatch=True), max_size=12))
def test_names_never_collide_and_do_not_depend_on_what_follows(names: list[str]):
    paths = [Path("folder") / name for name in names]
    given_names = session_names(paths)
    assert len({name.casefold() for name in given_names}) == len(paths)
    assert session_names(paths[:-1]) == given_names[:-1] if paths else not given_names


def test_one_session_goes_to_the_file_several_to_a_folder(tmp_path: Path):
    one, several = [Path("a.csv")], [Path("a.csv"), Path("b.csv")]
    assert plan_outputs(None, ".json", several) == [None, None]
    assert plan_outputs(STDOUT, ".json", one) == [STDOUT]
    assert plan_outputs(tmp_path / "x", ".json", one) == [tmp_path / "x"]
    assert plan_outputs(tmp_path, ".json", one) == [tmp_path / "a.json"]
    assert plan_outputs(tmp_path / "new", ".json", several) == [tmp_path / "new/a.json", tmp_path / "new/b.json"]


@pytest.mark.parametrize("output", ["session.csv", "session.json", "raw.bin", "link.json"])
def test_nothing_of_a_session_folder_is_overwritten(tmp_path: Path, output: str):
    for name in ("session.csv", "session.json", "raw.bin"):
        (tmp_path / name).touch()
    (tmp_path / "link.json").symlink_to(tmp_path / "session.json")
    for given_path in (tmp_path, tmp_path / "session.csv"):
        with pytest.raises(HiphingeError, match="will not be overwritten"):
            refuse_overwriting([tmp_path / output], [given_path])
    refuse_overwriting([tmp_path / "result.json"], [tmp_path])
