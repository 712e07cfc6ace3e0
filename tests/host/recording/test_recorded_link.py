"""A virtual device over a bad link, recorded: the CSV made anew from `raw.bin` is the live one, byte for byte."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import numpy as np
import pytest
from recorded_samples import SESSION, START

from hiphinge.files.recording.recorder import Recorder, Start
from hiphinge.files.session import read_session
from hiphinge.link import LinkSession, Samples
from hiphinge.simulate import default_scenario
from hiphinge.transports.base import Chunk, Down, Up
from hiphinge.transports.replay import ReplayTransport
from hiphinge.virtual import Faults, FaultyLink, VirtualDevice, Wearer

LASTS_S = 20.0
BAD = Faults(loss=0.02, damage=0.005, jitter_s=0.01, outages=((6.0, 3.0), (12.0, 1.0)), from_s=1.0, seed=4)


def live(
    root: Path, faults: Faults, lasts_s: float = LASTS_S, copy_at_s: float | None = None
) -> tuple[Path, list[Samples]]:
    """Record a session; returns its folder and its samples. At `copy_at_s` the folder is copied to `root/cut`."""
    framing = "stream" if faults.mtu == 0 else "packets"
    link, session = FaultyLink(VirtualDevice(Wearer(default_scenario())), faults), LinkSession(framing)
    session.start()
    recorder = Recorder(root, Start(START.at, 0.0, SESSION, framing))
    told: list[Samples] = []

    def take(events: list) -> None:
        for event in events:
            if isinstance(event, Samples):
                recorder.samples(event)
                told.append(event)

    for tick in range(round(lasts_s / 0.02)):
        now_s = round(tick * 0.02, 6)
        for arrival in link.step(now_s):
            if arrival.what == "up":
                recorder.connected(arrival.at_s, faults.payload, framing, 1.7e9 + arrival.at_s)
                take(session.connected(arrival.at_s, faults.payload, 1.7e9 + arrival.at_s))
            elif arrival.what == "down":
                recorder.disconnected(arrival.at_s)
                take(session.disconnected(arrival.at_s))
            else:
                recorder.received(arrival.data, arrival.at_s, arrival.channel)
                take(session.receive(arrival.data, arrival.at_s, arrival.channel))
        take(session.poll(now_s))
        if tick % 25 == 24 and recorder.sync().complete:
            session.durable()
        if copy_at_s is not None and now_s >= copy_at_s:
            shutil.copytree(recorder.folder, root / "cut")
            copy_at_s = None
        packets = session.outgoing(now_s)
        for packet in packets:
            recorder.sent(packet, now_s)
        link.send(packets)
    take(session.finish())
    recorder.close(lasts_s)
    assert recorder.notices() == []
    return recorder.folder, told


@pytest.mark.parametrize("faults", [Faults(), BAD, Faults(mtu=0, loss=0.01, seed=2)], ids=["good", "bad", "serial"])
def test_csv_made_anew_is_the_live_one(tmp_path: Path, faults: Faults):
    folder, told = live(tmp_path, faults)
    csv = (folder / "session.csv").read_bytes()
    rows = sum(len(samples.time_s) for samples in told)
    assert csv.count(b"\n") == rows + 1
    assert rows > 100 * (LASTS_S - 4.0)
    (folder / "session.csv").unlink()
    recording = read_session(folder)
    assert "has no session.csv" in recording.warnings[0]
    assert (folder / "session.csv").read_bytes() == csv
    assert recording.meta.started_at is not None


def test_folder_cut_off_opens_with_all_that_had_come(tmp_path: Path):
    folder, _ = live(tmp_path, BAD, lasts_s=8.0, copy_at_s=5.5)
    whole = read_session(folder)
    cut = read_session(tmp_path / "cut")
    assert "was cut off" in cut.warnings[0]
    rows = len(cut.time_s)
    np.testing.assert_array_equal(cut.time_s, whole.time_s[:rows])
    # The last instants lack their neighbours; all before are those of the whole session.
    assert cut.sacral.acc_mps2 is not None
    assert whole.sacral.acc_mps2 is not None
    np.testing.assert_array_equal(cut.sacral.acc_mps2[:-10], whole.sacral.acc_mps2[: rows - 10])
    # Copied at 5.5 s; the device was switched on and asked within the first second.
    assert cut.time_s[-1] > 4.2


def test_replay_gives_the_live_samples(tmp_path: Path):
    folder, told = live(tmp_path, BAD)

    async def replay() -> list[Samples]:
        transport = ReplayTransport(folder, None)
        await transport.open()
        assert transport.header is not None
        header = transport.header
        link = LinkSession(header.framing, header.profile, header.rate_hz, replaying=True)
        events: list = []
        async for event in transport:
            match event:
                case Up():
                    events += link.connected(event.at_s, event.payload, event.unix_s)
                case Chunk():
                    events += link.receive(event.data, event.arrival_s, event.channel)
                case Down():
                    events += link.disconnected(event.at_s)
        return [event for event in [*events, *link.finish()] if isinstance(event, Samples)]

    again = asyncio.run(replay())
    for ours, theirs in ((told, again),):
        np.testing.assert_array_equal(
            np.concatenate([s.time_s for s in ours]), np.concatenate([s.time_s for s in theirs])
        )
        for segment in ("sacral", "thoracic"):
            for name in ("acc_mps2", "gyr_radps"):
                one, other = (
                    np.concatenate([getattr(getattr(s, segment), name) for s in all_]) for all_ in (ours, theirs)
                )
                np.testing.assert_array_equal(one, other)
