"""The serial line of a UART board: console until HELLO, frames until LEAVE or silence."""

import binascii
import time

import hiphinge_fw.shell.cdc as cdc
import hiphinge_fw.shell.console as console
from hiphinge_fw.shell.console import ConsoleLine
from loop_cases import started
from rig_report import report


class Wire:
    """Both ends of a line; takes at most 100 bytes at a time, as a UART's buffer does."""

    def __init__(self):
        self.to_device = b""
        self.to_host = b""
        self.quiet = []

    def read(self, most, until):
        at = self.to_device.find(bytes((until,))) + 1 if until >= 0 else 0
        if at:
            most = min(most, at)
        data, self.to_device = self.to_device[:most], self.to_device[most:]
        return data

    def write(self, view):
        self.to_host += bytes(view[:100])
        return min(100, len(view))


def converse(steps):
    """[(seconds before, hexadecimal to send)]: what came back after each, and whether the console is held back."""
    wire = Wire()
    cdc.data_cdc = lambda ticks_us: None
    console.console_line = lambda ticks_us: ConsoleLine(wire, wire, wire.quiet.append, ticks_us)
    device, _, _ = started()
    device.stop(device.ticks_us())
    for wait, data in steps:
        for _ in range(int(wait * 33)):
            device.step()
            time.sleep_ms(30)
        wire.to_host = b""
        wire.to_device += binascii.unhexlify(data)
        for _ in range(20):
            device.step()
            time.sleep_ms(30)
        report(back=binascii.hexlify(wire.to_host).decode() if wire.to_host else "", quiet=wire.quiet)


def keys(passes):
    """Hexadecimal of each pass, "" for silence: what the line notes, and where Ctrl-C ends it."""
    wire = Wire()
    line = ConsoleLine(wire, wire, wire.quiet.append, time.ticks_us)
    noted = []
    ended = -1
    for number, data in enumerate(passes):
        wire.to_device += binascii.unhexlify(data)
        try:
            note = line.next()
            while note is not None:
                noted.append(note[0])
                note = line.next()
        except KeyboardInterrupt:
            ended = number
            break
    left = wire.to_device
    report(noted=noted, ended=ended, left=binascii.hexlify(left).decode() if left else "")
