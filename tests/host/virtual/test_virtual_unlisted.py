"""A device that does not tell what it still has of the boot before its restart: the session goes on without it."""

import numpy as np
import pytest
from virtual_runs import Run, Swinging, joined

from hiphinge.link import LinkSession, Lost, Samples, Warned
from hiphinge.simulate import TYPICAL
from hiphinge.virtual import Faults, FaultyLink, VirtualDevice
from hiphinge.virtual.control import Control
from hiphinge_wire.errors import BUSY, STORAGE, UNSUPPORTED
from hiphinge_wire.replies import Error
from hiphinge_wire.requests import StoreList


@pytest.mark.parametrize("answer", [STORAGE, UNSUPPORTED, BUSY, None])
def test_a_session_survives_a_restart_without_a_list_and_its_replay_is_the_same(
    answer: int | None, monkeypatch: pytest.MonkeyPatch
):
    device = VirtualDevice(Swinging(TYPICAL))
    asked: list[float] = []

    def refuse(_: Control, request: StoreList) -> None:
        asked.append(device.now_s)
        if answer is not None:
            device.reply(Error(request=request.request, code=answer, of_type=request.TYPE, detail="no"))

    monkeypatch.setattr(Control, "_list", refuse)
    session = LinkSession("packets")
    session.start()
    one = Run(FaultyLink(device, Faults(outages=((10.0, 4.0),))), session)
    heard: list[tuple] = []
    for kind in ("receive", "connected", "disconnected"):
        method = getattr(session, kind)

        def noted(*arguments, kind=kind, method=method):
            heard.append((kind, arguments))
            return method(*arguments)

        setattr(session, kind, noted)
    one.until(13)
    device.restart()
    one.until(45)
    time_s, columns = one.samples()
    assert time_s[-1] > 43
    assert np.isfinite(columns[time_s > 30]).all()
    (lost,) = [event for event in one.of(Lost) if event.reason == "unlisted" and event.samples is None]
    assert (lost.boot, lost.blocks) == (1, 0), "nobody knows how many"
    assert len([event for event in one.of(Warned) if "before its restart" in event.words]) == 1
    assert len(asked) == {STORAGE: 1, UNSUPPORTED: 1, BUSY: 3}.get(answer or 0, len(asked)) and len(asked) < 8
    assert device.boots[1].blocks, "what did not come is not acknowledged: it can be fetched later"
    replay = LinkSession("packets", replaying=True)
    events = [event for kind, arguments in heard for event in getattr(replay, kind)(*arguments)]
    again_s, again = joined([event for event in events if isinstance(event, Samples)])
    np.testing.assert_array_equal(again_s, time_s)
    np.testing.assert_array_equal(again, columns)
