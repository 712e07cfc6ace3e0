"""A session that was cut off is told when the next begins: once, and never one that is being recorded now."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from recorded_samples import START, chunk, samples_in, samples_of

from hiphinge.files.recording.earlier import newest_cut_off
from hiphinge.files.recording.lock import FolderLock
from hiphinge.files.recording.recorder import Recorder
from hiphinge.files.recording.recovery import opened


def killed(root: Path, minutes: int) -> Path:
    """A folder as a killed program leaves it."""
    from dataclasses import replace

    recorder = Recorder(root, replace(START, at=START.at + timedelta(minutes=minutes)), samples_of=samples_of)
    for number in range(60):
        recorder.received(chunk(number), START.now_s + number)
        recorder.samples(samples_in(chunk(number)))
    recorder.sync()
    left = root / f"{recorder.folder.name}.left"
    shutil.copytree(recorder.folder, left)
    recorder.close(START.now_s + 99.0)
    shutil.rmtree(recorder.folder)
    left.rename(recorder.folder)
    return recorder.folder


def finished(root: Path, minutes: int) -> Path:
    folder = killed(root, minutes)
    with opened(folder, samples_of):
        pass
    return folder


def test_the_newest_is_told_until_it_was_read(tmp_path: Path):
    killed(tmp_path, 0)
    newest = killed(tmp_path, 1)
    assert newest_cut_off(tmp_path) == newest
    assert newest_cut_off(tmp_path) == newest, "asking changes nothing"
    with opened(newest, samples_of):
        pass
    assert newest_cut_off(tmp_path) is None


def test_behind_a_session_that_ended_well_nothing_is_told_again(tmp_path: Path):
    killed(tmp_path, 0)
    finished(tmp_path, 1)
    assert newest_cut_off(tmp_path) is None


def test_what_is_being_recorded_now_is_passed_over(tmp_path: Path):
    before = killed(tmp_path, 0)
    now = killed(tmp_path, 1)
    lock = FolderLock(now)
    assert lock.take()
    assert newest_cut_off(tmp_path) == before
    assert (now / ".recording.lock").exists()
    lock.release()


@pytest.mark.parametrize("metadata", ["", "{", "[]", json.dumps({"state": "complete"}), None])
def test_whatever_lies_there_nothing_is_raised(tmp_path: Path, metadata: str | None):
    assert newest_cut_off(tmp_path / "nowhere") is None
    (tmp_path / "a file").write_text("")
    assert newest_cut_off(tmp_path / "a file") is None
    (folder := tmp_path / "2026-01-01_00-00-00").mkdir()
    (folder / "raw.bin").write_bytes(b"")
    if metadata is not None:
        (folder / "session.json").write_text(metadata)
    assert newest_cut_off(tmp_path) == (folder if metadata is None else None)
