"""The last seconds of angles, how they travel, and what a slow page loses."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.dashboard.ring import KEPT_S, Ring, decoded, encoded
from hiphinge.dashboard.sinks import Broadcast, Sink


def rows(first_s: float, count: int, rate_hz: float = 100.0) -> np.ndarray:
    time_s = first_s + np.arange(count) / rate_hz
    return np.column_stack([time_s, time_s * 2, time_s * 3, -time_s])


def test_what_is_older_than_the_chart_is_forgotten() -> None:
    ring = Ring()
    for at in range(400):
        ring.push(rows(at / 10, 10))
    kept = ring.rows()
    assert kept[-1, 0] == pytest.approx(39.99 + 0.0)
    assert 0 <= kept[-1, 0] - KEPT_S - kept[0, 0] + 0.2 < 0.4
    assert ring.newest is not None and ring.newest[0] == kept[-1, 0]
    ring.clear()
    assert len(ring.rows()) == 0 and ring.newest is None


@given(st.floats(0, 3e5), st.integers(1, 50))
def test_a_frame_keeps_milliseconds_however_long_the_session(first_s: float, count: int) -> None:
    given_rows = rows(first_s, count)
    back = decoded(encoded(given_rows))
    assert np.abs(back[:, 0] - given_rows[:, 0]).max() < 1e-4
    assert np.allclose(back[:, 1:], given_rows[:, 1:], rtol=1e-6)


def test_unknown_angles_stay_unknown() -> None:
    given_rows = rows(1.0, 3)
    given_rows[1, 1:] = np.nan
    assert np.isnan(decoded(encoded(given_rows))[1, 1:]).all()


def test_a_slow_page_loses_old_frames_but_no_words() -> None:
    async def run() -> list[bytes | str]:
        sink = Sink()
        sink.put("view")
        for at in range(200):
            sink.put(bytes([at]))
        sink.close()
        return [one async for one in sink]

    got = asyncio.run(run())
    assert got[0] == "view"
    assert len(got) < 100
    assert got[-1] == bytes([199])


def test_everybody_gets_the_same_and_whoever_left_nothing() -> None:
    broadcast = Broadcast()
    one, other = broadcast.join(), broadcast.join()
    broadcast.send(b"a")
    broadcast.leave(other)
    broadcast.send(b"b")
    broadcast.close()

    async def all_of(sink: Sink) -> list[bytes | str]:
        return [each async for each in sink]

    assert asyncio.run(all_of(one)) == [b"a", b"b"]
    assert asyncio.run(all_of(other)) == [b"a"]
    assert not broadcast.any
