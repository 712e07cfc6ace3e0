"""What a hub makes of what its session tells: a fault of the page stays one, signal and laboratory are heard of."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hiphinge.app.live import lab
from hiphinge.app.live.plan import planned
from hiphinge.app.live.session import LiveSession
from hiphinge.app.live.source import Source
from hiphinge.dashboard import hearing
from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.hub import Hub
from hiphinge.model import HiphingeError
from hiphinge.simulate.quick import quick_scenario
from hiphinge.transports.virtual import VirtualTransport


class Radio(VirtualTransport):
    """Tells how strongly it hears."""

    rssi_dbm = -61


def opening(name: str) -> Source:
    kind = Radio if name == "radio" else VirtualTransport
    transport = kind(quick_scenario(repetitions=2), pace=None)
    return Source(name, transport, transport.clock, transport.sleep, False, name)


def trained(source: str = "virtual", root: Path | None = None, **wishes: Any) -> Hub:
    async def act() -> Hub:
        desk = Desk(planned(root), opening, **wishes)
        await desk.start(1, source)
        while desk.hubs[1].live:
            await asyncio.sleep(0.01)
        return desk.hubs[1]

    return asyncio.run(act())


def test_a_fault_of_the_page_ends_no_recording(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object) -> str:
        raise KeyError("speech.nothing")

    monkeypatch.setattr(hearing, "spoken_message", broken)
    hub = trained(root=tmp_path)
    assert len(hub.state.attempts) == 2 and hub.state.error == ""
    assert hub.folder is not None and (hub.folder / "session.csv").is_file()
    told = [line.words for line in hub.state.lines if "speech.nothing" in line.words]
    # Once, however often it happens.
    assert len(told) == 1 and "recording goes on" in told[0]


def test_one_page_that_cannot_be_drawn_keeps_no_other_from_it(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[int] = []

    def broken() -> None:
        raise RuntimeError("the page is gone")

    async def act() -> None:
        desk = Desk(planned(None), opening)
        hub = desk.hubs[1]
        hub.listen(broken)
        hub.listen(lambda: seen.append(1))
        hub.tell()
        await asyncio.sleep(0.01)

    asyncio.run(act())
    assert seen == [1] and "could not be brought up to date" in caplog.text


@pytest.mark.parametrize(("source", "dbm"), [("radio", -61), ("virtual", None)])
def test_signal_is_that_of_the_transport(source: str, dbm: int | None) -> None:
    health = trained(source).state.health
    assert health is not None and health.rssi_dbm == dbm


def test_the_laboratory_hears_the_first_athlete(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []

    class Fake:
        def __init__(self, session: LiveSession, name: str, marks_from: str | None) -> None:
            assert session.rate_hz == 100.0
            happened.append(f"{name} {marks_from}")

        async def fetch_marks(self) -> None:
            await asyncio.sleep(60)

        def close(self) -> None:
            happened.append("closed")

    monkeypatch.setattr(lab, "Lab", Fake)
    trained(lab=("gym", "beeps"))
    assert happened == ["gym beeps", "closed"]
    trained()
    assert happened == ["gym beeps", "closed"]


def test_a_laboratory_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise HiphingeError("no stream of marks; start it first")

    monkeypatch.setattr(lab, "Lab", missing)
    state = trained(lab=(None, "beeps")).state
    assert (state.phase, state.error) == ("finished", "no stream of marks; start it first")
