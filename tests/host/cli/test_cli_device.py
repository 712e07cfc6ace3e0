"""`hiphinge device ...` and `devices` in this process: exit codes, tables, JSON, one-line errors."""

import json
import sys
from pathlib import Path

import pytest
from command_line import hiphinge

from hiphinge.app.device import selftest as selftest_module
from hiphinge.cli import device as screen
from hiphinge.transports import ble, ports
from hiphinge.transports.base import TransportError
from hiphinge.transports.ble import BleDevice
from hiphinge.virtual.control import Control
from hiphinge_wire.config import KEYS
from hiphinge_wire.errors import UNSUPPORTED, WireError

COMMANDS = ("flash", "update", "selftest", "identify", "config", "calibrate")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(capsys: pytest.CaptureFixture[str], command: str):
    ended = hiphinge(capsys, "device", command, "--help")
    assert ended.code == 0
    assert f"hiphinge device {command}" in ended.out


def test_selftest_as_table_and_json(capsys: pytest.CaptureFixture[str]):
    table = hiphinge(capsys, "device", "selftest", "--port", "virtual")
    assert table.code == 0
    assert "identity" in table.out
    assert "passed" in table.err
    ended = hiphinge(capsys, "device", "selftest", "--port", "virtual", "--json")
    told = json.loads(ended.out)
    assert told["schema"] == "hiphinge.selftest/1"
    assert told["passed"] is True
    assert told["steps"][0] == {
        "step": "identity", "where": "sacral", "result": "pass", "low": 112, "high": 112, "seen": 112
    }  # fmt: skip


@pytest.mark.parametrize("json_too", [False, True])
def test_a_failed_step_ends_with_1(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, json_too: bool):
    steps = (selftest_module.Step("rate", "thoracic", "fail", 110, 130, 60),)

    async def failing(_: object) -> selftest_module.Tested:
        return selftest_module.Tested("anna", "S1", "0.1.0", steps)

    monkeypatch.setattr(selftest_module, "selftest", failing)
    ended = hiphinge(capsys, "device", "selftest", "--port", "virtual", *(["--json"] if json_too else []))
    assert ended.code == 1
    if json_too:
        assert json.loads(ended.out)["passed"] is False
    else:
        assert "FAIL" in ended.out
        assert "110 to 130" in ended.out
        assert "1 of 1 steps failed" in ended.err


def test_identify(capsys: pytest.CaptureFixture[str]):
    ended = hiphinge(capsys, "device", "identify", "--port", "virtual", "--seconds", "1.5")
    assert (ended.code, ended.out) == (0, "")
    assert "V0001" in ended.err
    assert "blinks for 1.5 s" in ended.err
    assert hiphinge(capsys, "device", "identify", "--port", "virtual", "--seconds", "31").code == 2


def test_config_shows_all_and_sets_some(capsys: pytest.CaptureFixture[str]):
    shown = hiphinge(capsys, "device", "config", "--port", "virtual")
    assert shown.code == 0
    assert {line.split()[0] for line in shown.out.splitlines()[2:]} == {entry[0] for entry in KEYS.values()}
    some = hiphinge(capsys, "device", "config", "name=anna", "led_percent=10", "--port", "virtual", "--json")
    values = json.loads(some.out)["values"]
    assert (values["name"], values["led_percent"]) == ("anna", 10)
    assert "restart" not in some.err
    asked = hiphinge(capsys, "device", "config", "passkey=271828", "passkey_pairing=1", "--port", "virtual")
    assert "from the device's next restart on" in asked.err


@pytest.mark.parametrize("setting", ["led_percent=101", "nothing=1", "led_percent"])
def test_a_wrong_setting_is_one_line_and_asks_no_device(capsys: pytest.CaptureFixture[str], setting: str):
    ended = hiphinge(capsys, "device", "config", setting, "--port", "/dev/ttyNOBODY")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.count("\n") == 1
    assert "ttyNOBODY" not in ended.err


@pytest.mark.parametrize("command", ["selftest", "identify", "config", "calibrate"])
def test_no_such_port_is_one_line(capsys: pytest.CaptureFixture[str], command: str):
    ended = hiphinge(capsys, "device", command, "--port", "/dev/ttyNOBODY")
    assert ended.code == 1
    assert "/dev/ttyNOBODY: no such port" in ended.err.splitlines()[-1]


def test_a_calibration_is_forgotten_and_a_sensor_has_one_of_two_names(capsys: pytest.CaptureFixture[str]):
    assert hiphinge(capsys, "device", "calibrate", "--sensor", "left").code == 2
    assert hiphinge(capsys, "device", "calibrate", "--forget", "--port", "virtual").code == 0


def test_a_calibration_that_a_device_does_not_take(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise WireError(UNSUPPORTED, "older")

    monkeypatch.setattr(Control, "_calibrate", refuse)
    ended = hiphinge(capsys, "device", "calibrate", "--forget", "--port", "virtual")
    assert ended.code == 1
    assert "refused CalibrationSet: UNSUPPORTED" in ended.err


@pytest.fixture(autouse=True)
def no_radio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether this computer has Bluetooth, and who is near, is nothing for tests."""

    async def deaf(*_: object) -> list[BleDevice]:
        raise TransportError("Bluetooth is switched off; switch it on")

    monkeypatch.setattr(ble, "list_devices", deaf)


def test_devices_heard_on_bluetooth_are_listed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    async def hears(*_: object) -> list[BleDevice]:
        return [BleDevice("AA:BB:CC:DD:EE:FF", "hinge 7", -60, 81, "1.2.0", pairing=True)]

    monkeypatch.setattr(ports, "list_ports", list)
    monkeypatch.setattr(ble, "list_devices", hears)
    row = hiphinge(capsys, "devices").out
    assert all(part in row for part in ("hinge 7", "ble:AA:BB:CC:DD:EE:FF", "81 %", "1.2.0", "-60 dBm, pairing"))
    (heard,) = json.loads(hiphinge(capsys, "devices", "--json").out)["bluetooth"]
    assert (heard["name"], heard["rssi_dbm"], heard["pairing"]) == ("hinge 7", -60, True)


def test_devices_with_none(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ports, "list_ports", list)
    ended = hiphinge(capsys, "devices")
    assert (ended.code, ended.out) == (0, "")
    assert "No serial port looks like" in ended.err
    assert "Bluetooth" in ended.err  # no radio here, and said
    told = json.loads(hiphinge(capsys, "devices", "--json").out)
    assert told == {"schema": "hiphinge.devices/1", "devices": [], "bluetooth": []}


def test_devices_that_do_not_answer(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ports, "list_ports", lambda: [ports.SerialPort("/dev/ttyNOBODY", "bridge", 0x10C4, 0xEA60)])
    ended = hiphinge(capsys, "devices")
    assert ended.code == 0
    assert "/dev/ttyNOBODY" in ended.out
    assert "no such port" in ended.err


def test_flash_asks_before_it_erases(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    from hiphinge.app.device import install
    from hiphinge.device import sources

    done: list[str] = []
    monkeypatch.setattr(sources, "find_sources", lambda _: None)
    monkeypatch.setattr(install, "plan_flash", lambda *_: (None, None, "This erases all of it."))

    def erased(*_: object) -> install.Installed:
        done.append("erased")
        return install.Installed("0.1.0", "", 3, 4096, "a")

    monkeypatch.setattr(install, "flash", erased)
    arguments = ["device", "flash", "--port", "/dev/x", "--image", tmp_path / "x.bin"]
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    ended = hiphinge(capsys, *arguments)
    assert (ended.code, done) == (1, [])
    assert "erases all of it" in ended.err
    assert "give --yes" in ended.err
    monkeypatch.setattr(screen, "_ask_first", lambda: None)
    assert hiphinge(capsys, *arguments).code == 0
    assert done == ["erased"]
    ended = hiphinge(capsys, *arguments, "--yes")
    assert "firmware 0.1.0 runs: 3 files, 4 KiB, every one verified" in ended.err


def test_no_firmware_where_one_was_given(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    ended = hiphinge(capsys, "device", "update", "--port", "/dev/x", "--firmware", tmp_path)
    assert ended.code == 1
    assert "holds no main.py" in ended.err
