"""Killed with SIGKILL at random moments, a recording opens and lacks nothing that was handed over."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from recorded_samples import RATE_HZ, ROWS, samples_of, values_of

from hiphinge.files.recording.raw_reader import RawReader
from hiphinge.files.recording.recovery import opened
from hiphinge.files.session_csv import read_csv
from hiphinge.files.session_json import read_meta

PROGRAM = Path(__file__).with_name("recording_process.py")
KILLS = 24
# The shortest recording that can be read (2 s), and then anywhere within the next two syncs.
FIRST_KILL, LAST_KILL = 60, 100


def killed_at(root: Path, line: str) -> tuple[Path, int, int]:
    """Record until it says `line`, kill it; returns the folder, how many blocks it had, how many it called durable."""
    process = subprocess.Popen(
        [sys.executable, PROGRAM, root, "0.0002"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PROGRAM.parent)},
    )
    said: list[str] = []
    assert process.stdout is not None
    with process, process.stdout:
        for text in lines(process.stdout):
            said.append(text)
            if text == line:
                process.kill()
    assert process.returncode < 0
    folder = Path(said[0].removeprefix("folder "))
    got = [int(text.split()[1]) for text in said if text.startswith("got ")]
    durable = [int(text.split()[1]) for text in said if text.startswith("durable ")]
    return folder, got[-1] + 1, durable[-1] + 1


def lines(stream: Iterator[str]) -> Iterator[str]:
    for text in stream:
        if text.endswith("\n"):
            yield text.rstrip("\n")


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("seed", range(KILLS))
def test_killed_recording_opens_and_lacks_nothing(tmp_path: Path, seed: int):
    rng = random.Random(seed)
    # In the middle of a sync too: just before "durable" is said.
    at = rng.choice([f"got {rng.randrange(FIRST_KILL, LAST_KILL)}", "got 79", "got 99", "durable 79"])
    folder, got, durable = killed_at(tmp_path, at)
    raw = (folder / "raw.bin").read_bytes()
    assert json.loads((folder / "session.json").read_text(encoding="utf-8"))["state"] == "recording"
    with opened(folder, samples_of) as (place, warnings):
        assert place == folder
        recording = read_csv(folder / "session.csv", "")
        meta = read_meta(folder / "session.json")
    assert "the session was cut off: made anew from raw.bin up to" in warnings[0]
    assert (folder / "raw.bin").read_bytes() == raw
    rows = len(recording.time_s)
    np.testing.assert_allclose(recording.time_s, np.arange(rows) / RATE_HZ, atol=1e-9)
    assert recording.sacral.acc_mps2 is not None
    np.testing.assert_allclose(recording.sacral.acc_mps2, values_of(0, rows)[:, :3], atol=1e-6)
    assert durable <= got
    # SIGKILL takes the process, not what it gave the system: nothing it had said to have is missing.
    assert rows >= got * ROWS
    assert len(meta.events) in (durable // 20, durable // 20 + 1)
    assert [int(event.note) for event in meta.events] == [20 * n + 19 for n in range(len(meta.events))]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_mended_folder_says_so_and_is_mended_once(tmp_path: Path):
    folder, _, _ = killed_at(tmp_path, "got 70")
    with opened(folder, samples_of):
        pass
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    with opened(folder, samples_of) as (place, warnings):
        assert place == folder
        (line,) = warnings
        assert line.startswith("the recording was cut off")
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    # Nothing of the killed run is left lying about but what filelock needs.
    assert {name for name in before if not name.startswith(".")} == {"raw.bin", "session.csv", "session.json"}


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_torn_at_every_byte_of_the_last_records_the_folder_opens(tmp_path: Path):
    folder, _, _ = killed_at(tmp_path, "got 60")
    state = (folder / "session.json").read_bytes()
    raw = (folder / "raw.bin").read_bytes()
    with RawReader(folder) as reader:
        ends = [record.end for record in reader]
    # Two blocks and the mark between them; every 7th byte, and all around the borders.
    cuts = {cut for cut in range(ends[-4], ends[-1]) if cut % 7 == 0 or min(abs(cut - end) for end in ends) < 6}
    for cut in sorted(cuts):
        (folder / "raw.bin").write_bytes(raw[:cut])
        (folder / "session.json").write_bytes(state)
        with opened(folder, samples_of) as (_, warnings):
            rows = len(read_csv(folder / "session.csv", "").time_s)
        lost = cut - max(end for end in ends if end <= cut)
        assert any(f"the last {lost} bytes of raw.bin" in line for line in warnings) == (lost > 0)
        assert rows % ROWS == 0
        assert rows >= 57 * ROWS
