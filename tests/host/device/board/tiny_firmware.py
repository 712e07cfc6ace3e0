import sys

import hiphinge_fw
import machine
import micropython

from hiphinge_wire.calibration import Calibration
from hiphinge_wire.codec import decode_request
from hiphinge_wire.framing import Deframer, encode_frame
from hiphinge_wire.hello import Hello, HelloReply, Leave
from hiphinge_wire.info import ImuInfo, Info
from hiphinge_wire.replies import Ok
from hiphinge_wire.requests import CalibrationGet, InfoGet, Reboot, StatusGet
from hiphinge_wire.status import Status


def answer(request):
    number = request.request
    if isinstance(request, Hello):
        return HelloReply(request=number, wire_major=1, max_message=1024, silence_ms=5000, boot=1)
    if isinstance(request, InfoGet):
        imu = dict(flags=1, acc_scale_pg=1, gyr_scale_ndps=1, rate_millihz=120000, axes=(1, 2, 3))
        return Info(
            request=number,
            wire_major=1,
            boot=1,
            epoch=1,
            profile=3,
            max_message=1024,
            name="tiny",
            imus=(ImuInfo(**imu), ImuInfo(**imu)),
            serial="T1",
            firmware=hiphinge_fw.VERSION,
            board="unix",
            interpreter="MicroPython",
            sacral_chip="none",
            thoracic_chip="none",
        )
    if isinstance(request, StatusGet):
        return Status(request=number, state=2, profile=3, boot=1, epoch=1)
    if isinstance(request, CalibrationGet):
        return Calibration(request=number, imu=request.imu)
    return Ok(request=number, of_type=request.TYPE) if number else None


def main():
    # As the real one: in a frame the byte of Ctrl-C is a byte like all others.
    micropython.kbd_intr(-1)
    deframer = Deframer()
    inside = False
    before = b""
    while True:
        one = sys.stdin.buffer.read(1)
        inside = inside != (one == b"\0")
        if not inside and before + one == b"\r\x03":
            micropython.kbd_intr(3)
            raise KeyboardInterrupt
        before = one
        for payload in deframer.feed(one):
            request = decode_request(payload)
            reply = answer(request)
            if reply is not None:
                sys.stdout.buffer.write(encode_frame(reply.encode()))
            if isinstance(request, Leave):
                deframer = Deframer()
            if isinstance(request, Reboot):
                machine.reset()
