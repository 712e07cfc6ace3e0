"""The device used last: what is kept of it, what is believed of that, and who is taken next time."""

import asyncio
import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from radio_air import Air
from radio_session import RadioHost
from radio_time import simulated
from radio_virtual import Carried, Central

from hiphinge.transports.base import TransportError
from hiphinge.transports.ble import BleTransport
from hiphinge.transports.ble_last import SCHEMA, LastUsed, Memory, state_path
from hiphinge.virtual.device import VirtualDevice
from hiphinge.virtual.wearer import Still

MINE, OTHER, THIRD = (f"24:6F:28:00:00:0{number}" for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("system", "environment", "path"),
    [
        ("linux", {"HOME": "/home/a"}, "/home/a/.config/hiphinge/bluetooth.json"),
        ("linux", {"HOME": "/home/a", "XDG_CONFIG_HOME": "/cfg"}, "/cfg/hiphinge/bluetooth.json"),
        ("linux", {"HOME": "/home/a", "XDG_CONFIG_HOME": "cfg"}, "/home/a/.config/hiphinge/bluetooth.json"),
        ("darwin", {"HOME": "/Users/a"}, "/Users/a/Library/Application Support/hiphinge/bluetooth.json"),
        ("win32", {"APPDATA": "C:/Users/a/AppData/Roaming"}, "C:/Users/a/AppData/Roaming/hiphinge/bluetooth.json"),
        ("linux", {}, None),
        ("win32", {"USERPROFILE": "C:/Users/a"}, None),
    ],
)
def test_it_is_kept_where_the_system_keeps_such_things(system: str, environment: dict[str, str], path: str | None):
    found = state_path(environment, system)
    assert (None if found is None else found.as_posix()) == path


def test_what_is_kept_comes_back_and_no_half_file_stays(tmp_path: Path):
    memory = Memory(tmp_path / "new" / "bluetooth.json")
    assert memory.recall() is None
    assert memory.keep(LastUsed(MINE, "anna\x1b[2J"))
    assert memory.recall() == LastUsed(MINE, "anna[2J")
    assert memory.keep(LastUsed(OTHER))
    assert memory.recall() == LastUsed(OTHER)
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["bluetooth.json"]
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) & 0o077 == 0
    memory.forget()
    assert memory.recall() is None


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path):
    (tmp_path / "hiphinge").write_text("a file where the folder should be")
    memory = Memory(tmp_path / "hiphinge" / "bluetooth.json")
    assert not memory.keep(LastUsed(MINE))
    assert memory.recall() is None
    assert not Memory(None).keep(LastUsed(MINE))
    memory.forget()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "null",
        "[" * 100_000,
        json.dumps({"schema": SCHEMA}),
        json.dumps({"schema": SCHEMA, "address": 7}),
        json.dumps({"schema": SCHEMA, "address": "../../etc/passwd"}),
        json.dumps({"schema": "another/1", "address": MINE}),
        json.dumps({"schema": SCHEMA, "address": MINE, "name": "x" * 5000}),
    ],
)
def test_anything_else_in_that_file_is_nothing(tmp_path: Path, text: str):
    path = tmp_path / "bluetooth.json"
    path.write_text(text)
    assert Memory(path).recall() is None


@given(st.binary(max_size=300))
def test_no_bytes_in_that_file_do_harm(tmp_path_factory: pytest.TempPathFactory, data: bytes):
    path = tmp_path_factory.getbasetemp() / "bluetooth.json"
    path.write_bytes(data)
    assert Memory(path).recall() is None


def opened(memory: Memory, *addresses: str) -> tuple[str, str]:
    """Who is taken of those in range, or why nobody; and what is remembered then."""

    async def main() -> str:
        loop = asyncio.get_running_loop()
        air = Air(0.015)
        central = await Central(air).on()
        there = [
            await Carried(air, VirtualDevice(Still(), now_s=loop.time()), name=f"n{one[-1]}", address=one).on()
            for one in addresses
        ]
        transport = BleTransport(memory=memory, find_s=5.0, radio=central.radio, clock=loop.time)
        try:
            host = await RadioHost(transport).begin()
            await host.until(lambda: host.first_s is not None)
            await host.end()
            return host.ups[0].place
        except TransportError as error:
            return str(error)
        finally:
            for one in there:
                await one.off()

    said = simulated(main())
    recalled = memory.recall()
    return said, recalled.address if recalled else ""


def test_the_one_used_last_is_taken_else_the_only_one_else_a_list_is_shown(tmp_path: Path):
    memory = Memory(tmp_path / "bluetooth.json")
    said, kept = opened(memory, MINE, OTHER)
    assert said.startswith("more than one hiphinge in range: ") and MINE in said and OTHER in said
    assert "\n" not in said and kept == ""
    assert opened(memory, MINE) == (f"n1 ({MINE})", MINE)
    assert opened(memory, MINE, OTHER, THIRD) == (f"n1 ({MINE})", MINE)
    said, kept = opened(memory, OTHER, THIRD)
    assert said.endswith(f"; n1 ({MINE}), used last, was not heard") and "\n" not in said
    assert kept == MINE
    assert opened(memory, OTHER) == (f"n2 ({OTHER})", OTHER)
