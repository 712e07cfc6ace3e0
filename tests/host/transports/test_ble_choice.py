"""Which device is meant, what strangers' advertisements may show, and what goes wrong in words: no radio needed."""

import string
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.transports.base import TransportError
from hiphinge.transports.ble_found import BleDevice, choose_device, clean_name, described, is_address
from hiphinge.transports.ble_pace import Turns, WindowsPace
from hiphinge.transports.ble_radio import in_words
from hiphinge_wire.gatt import COMPANY, Advert, encode_advert

ONE = BleDevice("24:6F:28:00:00:01", "hiphinge", -60)
TWO = BleDevice("24:6F:28:00:00:02", "hiphinge", -50)
LAB = BleDevice("9A1F6C2E-0000-4000-8000-1234567890AB", "lab", -70)


@pytest.mark.parametrize(
    ("wanted", "last", "found", "chosen"),
    [
        (None, None, [ONE], ONE),
        (None, TWO.address, [ONE, TWO], TWO),
        (None, "24-6f-28-00-00-01", [ONE, TWO, LAB], ONE),
        ("LAB", None, [ONE, TWO, LAB], LAB),
        ("la", None, [ONE, LAB], LAB),
        ("24:6f:28:00:00:02", None, [ONE, TWO], TWO),
        ("24-6F-28-00-00-02", LAB.address, [ONE, TWO, LAB], TWO),
        (LAB.address.lower(), None, [ONE, LAB], LAB),
        ("hiphinge", ONE.address, [ONE, TWO, LAB], ONE),
    ],
)
def test_one_is_chosen(wanted: str | None, last: str | None, found: list[BleDevice], chosen: BleDevice):
    assert choose_device(wanted, last, found) is chosen


@pytest.mark.parametrize(
    ("wanted", "last", "found", "words"),
    [
        (None, None, [], "no hiphinge in range"),
        (None, None, [ONE, TWO], "more than one"),
        (None, LAB.address, [ONE, TWO], "more than one"),
        ("hiphinge", None, [ONE, TWO, LAB], "more than one"),
        ("nobody", None, [ONE], "there is hiphinge (24:6F:28:00:00:01)"),
        ("24:6F:28:00:00:09", None, [ONE, TWO], "24:6F:28:00:00:09"),
        ("nobody", None, [], "switch it on"),
    ],
)
def test_none_is_chosen_in_one_line(wanted: str | None, last: str | None, found: list[BleDevice], words: str):
    with pytest.raises(TransportError, match=words.replace("(", r"\(").replace(")", r"\)")) as told:
        choose_device(wanted, last, found)
    assert "\n" not in str(told.value)


@given(st.text(max_size=200))
def test_a_name_can_do_nothing_to_a_terminal(name: str):
    shown = clean_name(name)
    assert len(shown) <= 24
    assert shown.isprintable()
    assert clean_name(shown) == shown


def test_names_that_mean_harm():
    assert clean_name("\x1b]0;owned\x07hip") == "]0;ownedhip"
    assert clean_name("a\u202eb\u200bc\n d") == "abc d"
    assert clean_name(None) == ""
    # A path stays text: nothing is named after it.
    assert clean_name("../../etc") == "../../etc"


@given(st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=31), max_size=3), st.text(max_size=40))
def test_any_advertisement_is_read(manufacturer: dict[int, bytes], name: str):
    device = described("x", name, -1, manufacturer)
    assert device.battery_percent is None or 0 <= device.battery_percent <= 100


def test_an_advertisement_is_read_whole():
    data = encode_advert(Advert(flags=0b1101, battery_percent=255, firmware=(1, 22, 3)))
    device = described("x", "n", -42, {COMPANY: data})
    assert (device.pairing, device.sampling, device.safe_mode) == (True, True, True)
    assert (device.battery_percent, device.firmware, device.rssi_dbm) == (None, "1.22.3", -42)


@pytest.mark.parametrize("text", ["24:6F:28:00:00:01", LAB.address])
def test_addresses(text: str):
    assert is_address(text) and is_address(text.lower())
    assert not is_address(text[1:])


def _unavailable(reason: str) -> Exception:
    error = Exception("something long")
    error.reason = SimpleNamespace(name=reason)  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (_unavailable("NO_BLUETOOTH"), "no Bluetooth adapter"),
        (_unavailable("NO_BLE_CENTRAL_ROLE"), "no Low Energy"),
        (_unavailable("POWERED_OFF"), "switched off"),
        (_unavailable("DENIED_BY_USER"), "may not use Bluetooth"),
        (FileNotFoundError(2, "No such file or directory"), "not running on this computer"),
        (PermissionError(13, "no"), "may not use Bluetooth"),
        (TimeoutError(), "does not answer"),
        (Exception("[org.freedesktop.DBus.Error.ServiceUnknown] The name org.bluez was not provided"), "not running"),
        (Exception("[org.freedesktop.DBus.Error.AccessDenied] Rejected send message"), "may not use Bluetooth"),
        (Exception("[org.bluez.Error.NotReady] Resource Not Ready"), "switched off"),
        (Exception("[org.bluez.Error.AuthenticationFailed] Authentication Failed"), "pairing failed"),
        (Exception("a\nb" + "c" * 500), "trying again"),
        (AssertionError(), "AssertionError"),
    ],
)
def test_errors_in_one_line(error: Exception, words: str):
    line = in_words(error, "hip")
    assert words in line
    assert "\n" not in line and len(line) < 250


@pytest.mark.parametrize("interval_s", [0.0075, 0.015, 0.06])
def test_the_interval_is_bounded_by_arrivals(interval_s: float):
    turns = Turns()
    assert turns.at_most_s is None
    for turn in range(40):
        for packet in range(3):
            turns.arrived(turn * interval_s + packet * 0.0005)
    assert turns.at_most_s == pytest.approx(interval_s - 0.001, abs=1e-6)


def test_windows_is_asked_and_believed_only_where_it_is_as_expected(monkeypatch: pytest.MonkeyPatch):
    assert not WindowsPace(object()).ask()
    assert WindowsPace(object()).interval_s is None

    class Request:
        closed = False

        def close(self) -> None:
            self.closed = True

    class Requester:
        def __init__(self) -> None:
            self.wished: Any = None
            self.request = Request()

        def request_preferred_connection_parameters(self, wish: str) -> Request:
            self.wished = wish
            return self.request

        def get_connection_parameters(self) -> Any:
            return SimpleNamespace(connection_interval=12)

    wishes = SimpleNamespace(throughput_optimized="throughput")
    module = SimpleNamespace(BluetoothLEPreferredConnectionParameters=wishes)
    names = ["winrt", "windows", "devices", "bluetooth"]
    for count in range(1, len(names) + 1):
        monkeypatch.setitem(__import__("sys").modules, ".".join(names[:count]), module)
    for name in names[1:]:
        setattr(module, name, module)
    requester = Requester()
    pace = WindowsPace(SimpleNamespace(_backend=SimpleNamespace(_requester=requester)))
    assert pace.ask() and requester.wished == "throughput"
    assert pace.interval_s == pytest.approx(0.015)
    assert not requester.request.closed
    pace.close()
    assert requester.request.closed


def test_every_letter_of_a_plain_name_is_kept():
    name = string.ascii_letters[:24]
    assert clean_name(name) == name
