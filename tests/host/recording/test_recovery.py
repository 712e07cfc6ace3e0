"""Folders that are not what they should be: what is mended, what is left alone, and what is said."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from recorded_samples import ROWS, START, chunk, samples_in, samples_of

from hiphinge.files.errors import SessionError
from hiphinge.files.recording.recorder import Recorder
from hiphinge.files.recording.recovery import opened
from hiphinge.files.session import read_session
from hiphinge.files.session_csv import read_csv
from hiphinge.files.session_json import read_meta
from hiphinge.model import Calibration, Event, SessionMeta

BLOCKS = 60


def recorded(root: Path, close: bool = True) -> Path:
    recorder = Recorder(root, START, SessionMeta(person="A7"), samples_of=samples_of)
    for number in range(BLOCKS):
        data = chunk(number)
        recorder.received(data, START.now_s + number / 25)
        recorder.samples(samples_in(data))
    recorder.event(Event(1.0, "set_start"), START.now_s + 1.0)
    recorder.sync()
    recorder.amend(START.now_s + 2.0, notes="after the last sync", pain_0_10=4)
    recorder.amend(START.now_s + 2.1, calibration=Calibration(np.eye(3), np.eye(3)[[1, 2, 0]], (0.0, 1.0), 0.9))
    recorder.event(Event(2.0, "set_end"), START.now_s + 2.0)
    if close:
        recorder.close(START.now_s + 2.5)
        return recorder.folder
    # What a killed process leaves: the files as they are, the lock given back by the system.
    left = root / "left"
    shutil.copytree(recorder.folder, left)
    recorder.close(START.now_s + 2.5)
    return left


def test_metadata_of_the_last_second_come_from_raw_bin(tmp_path: Path):
    folder = recorded(tmp_path, close=False)
    assert "after the last sync" not in (folder / "session.json").read_text(encoding="utf-8")
    with opened(folder, samples_of):
        meta = read_meta(folder / "session.json")
    assert (meta.person, meta.notes, meta.pain_0_10) == ("A7", "after the last sync", 4)
    assert [event.kind for event in meta.events] == ["set_start", "set_end"]
    assert meta.calibration is not None
    np.testing.assert_array_equal(meta.calibration.thoracic, np.eye(3)[[1, 2, 0]])


def test_what_was_written_into_session_json_after_the_cut_stays(tmp_path: Path):
    folder = recorded(tmp_path, close=False)
    path = folder / "session.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    values["person"] = "B8"
    path.write_text(json.dumps(values), encoding="utf-8")
    with opened(folder, samples_of):
        assert read_meta(path).person == "B8"


def test_lost_session_json_is_made_anew(tmp_path: Path):
    folder = recorded(tmp_path)
    before = read_meta(folder / "session.json")
    (folder / "session.json").unlink()
    csv = (folder / "session.csv").read_bytes()
    with opened(folder, samples_of) as (_, warnings):
        assert "has no session.json" in warnings[0]
        after = read_meta(folder / "session.json")
    assert after.events == before.events
    assert (after.person, after.notes, after.started_at) == (before.person, before.notes, before.started_at)
    assert (folder / "session.csv").read_bytes() == csv == (folder / "session.csv.before-1").read_bytes()


def test_csv_cut_short_is_made_anew_and_kept_beside(tmp_path: Path):
    folder = recorded(tmp_path)
    csv = (folder / "session.csv").read_bytes()
    short = b"".join(csv.splitlines(keepends=True)[:101])
    (folder / "session.csv").write_bytes(short)
    with opened(folder, samples_of) as (_, warnings):
        assert "ends at 0.99 s, before the recording's end" in warnings[0]
    assert (folder / "session.csv").read_bytes() == csv
    assert (folder / "session.csv.before-1").read_bytes() == short


def test_disk_too_full_to_mend_leaves_everything_as_it_was(tmp_path: Path):
    resource = pytest.importorskip("resource")
    folder = recorded(tmp_path)
    csv = (folder / "session.csv").read_bytes()
    (folder / "session.csv").write_bytes(csv[: csv.index(b"\n0.5,") + 1])
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
    try:
        with opened(folder, samples_of) as (place, warnings):
            assert place == folder
            assert "session.csv is read as it is" in warnings[0]
            assert "could not be written" in warnings[0]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_whole_folder_is_only_read(tmp_path: Path):
    folder = recorded(tmp_path)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    for path in (folder, folder / "session.csv"):
        read = read_session(path)
        assert read.warnings == ()
        assert len(read.time_s) == BLOCKS * ROWS
        assert read.meta.person == "A7"
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before


def test_damaged_raw_bin_does_not_keep_a_csv_from_being_read(tmp_path: Path):
    folder = recorded(tmp_path, close=False)
    (folder / "raw.bin").write_bytes(b"rubbish" * 100)
    with opened(folder, samples_of) as (place, warnings):
        assert place == folder
        assert "session.csv is read as it is" in warnings[0]
        assert "no raw.bin of hiphinge" in warnings[0]
    (folder / "session.csv").unlink()
    with pytest.raises(SessionError, match=r"no raw\.bin of hiphinge"), opened(folder, samples_of):
        pass


def test_recording_without_a_sample_says_so(tmp_path: Path):
    recorder = Recorder(tmp_path, START, samples_of=samples_of)
    recorder.sync()
    left = tmp_path / "left"
    shutil.copytree(recorder.folder, left)
    recorder.close(START.now_s + 1.0)
    (left / "session.csv").unlink()
    with pytest.raises(SessionError, match="ended before the first") as caught, opened(left, samples_of):
        pass
    assert "\n" not in str(caught.value)
    assert not (left / "session.csv").exists()


@pytest.fixture
def anybodys() -> Iterator[Path]:
    """A folder an unprivileged user can reach, and the test is that user."""
    if os.name != "posix":
        pytest.skip("permissions of POSIX")
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    mask = os.umask(0o022)
    try:
        yield root
    finally:
        if os.geteuid() != os.getuid():
            os.seteuid(os.getuid())
        os.umask(mask)
        for folder, _, _ in os.walk(root):
            Path(folder).chmod(0o755)
        shutil.rmtree(root)


def be_nobody() -> None:
    if os.getuid() == 0:
        os.seteuid(65534)


def test_read_only_folder_is_read_in_memory(anybodys: Path):
    folder = recorded(anybodys, close=False)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    folder.chmod(0o555)
    be_nobody()
    with opened(folder, samples_of) as (place, warnings):
        assert place != folder
        assert "in memory only" in warnings[0]
        assert len(read_csv(place / "session.csv", "").time_s) == BLOCKS * ROWS
        assert read_meta(place / "session.json").notes == "after the last sync"
    assert not place.exists()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_folder_made_read_only_in_mid_session_is_told_and_the_samples_go_on(anybodys: Path):
    root = anybodys / "sessions"
    root.mkdir()
    if os.getuid() == 0:
        root.chmod(0o777)
    be_nobody()
    recorder = Recorder(root, START, samples_of=samples_of)
    recorder.folder.chmod(0o555)
    for number in range(BLOCKS):
        recorder.received(chunk(number), START.now_s)
        recorder.samples(samples_in(chunk(number)))
    recorder.event(Event(1.0, "mark"), START.now_s)
    assert recorder.sync().complete
    (line,) = recorder.notices()
    assert "session.json: may not be written" in line
    recorder.folder.chmod(0o755)
    recorder.close(START.now_s + 3.0)
    assert read_session(recorder.folder).meta.events == (Event(1.0, "mark"),)


def test_unwritable_place_is_refused_at_the_start_and_left_as_it_was(anybodys: Path):
    anybodys.chmod(0o555)
    be_nobody()
    with pytest.raises(SessionError, match="may not be written"):
        Recorder(anybodys, START, samples_of=samples_of)
    assert list(anybodys.iterdir()) == []
