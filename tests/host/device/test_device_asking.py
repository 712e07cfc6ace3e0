"""Asking a device: the virtual one over both framings, over a real pseudo-terminal, refusals and silence."""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from hiphinge.app.device import calibrate as work
from hiphinge.app.device.configure import configure, parsed
from hiphinge.app.device.found import find_devices
from hiphinge.app.device.places import places
from hiphinge.app.device.reach import run
from hiphinge.app.device.selftest import selftest
from hiphinge.device.asking import Conversation, ask
from hiphinge.device.errors import DeviceError
from hiphinge.link.events import Configured, DeviceInfo, DeviceStatus, Done, GyroBiasMeasured, SelfTested, StoreContents
from hiphinge.model import Floats
from hiphinge.simulate.errors import PERFECT, SensorErrors
from hiphinge.transports.ports import SerialPort
from hiphinge.transports.serial import SerialTransport
from hiphinge.transports.virtual import VirtualTransport
from hiphinge.virtual import DeviceSettings, Faults
from hiphinge.virtual.control import Control
from hiphinge.virtual.device import VirtualDevice
from hiphinge_wire.calibration import Calibration, CalibrationSet
from hiphinge_wire.config import ConfigGet, ConfigSet
from hiphinge_wire.errors import BAD_STATE, WireError
from hiphinge_wire.message import Message
from hiphinge_wire.replies import Ok, SelftestResult, Step
from hiphinge_wire.requests import CalibrateGyro, Identify, InfoGet, Reboot, Selftest, StatusGet, StoreErase, StoreList

UPS = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1), (1, 1, 0), (1, 0, 1), (0, 1, 1)]


class Turned:
    """Both sensors lie 4 s on each side in turn, with errors of their own, in the chip's axes."""

    errors: SensorErrors = PERFECT
    matrix = np.array([[1.02, 0.008, -0.005], [0.008, 0.985, 0.01], [-0.005, 0.01, 1.01]])
    offset_g = np.array([0.03, -0.05, 0.02])
    bias_dps = np.array([0.4, -0.3, 0.2])

    def true(self, imu: int, at_s: Floats) -> tuple[Floats, Floats]:
        del imu  # both alike
        which = np.clip(at_s // 4, 0, len(UPS) - 1).astype(int)
        up = np.array(UPS, dtype=float)[which]
        up /= np.linalg.norm(up, axis=1, keepdims=True)
        moving = (at_s % 4 < 0.5)[:, None] * np.sin(40 * at_s)[:, None]
        acc = up @ np.linalg.inv(self.matrix).T + self.offset_g + 0.3 * moving
        return acc * 9.80665, np.radians(self.bias_dps + 50 * moving)


class Keeping(Control):
    """Keeps a calibration, and tests itself as the firmware does: OK at once, the result later."""

    def __init__(self, device: VirtualDevice, steps: tuple[Step, ...] = ()) -> None:
        super().__init__(device)
        self.kept, self.steps = device, steps
        self.set: list[CalibrationSet] = []

    def _rest(self, request: Message) -> None:
        if isinstance(request, CalibrationSet):
            self._idle()
            self.set.append(request)
            both = list(self.kept.settings.calibrations)
            both[request.imu] = Calibration.decode(bytes([Calibration.TYPE]) + request.encode()[1:])
            self.kept.settings = replace(self.kept.settings, calibrations=(both[0], both[1]))
            self._ok(request)
        elif isinstance(request, Selftest) and self.steps:
            self.kept.reply(Ok(request=request.request, of_type=request.TYPE))
            self.kept.reply(SelftestResult(request=request.request, steps=self.steps))
        elif isinstance(request, StoreErase):
            raise WireError(BAD_STATE, "while started")
        else:
            super()._rest(request)


class Shaking(Turned):
    def true(self, imu: int, at_s: Floats) -> tuple[Floats, Floats]:
        del imu
        shaken = np.sin(30 * at_s)[:, None] * np.ones(3)
        return 9.8 * shaken, shaken


def virtual(
    mtu: int = 247, steps: tuple[Step, ...] = (), wearer: type[Turned] = Turned
) -> tuple[VirtualTransport, Keeping]:
    transport = VirtualTransport(wearer(), DeviceSettings(), Faults(mtu=mtu), pace=None, ends=False)
    control = Keeping(transport.device, steps)
    transport.device.control = control
    return transport, control


def conversation(transport: VirtualTransport, patience_s: float = 10.0) -> Conversation:
    return Conversation(transport, clock=transport.clock, sleep=transport.sleep, patience_s=patience_s)


@pytest.mark.parametrize("mtu", [247, 23, 0], ids=["packets", "small packets", "stream"])
@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (InfoGet(), DeviceInfo),
        (StatusGet(), DeviceStatus),
        (Identify(duration_ms=100), Done),
        (ConfigGet(), Configured),
        (ConfigSet(values={"led_percent": 5}), Configured),
        (Selftest(), SelfTested),
        (CalibrateGyro(duration_ms=500, imus=3), GyroBiasMeasured),
        (StoreList(), StoreContents),
        (Reboot(mode=1), Done),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Message) else one.__name__,
)
def test_each_request_has_its_answer(mtu: int, request_: Message, answer: type):
    transport, _ = virtual(mtu)
    found = asyncio.run(ask(transport, request_, clock=transport.clock, sleep=transport.sleep))
    assert isinstance(found, answer)


def test_refused_with_code_reason_and_what_to_do():
    transport, _ = virtual()
    with pytest.raises(DeviceError, match="refused StoreErase: BAD_STATE, while started; stop the session first"):
        asyncio.run(ask(transport, StoreErase(scope=2), clock=transport.clock, sleep=transport.sleep))


def test_nobody_answers():
    transport, _ = virtual()
    transport.device.control.take = lambda _: None  # type: ignore[method-assign]
    with pytest.raises(DeviceError, match="no hiphinge answers"):
        asyncio.run(ask(transport, Identify(), clock=transport.clock, sleep=transport.sleep))


def test_a_request_that_is_ignored_is_given_up():
    transport, control = virtual()
    control._rest = lambda _: None  # type: ignore[method-assign]
    with pytest.raises(DeviceError, match="Identify was not answered"):
        asyncio.run(ask(transport, Identify(), clock=transport.clock, sleep=transport.sleep))


def test_a_result_that_follows_an_ok_is_waited_for():
    steps = (Step(step=1, imu=0, low=1, high=1, seen=1), Step(step=5, imu=1, result=1, low=110, high=130, seen=60))
    transport, _ = virtual(steps=steps)
    tested = run(conversation(transport), selftest)
    assert [(one.step, one.where, one.result, one.expected, one.seen) for one in tested.steps] == [
        ("identity", "sacral", "pass", "1", 1),
        ("rate", "thoracic", "fail", "110 to 130", 60),
    ]
    assert not tested.passed


@pytest.mark.parametrize("mtu", [247, 0], ids=["packets", "stream"])
@pytest.mark.parametrize("slanted", [False, True])
def test_guided_calibration_finds_the_errors_and_stores_them(mtu: int, slanted: bool):
    transport, control = virtual(mtu)
    seen: list[work.Progress] = []
    wearer = Turned()
    done = run(
        conversation(transport),
        lambda device: work.calibrate(
            device, [0, 1], seen.append, slanted=slanted, unix_s=lambda: 1_750_000_000.0, patience_s=30.0
        ),
    )
    taken = [one.taken for one in seen if one.taken]
    assert len(taken) == (18 if slanted else 12)
    assert "sacral: right side up" in taken
    assert "thoracic: on its head" in taken
    assert [one.imu for one in control.set] == [0, 1]
    assert control.set[0].made_unix_s == 1_750_000_000
    for fitted in done.values():
        assert np.abs(fitted.acc_offset_g - wearer.offset_g).max() < 0.001
        assert np.abs(fitted.gyr_offset_dps - wearer.bias_dps).max() < 0.02
        if slanted:
            assert np.abs(fitted.acc_matrix - wearer.matrix).max() < 0.001
    assert transport.device.state == 2, "no longer sampling"
    assert len(transport.device.store.blocks) < 100, "the samples of a calibration are nobody's recording"


def test_calibration_keeps_what_an_earlier_session_left():
    transport, _ = virtual()
    device = transport.device
    device.connect(244)
    device.begin_sampling()
    device.advance(3.0)
    device.end_sampling()
    device.disconnect()
    left = set(device.store.blocks)
    assert left
    transport._now_s = 3.0
    device._wearer_s = None  # the sensors are turned anew
    run(conversation(transport), lambda found: work.calibrate(found, [0], lambda _: None, patience_s=30.0))
    assert left <= set(device.store.blocks)


def test_calibration_that_never_lies_still_ends_in_words():
    transport, _ = virtual(wearer=Shaking)
    with pytest.raises(DeviceError, match="no position was taken"):
        run(conversation(transport), lambda found: work.calibrate(found, [0], lambda _: None, patience_s=20.0))


def test_settings_are_set_and_read_back():
    transport, _ = virtual()
    values = run(conversation(transport), lambda found: configure(found, parsed(["name=anna b", "outage_s=60"])))
    assert (values["name"], values["outage_s"], values["profile"]) == ("anna b", 60, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("led_percent", "write KEY=VALUE"),
        ("led_percnt=3", "is it led_percent?"),
        ("xyz=3", "there are name, profile"),
        ("led_percent=lots", '"lots" is no whole number; 0 to 100'),
        ("led_percent=101", "0 to 100"),
        ("acc_range_g=5", "one of"),
        ("name=", "name is empty"),
        ("name=" + "ä" * 13, "name"),
    ],
)
def test_settings_that_cannot_be(text: str, words: str):
    with pytest.raises(DeviceError) as caught:
        parsed([text])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_setting_twice():
    with pytest.raises(DeviceError, match="twice"):
        parsed(["outage_s=1", "outage_s=2"])


@pytest.fixture
def plugged() -> Iterator[Callable[[], str]]:
    """A virtual device behind a pseudo-terminal, in real time."""
    pty = pytest.importorskip("pty", reason="pseudo-terminals")
    import tty

    ended, threads, ends = threading.Event(), list[threading.Thread](), list[int]()

    def plug_in() -> str:
        outer, slave = pty.openpty()
        tty.setraw(slave)
        ends.extend((outer, slave))
        device = VirtualDevice(Turned(), DeviceSettings(), 0.0)
        begun_s = time.monotonic()

        def live() -> None:
            os.set_blocking(outer, False)
            device.connect(0, stream=True)
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    device.receive(os.read(outer, 4096))
                device.advance(time.monotonic() - begun_s)
                for _, data in device.outgoing(50):
                    with contextlib.suppress(OSError):
                        os.write(outer, data)
                time.sleep(0.005)

        threads.append(threading.Thread(target=live, daemon=True))
        threads[-1].start()
        return os.ttyname(slave)

    yield plug_in
    ended.set()
    for thread in threads:
        thread.join()
    for one in ends:
        os.close(one)


def test_over_a_real_serial_line(plugged: Callable[[], str]):
    port = plugged()
    assert isinstance(asyncio.run(ask(SerialTransport(port), Identify(duration_ms=10))), Done)
    found = find_devices([SerialPort(port, "bridge", 0x10C4, 0xEA60), SerialPort("/dev/no", "mouse")])
    assert [(one.port, one.name, one.firmware, one.why_not) for one in found] == [(port, "virtual", "0.1.0", "")]
    assert found[0].battery_percent == 87


def test_a_port_that_is_gone_is_said_in_one_line():
    (found,) = find_devices([SerialPort("/dev/ttyNOBODY", "bridge", 0x10C4, 0xEA60)])
    assert found.name is None
    assert "no such port" in found.why_not


def test_two_ports_of_one_board():
    pair = [SerialPort(f"/dev/ttyACM{n}", "", 0x303A, 0x4001, "A") for n in (0, 1)]
    bridge = SerialPort("/dev/ttyUSB0", "", 0x10C4, 0xEA60, "B")
    assert places(None, None, pair) == ("/dev/ttyACM1", "/dev/ttyACM0")
    assert places(None, None, [*pair, bridge]) == ("/dev/ttyACM1", "/dev/ttyACM0")
    assert places(None, None, [bridge]) == ("/dev/ttyUSB0", "/dev/ttyUSB0")
    assert places("/dev/ttyUSB0", None, [*pair, bridge]) == ("/dev/ttyUSB0", "/dev/ttyUSB0")
    assert places("/dev/ttyACM1", "/dev/pts/9", pair) == ("/dev/ttyACM1", "/dev/pts/9")
