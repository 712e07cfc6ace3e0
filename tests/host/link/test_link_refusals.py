"""What an ERROR ends, and what it does not; a device of another wire version."""

import pytest

from hiphinge.link import LinkEvent, LinkSession, SessionStarted, Warned
from hiphinge.link.book import Book
from hiphinge.link.inquiries import Inquiries
from hiphinge.link.warned import WARNINGS
from hiphinge.virtual import DeviceSettings, Faults, FaultyLink, VirtualDevice, step
from hiphinge.virtual.wearer import Still
from hiphinge_wire import WIRE_MAJOR
from hiphinge_wire.codec import decode_request
from hiphinge_wire.errors import BUSY, NOT_FOUND, STORAGE, UNSUPPORTED
from hiphinge_wire.fragment import Fragmenter
from hiphinge_wire.info import INFO_IMU_CALIBRATED, Info
from hiphinge_wire.replies import Error
from hiphinge_wire.requests import CalibrationGet, InfoGet, Start


def info(flags: tuple[int, int] = (INFO_IMU_CALIBRATED, INFO_IMU_CALIBRATED)) -> Info:
    described: Info = VirtualDevice(Still()).store.info
    for imu, one in zip(described.imus, flags, strict=True):
        imu.flags |= one
    return described


def calibration_error(code: int) -> Error:
    return Error(code=code, of_type=CalibrationGet.TYPE)


@pytest.mark.parametrize("code", [NOT_FOUND, UNSUPPORTED])
@pytest.mark.parametrize("replaying", [False, True])
def test_a_calibration_that_is_not_there_ends_the_asking_for_that_sensor_only(code: int, replaying: bool):
    book = Book()
    book.add(info())
    inquiries = Inquiries(book, replaying)
    key = inquiries.refused(calibration_error(code), None if replaying else CalibrationGet(imu=0))
    assert book.calibrations == {0: None}
    assert book.next_uncalibrated() == 1
    assert "calibration could not be read" in WARNINGS[key]


@pytest.mark.parametrize("replaying", [False, True])
def test_a_calibration_that_could_not_be_read_now_is_asked_for_again(replaying: bool):
    book = Book()
    book.add(info())
    for code in (BUSY, STORAGE):
        key = Inquiries(book, replaying).refused(calibration_error(code), None if replaying else CalibrationGet(imu=0))
        assert "calibration could not be read" in WARNINGS[key]
    assert book.calibrations == {} and book.next_uncalibrated() == 0


def test_an_error_to_what_was_not_asked_ends_nothing():
    session = LinkSession("packets")
    session.connected(0.0, 244)
    for message in (
        info(),
        Error(code=NOT_FOUND, of_type=CalibrationGet.TYPE, request=9),
        Error(code=NOT_FOUND, of_type=InfoGet.TYPE, request=9),
    ):
        for packet in Fragmenter(244).split(message.encode()):
            session.receive(packet, 1.0, "control")
    session.outgoing(1.0)
    session.poll(2.0)
    asked = [decode_request(packet[1:]) for packet in session.outgoing(2.0)]
    assert [one.imu for one in asked if isinstance(one, CalibrationGet)] == [0]


@pytest.mark.parametrize("replaying", [False, True])
def test_one_unknown_epoch_makes_no_other_unknown(replaying: bool):
    book = Book()
    inquiries = Inquiries(book, replaying)
    wanted = {(1, 1), (2, 5)}
    assert inquiries.info(wanted, 2) == (2, 5), "the running boot first"
    asked = None if replaying else InfoGet(boot=2, epoch=5)
    inquiries.refused(Error(code=BUSY, of_type=InfoGet.TYPE), asked)
    assert not book.is_never((2, 5))
    assert inquiries.info(wanted, 2) == (1, 1), "the other has its turn"
    asked = None if replaying else InfoGet(boot=1, epoch=1)
    inquiries.refused(Error(code=NOT_FOUND, of_type=InfoGet.TYPE), asked)
    assert book.is_never((1, 1)) and not book.is_never((2, 5))
    assert inquiries.info({(2, 5)}, 2) == (2, 5)


@pytest.mark.parametrize(("major", "words"), [(2, "update this program"), (0, "update the device's firmware")])
def test_another_major_version_is_not_started_and_said_once(major: int, words: str):
    device = VirtualDevice(Still(), DeviceSettings())
    device.store.info.wire_major = major
    starts: list[Start] = []
    take = device.control.take

    def noted(data: bytes) -> None:
        request = decode_request(data)
        if isinstance(request, Start):
            starts.append(request)
        take(data)

    device.control.take = noted  # type: ignore[method-assign]
    link = FaultyLink(device, Faults(outages=((3.0, 1.0),)))
    session = LinkSession("packets")
    session.start()
    events: list[LinkEvent] = []
    for k in range(400):
        events += step(session, link, 0.02 * k)
    assert starts == []
    assert not any(isinstance(event, SessionStarted) for event in events)
    (warned,) = [event for event in events if isinstance(event, Warned)]
    assert words in warned.words
    device.store.info.wire_major = WIRE_MAJOR
    link.drop()
    for k in range(400, 600):
        events += step(session, link, 0.02 * k)
    assert len(starts) == 1, "updated, it is started"
