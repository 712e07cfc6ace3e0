"""Which files are sessions."""

import pytest

from hiphinge.app.cohort.found import LARGEST_BYTES, Entry, Found, is_hidden, sessions_in


def names(*files: str) -> list[tuple[str, bool, bool]]:
    found = sessions_in("a", [Entry(name, 1, "t") for name in files])
    return [(one.path, one.has_json, one.problem is None) for one in found]


@pytest.mark.parametrize(
    ("files", "sessions"),
    [
        (("session.csv", "session.json", "angles.csv", "raw.bin"), [("a", True, True)]),
        (("session.csv",), [("a", False, True)]),
        (("b.csv", "a.CSV", "notes.txt"), [("a/a.CSV", False, True), ("a/b.csv", False, True)]),
        (("session.json", "raw.bin"), [("a", False, False)]),
        (("raw.bin", "b.csv"), [("a", False, False), ("a/b.csv", False, True)]),
        ((".b.csv", "notes.txt"), []),
        ((), []),
    ],
)
def test_the_rule(files: tuple[str, ...], sessions: list[tuple[str, bool, bool]]):
    assert names(*files) == sessions


def test_the_folder_itself_may_be_a_session():
    (found,) = sessions_in("", [Entry("session.csv"), Entry("session.json")])
    assert (found.path, found.csv_path, found.json_path) == ("", "session.csv", "session.json")


def test_a_session_has_a_stamp_only_if_all_its_files_do():
    both = [Entry("session.csv", 2, "a"), Entry("session.json", 3, "b")]
    (found,) = sessions_in("", both)
    assert (found.stamp, found.size_bytes) == ("a b", 5)
    (found,) = sessions_in("", [both[0], Entry("session.json", 3, None)])
    assert found.stamp is None


def test_what_would_never_end_or_fill_a_disk_is_not_read():
    pipe, huge = sessions_in("", [Entry("a.csv", 0, "t", regular=False), Entry("b.csv", LARGEST_BYTES + 1, "t")])
    assert "no regular file" in str(pipe.problem) and "2 GB" in str(huge.problem)


@pytest.mark.parametrize(("path", "hidden"), [(".git/a.csv", True), ("a/.b/c.csv", True), ("a.b/c.csv", False)])
def test_hidden(path: str, hidden: bool):
    assert is_hidden(path) is hidden


def test_paths_are_joined():
    assert Found("a/b", "c.csv").path == "a/b/c.csv" and Found("", "c.csv").csv_path == "c.csv"
