"""`sync` in another thread: bytes go on being taken while a slow disk works; none is called durable early."""

import os
import threading
import time
from pathlib import Path

import pytest
from recorded_samples import START, samples_of

from hiphinge.files.recording.raw_format import RECEIVED
from hiphinge.files.recording.raw_reader import RawReader
from hiphinge.files.recording.raw_writer import Synced
from hiphinge.files.recording.recorder import Recorder


def test_slow_disk_delays_nothing_and_promises_nothing_early(tmp_path: Path):
    at_disk, go_on = threading.Event(), threading.Event()

    def fsync(fd: int) -> None:
        at_disk.set()
        assert go_on.wait(20.0)
        os.fsync(fd)

    recorder = Recorder(tmp_path, START, samples_of=samples_of, fsync=fsync)
    recorder.received(b"before", 1001.0)
    synced: list[Synced] = []
    thread = threading.Thread(target=lambda: synced.append(recorder.sync()))
    thread.start()
    assert at_disk.wait(20.0)
    begun = time.perf_counter()
    for n in range(100):
        recorder.received(bytes([n]), 1002.0 + n)
    # The disk is still busy: had they waited for it, this would not have been reached.
    assert thread.is_alive()
    assert time.perf_counter() - begun < 5.0
    go_on.set()
    thread.join()
    assert synced[0].complete
    assert synced[0].until_s == 1001.0  # not what came while the disk worked
    assert recorder.sync().until_s == 1101.0
    recorder.close(1200.0)
    with RawReader(recorder.folder) as raw:
        assert [record.payload for record in raw if record.kind == RECEIVED] == [
            b"before",
            *(bytes([n]) for n in range(100)),
        ]


@pytest.mark.parametrize("fails_every", [0, 3])
def test_two_threads_neither_lose_nor_mix_records(tmp_path: Path, fails_every: int):
    calls = 0

    def fsync(fd: int) -> None:
        nonlocal calls
        calls += 1
        if fails_every and calls % fails_every == 0:
            raise OSError(5, "input/output error")
        os.fsync(fd)

    recorder = Recorder(tmp_path, START, samples_of=samples_of, fsync=fsync)
    done = threading.Event()

    def keep_syncing() -> None:
        while not done.is_set():
            recorder.sync()

    thread = threading.Thread(target=keep_syncing)
    thread.start()
    for n in range(3000):
        recorder.received(n.to_bytes(4, "little") * 20, 1000.0 + n)
    done.set()
    thread.join()
    while not recorder.sync().complete:
        pass
    recorder.close(9000.0)
    with RawReader(recorder.folder) as raw:
        payloads = [record.payload for record in raw if record.kind == RECEIVED]
    assert raw.torn is None
    assert payloads == [n.to_bytes(4, "little") * 20 for n in range(3000)]
