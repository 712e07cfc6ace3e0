"""A session recorded and read again; troubles of the disk are told at once and cost nothing that is there."""

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from recorded_samples import RATE_HZ, ROWS, SESSION, START, chunk, samples_at, samples_in, samples_of, values_of

from hiphinge.files.errors import SessionError
from hiphinge.files.recording import raw_format as raw
from hiphinge.files.recording.lock import FolderLock
from hiphinge.files.recording.raw_reader import RawReader
from hiphinge.files.recording.recorder import Recorder
from hiphinge.files.recording.recovery import opened
from hiphinge.files.session import read_session
from hiphinge.files.session_json import read_meta
from hiphinge.model import Event, SessionMeta


def record(recorder: Recorder, blocks: range) -> None:
    for number in blocks:
        data = chunk(number)
        recorder.received(data, START.now_s + number * ROWS / RATE_HZ)
        recorder.samples(samples_in(data))


def kinds(folder: Path) -> list[int]:
    with RawReader(folder) as reader:
        found = [one.kind for one in reader]
        assert reader.torn is None
    return found


def state(folder: Path) -> str:
    return json.loads((folder / "session.json").read_text(encoding="utf-8"))["state"]


def test_a_session_is_recorded_and_read_again(tmp_path: Path):
    recorder = Recorder(tmp_path, START, SessionMeta(person="A7", programme="assisted"), samples_of=samples_of)
    recorder.connected(START.now_s, 244, "packets", START.at.timestamp())
    recorder.sent(b"start", START.now_s)
    record(recorder, range(60))
    recorder.event(Event(0.5, "set_start", "left leg in front"), START.now_s + 0.6)
    assert state(recorder.folder) == "recording"
    synced = recorder.sync()
    assert synced.complete
    assert synced.until_s == START.now_s + 0.6
    assert synced.raw_bytes == (recorder.folder / "raw.bin").stat().st_size
    recorder.amend(START.now_s + 3.0, pain_0_10=2, notes="stiff", load_kg=12.5, side="left")
    recorder.event(Event(2.2, "struck_out", "3: the phone rang"), START.now_s + 3.0)
    recorder.disconnected(START.now_s + 3.1, "battery empty")
    assert recorder.close(START.now_s + 3.2).complete
    assert recorder.notices() == []
    assert sorted(p.name for p in recorder.folder.iterdir()) == ["raw.bin", "session.csv", "session.json"]
    assert recorder.folder.name == "2025-03-01_09-30-00"

    read = read_session(recorder.folder)
    assert read.warnings == ()
    assert len(read.time_s) == 60 * ROWS
    np.testing.assert_allclose(read.sacral.acc_mps2, values_of(0, 240)[:, :3], atol=1e-6)
    np.testing.assert_allclose(read.thoracic.gyr_radps, values_of(0, 240)[:, 9:], atol=1e-6)
    meta = read.meta
    assert (meta.person, meta.pain_0_10, meta.notes, meta.load_kg, meta.side) == ("A7", 2, "stiff", 12.5, "left")
    assert [event.kind for event in meta.events] == ["set_start", "struck_out"]
    assert meta.started_at is not None
    assert datetime.fromisoformat(meta.started_at) == START.at
    found = kinds(recorder.folder)
    assert found[:3] == [raw.META, raw.CONNECTED, raw.SENT]
    assert found[-4:] == [raw.META, raw.EVENT, raw.DISCONNECTED, raw.CLOSED]
    assert found.count(raw.RECEIVED) == 60
    with RawReader(recorder.folder) as reader:
        assert reader.header.session == SESSION


def test_csv_equals_the_one_made_anew_however_it_was_portioned(tmp_path: Path):
    recorder = Recorder(tmp_path, START, samples_of=samples_of)
    for number in range(100):
        record(recorder, range(number, number + 1))
        if number % 7 == 0:
            recorder.sync()
    recorder.close(START.now_s + 4.0)
    live = (recorder.folder / "session.csv").read_bytes()
    (recorder.folder / "session.csv").unlink()
    with opened(recorder.folder, samples_of) as (place, warnings):
        assert place == recorder.folder
        assert "has no session.csv" in warnings[0]
    assert (recorder.folder / "session.csv").read_bytes() == live


def test_quaternions_that_come_later_get_columns_and_missing_rows_stay_empty(tmp_path: Path):
    recorder = Recorder(tmp_path, START, samples_of=samples_of)
    values = values_of(0, 50)
    values[20:24] = np.nan
    recorder.samples(samples_at(0, values))
    recorder.sync()
    later = samples_at(50, values_of(50, 50))
    quat = np.tile([0.6, 0.0, 0.8, 0.0], (50, 1)) + np.arange(50)[:, None] * [0.0, 1e-3, 0.0, 0.0]
    quat /= np.linalg.norm(quat, axis=1, keepdims=True)
    with_quats = [
        type(imu)(imu.acc_mps2, imu.gyr_radps, quat * s, imu.gap_s)
        for imu, s in ((later.sacral, 1.0), (later.thoracic, -1.0))
    ]
    recorder.samples(type(later)(50, later.time_s, *with_quats))
    recorder.samples(samples_at(100, values_of(100, 150)))
    recorder.close(START.now_s + 2.0)
    assert recorder.notices() == []
    read = read_session(recorder.folder)
    assert len(read.time_s) == 250
    assert read.sacral.quat is not None
    np.testing.assert_array_equal(np.isnan(read.sacral.quat[:, 0]), np.r_[np.ones(50), np.zeros(50), np.ones(150)])
    assert read.sacral.acc_mps2 is not None
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(read.sacral.acc_mps2[:, 0])), [20, 21, 22, 23])


def test_sets_say_what_holds_from_there_on(tmp_path: Path):
    recorder = Recorder(tmp_path, START, samples_of=samples_of)
    recorder.event(Event(0.5, "set_start"), START.now_s, side="left", stance="split", load_kg=20)
    recorder.amend(START.now_s, notes="second try")
    recorder.event(Event(1.5, "set_end"), START.now_s, pain_0_10=3)
    for holds in ({"pain_0_10": 11}, {"load_kg": -1.0}):
        with pytest.raises(SessionError, match=next(iter(holds))):
            recorder.event(Event(1.6, "mark"), START.now_s, **holds)
    recorder.close(START.now_s + 2.0)
    values = json.loads((recorder.folder / "session.json").read_text(encoding="utf-8"))
    assert values["events"] == [
        {"time_s": 0.5, "kind": "set_start", "note": "", "side": "left", "stance": "split", "load_kg": 20.0},
        {"time_s": 1.5, "kind": "set_end", "note": "", "pain_0_10": 3},
    ]
    assert read_meta(recorder.folder / "session.json").events == (Event(0.5, "set_start"), Event(1.5, "set_end"))
    with RawReader(recorder.folder) as reader:
        assert [json.loads(one.payload) for one in reader if one.kind == raw.EVENT] == values["events"]


def test_half_a_character_in_a_name_or_note_costs_no_recording(tmp_path: Path):
    """An argument in another encoding comes as lone surrogates, which no file can hold."""
    recorder = Recorder(tmp_path, START, SessionMeta(person="J\udcfcrg"), samples_of=samples_of)
    record(recorder, range(60))
    recorder.amend(START.now_s + 1.0, notes="\ud83d")
    recorder.event(Event(0.5, "mark", "n\udcff"), START.now_s + 1.0, side="\ud800")
    recorder.close(START.now_s + 2.0)
    assert recorder.notices() == []
    meta = read_meta(recorder.folder / "session.json")
    assert (meta.person, meta.notes, meta.events[0].note) == ("J?rg", "?", "n?")


def test_after_the_end_nothing_more_is_taken(tmp_path: Path):
    recorder = Recorder(tmp_path, START, samples_of=samples_of)
    record(recorder, range(60))
    recorder.sync()
    ended = recorder.close(START.now_s + 3.0)
    before = {path.name: path.read_bytes() for path in recorder.folder.iterdir()}
    recorder.received(b"late", START.now_s + 3.1)
    assert recorder.sync() == recorder.close(START.now_s + 4.0) == ended
    for say in (lambda: recorder.amend(0.0, notes="late"), lambda: recorder.event(Event(1.0, "mark"), 0.0)):
        with pytest.raises(SessionError, match="has ended"):
            say()
    assert {path.name: path.read_bytes() for path in recorder.folder.iterdir()} == before


def test_every_session_has_a_folder_of_its_own(tmp_path: Path):
    first = Recorder(tmp_path, START, samples_of=samples_of)
    second = Recorder(tmp_path, START, samples_of=samples_of)
    (tmp_path / "2025-03-01_09-30-00-3").write_text("a file in the way", encoding="utf-8")
    third = Recorder(tmp_path, START, samples_of=samples_of)
    assert [one.folder.name[19:] for one in (first, second, third)] == ["", "-2", "-4"]
    for one in (first, second, third):
        one.close(START.now_s + 1.0)


def test_one_writer_others_read_what_is_there(tmp_path: Path):
    recorder = Recorder(tmp_path, START, samples_of=samples_of)
    record(recorder, range(50))
    recorder.sync()
    before = {path.name: path.read_bytes() for path in recorder.folder.iterdir()}
    assert not FolderLock(recorder.folder).take()
    with opened(recorder.folder, samples_of) as (place, warnings):
        assert place != recorder.folder
        assert "is being recorded now" in warnings[0]
        assert (place / "session.csv").read_bytes().count(b"\n") == 1 + 50 * ROWS
    assert {path.name: path.read_bytes() for path in recorder.folder.iterdir()} == before
    record(recorder, range(50, 60))
    recorder.close(START.now_s + 3.0)
    assert recorder.notices() == []
    assert len(read_session(recorder.folder).time_s) == 60 * ROWS


def test_impossible_marks_and_fields_change_nothing(tmp_path: Path):
    recorder = Recorder(tmp_path, START, samples_of=samples_of)
    with pytest.raises(SessionError, match="pain_0_10"):
        recorder.amend(START.now_s, pain_0_10=11)
    with pytest.raises(SessionError, match="events"):
        recorder.event(Event(float("nan"), "mark"), START.now_s)
    recorder.close(START.now_s + 1.0)
    assert recorder.meta.pain_0_10 is None
    assert recorder.meta.events == ()
    assert kinds(recorder.folder) == [raw.META, raw.CLOSED]
    with pytest.raises(SessionError, match="load_kg"):
        Recorder(tmp_path / "never", START, SessionMeta(load_kg=-1.0), samples_of=samples_of)
    assert not (tmp_path / "never").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a place nobody may write to")
def test_a_place_that_cannot_be_written_to_is_refused_in_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    for place, said in ((Path("/proc/hiphinge"), "no such file|written"), (tmp_path / "file", "is a file")):
        with pytest.raises(SessionError, match=said) as caught:
            Recorder(place, START, samples_of=samples_of)
        assert "\n" not in str(caught.value)
    assert (tmp_path / "file").read_text(encoding="utf-8") == ""


@contextlib.contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """No file may grow beyond `limit` bytes: the kernel takes a part of a write, then refuses, as a full disk does."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_full_disk_is_told_at_once_and_nothing_is_lost_when_there_is_room_again(tmp_path: Path):
    recorder = Recorder(tmp_path, START, samples_of=samples_of)
    record(recorder, range(20))
    good = recorder.sync()
    assert good.complete
    with full_disk(good.raw_bytes + 1000):
        record(recorder, range(20, 23))
        (told,) = recorder.notices()
        assert "could not be written" in told
        assert "not recorded at present" in told
        assert "\n" not in told
        record(recorder, range(23, 40))
        synced = recorder.sync()
        assert not synced.complete
        assert synced.pending_bytes > 17 * 300
        assert not any("not recorded at present" in line for line in recorder.notices())  # told already
        assert kinds(recorder.folder).count(raw.RECEIVED) == 22  # whole records only, up to the very limit
    synced = recorder.sync()
    assert synced.complete
    assert (synced.pending_bytes, synced.lost_bytes) == (0, 0)
    assert "nothing is lost" in recorder.notices()[-1]
    record(recorder, range(40, 60))
    recorder.close(START.now_s + 3.0)
    assert kinds(recorder.folder).count(raw.RECEIVED) == 60
    read = read_session(recorder.folder)
    assert read.warnings == ()
    assert len(read.time_s) == 60 * ROWS


def test_memory_is_bounded_and_what_is_lost_is_said_and_never_acknowledged(tmp_path: Path):
    recorder = Recorder(tmp_path, START, samples_of=samples_of, most_pending_bytes=5000)
    record(recorder, range(20))
    size = recorder.sync().raw_bytes
    with full_disk(size):
        record(recorder, range(20, 60))
        synced = recorder.sync()
        assert synced.pending_bytes <= 5000
        assert synced.lost_bytes > 10 * 300
    assert any("memory is full" in line for line in recorder.notices())
    record(recorder, range(60, 70))
    synced = recorder.sync()
    assert synced.pending_bytes == 0
    assert not synced.complete
    assert any(f"{synced.lost_bytes} bytes are lost" in line for line in recorder.notices())
    recorder.close(START.now_s + 3.0)
    found = kinds(recorder.folder)
    assert raw.GAP in found
    with RawReader(recorder.folder) as reader:
        (gap,) = [one for one in reader if one.kind == raw.GAP]
    assert raw.read_gap(gap)[1] == synced.lost_bytes


def test_disk_still_full_at_the_end_leaves_a_folder_that_opens(tmp_path: Path):
    recorder = Recorder(tmp_path, START, samples_of=samples_of)
    record(recorder, range(40))
    size = recorder.sync().raw_bytes
    with full_disk(size):
        record(recorder, range(40, 50))
        recorder.close(START.now_s + 2.0)
        assert any("bytes are not recorded" in line for line in recorder.notices())
    assert state(recorder.folder) == "recording"
    with opened(recorder.folder, samples_of) as (place, warnings):
        assert "was cut off" in warnings[0]
        assert (place / "session.csv").read_bytes().count(b"\n") == 1 + 40 * ROWS


def test_what_an_fsync_did_not_bring_to_disk_is_written_again(tmp_path: Path):
    refusing = False

    def fsync(fd: int) -> None:
        if refusing:
            raise OSError(errno.EIO, "input/output error")
        os.fsync(fd)

    recorder = Recorder(tmp_path, START, samples_of=samples_of, fsync=fsync)
    record(recorder, range(10))
    durable = recorder.sync().raw_bytes
    record(recorder, range(10, 20))
    refusing = True
    synced = recorder.sync()
    assert not synced.complete
    assert synced.raw_bytes == durable == (recorder.folder / "raw.bin").stat().st_size
    assert "could not be written" in recorder.notices()[0]
    record(recorder, range(20, 25))
    refusing = False
    assert recorder.sync().complete
    recorder.close(START.now_s + 1.0)
    assert kinds(recorder.folder).count(raw.RECEIVED) == 25


def test_folder_deleted_in_mid_session_is_written_anew_and_told(tmp_path: Path):
    recorder = Recorder(tmp_path / "sessions", START, samples_of=samples_of)
    record(recorder, range(30))
    recorder.event(Event(0.4, "mark"), START.now_s + 1.0)
    recorder.sync()
    shutil.rmtree(recorder.folder)
    record(recorder, range(30, 40))
    assert recorder.sync().complete
    assert any("deleted or moved" in line for line in recorder.notices())
    record(recorder, range(40, 60))
    recorder.close(START.now_s + 2.0)
    read = read_session(recorder.folder)
    assert read.warnings == ()
    assert len(read.time_s) == 60 * ROWS
    assert [event.kind for event in read.meta.events] == ["mark"]


def test_folder_whose_place_is_gone_too_is_told_and_never_called_durable(tmp_path: Path):
    recorder = Recorder(tmp_path / "stick", START, samples_of=samples_of)
    record(recorder, range(10))
    assert recorder.sync().complete
    shutil.rmtree(tmp_path / "stick")
    record(recorder, range(10, 20))
    assert not recorder.sync().complete
    (told, *_) = recorder.notices()
    assert "not recorded at present" in told
    (tmp_path / "stick").mkdir()  # plugged in again
    assert recorder.sync().complete
    record(recorder, range(20, 60))
    recorder.close(START.now_s + 1.0)
    assert len(read_session(recorder.folder).time_s) == 60 * ROWS


def test_file_put_in_the_way_is_never_overwritten(tmp_path: Path):
    recorder = Recorder(tmp_path, START, samples_of=samples_of)
    record(recorder, range(10))
    recorder.sync()
    (recorder.folder / "raw.bin").unlink()
    (recorder.folder / "raw.bin").write_bytes(b"mine")
    record(recorder, range(10, 20))
    assert not recorder.sync().complete
    assert "deleted, moved or replaced" in recorder.notices()[0]
    recorder.close(START.now_s + 1.0)
    assert (recorder.folder / "raw.bin").read_bytes() == b"mine"


def test_many_sessions_a_day_apart_sort_by_name(tmp_path: Path):
    names: list[str] = []
    for day in range(3):
        start = type(START)(START.at + timedelta(days=day), 0.0, SESSION, "stream")
        recorder = Recorder(tmp_path, start, samples_of=samples_of)
        names.append(recorder.folder.name)
        recorder.close(1.0)
    assert names == sorted(names)
