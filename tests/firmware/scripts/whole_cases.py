"""The whole device of main.py through what happens once in a while: sleep, self-test, calibration, cues, USB."""

import binascii
import time

from hiphinge_wire.fragment import Fragmenter, Reassembler

import sim_board as board
from hiphinge_fw.core.settings import sealed
from rig_report import report
from sim_clock import clock
from sim_drv2605 import Drv2605Chip
from sim_flash import Flash
from sim_lsm6 import Lsm6Chip
from sim_mpu6050 import Mpu6050Chip
from sim_radio import radio
from sim_sources import Rest

_CONTROL = "f28d6902-3f47-4890-ba97-b99bd5941178"


def _hex(data):
    return binascii.hexlify(data).decode() if data else ""


def placed(gyr_dps=((0, 0, 0), (0, 0, 0)), sectors=16, demo=False):
    """Chips, battery and flash on the board; the host is on the list. `demo`: with two MPU-6050."""
    if demo:
        import board as boards

        boards.BOARD.mpu6050 = True
        boards.BOARD.places = boards.Esp32Demo.places
    for bus in range(2):
        if demo:
            board.buses[bus].chips[0x68] = Mpu6050Chip(Rest(gyr_dps=tuple(gyr_dps[bus])))
            continue
        board.buses[bus].chips[0x6A] = Lsm6Chip("dsv16x", Rest(gyr_dps=tuple(gyr_dps[bus])), (0.023, -0.015)[bus])
    board.adc_uv[4] = 1950000
    board.partitions["hiplog"] = Flash(sectors)
    board.partitions["hiplog"].erase_us = (45, 400)
    board.nvs["hiphinge"] = {"allowed": sealed(radio.identity + b"\x01")}


def asleep():
    """Whether each chip is: accelerometer off (CTRL1), or the SLEEP bit (PWR_MGMT_1)."""
    out = []
    for bus in range(2):
        lsm6 = board.buses[bus].chips.get(0x6A)
        out.append(not lsm6.registers[0x10] & 15 if lsm6 else bool(board.buses[bus].chips[0x68].registers[0x6B] & 0x40))
    return out


class Talk:
    """A device as `main` builds it, and a host on its radio that says what it is told to."""

    def __init__(self):
        import main

        self.device, self.ports = main.build()
        self.ports.arm()
        self.asked = []
        self.messages = []
        self._fragmenter = Fragmenter(244)
        self._joiner = Reassembler()
        radio.exchange = self._exchange
        radio.begin()

    def _exchange(self, at_us, up, packets):
        for handle, packet in packets:
            if handle == radio.handles[_CONTROL]:
                message = self._joiner.feed(packet)
                if message is not None:
                    self.messages.append(bytes(message))
        out = list(self.asked) if up else ()
        if up:
            del self.asked[:]
        return out

    def say(self, message):
        """Hexadecimal."""
        self.asked.extend(self._fragmenter.split(binascii.unhexlify(message)))

    def run(self, seconds):
        """Passes, for so long."""
        end = clock.now_us + int(seconds * 1000000)
        while clock.now_us < end:
            self.device.step()
            time.sleep_ms(30)

    def heard(self):
        """Messages since the last time, STATUS aside."""
        out = [_hex(one) for one in self.messages if one[0] != 0x91]
        del self.messages[:]
        return out


def converse(steps, gyr_dps=((0, 0, 0), (0, 0, 0)), turning_from_s=None, unplugged=None, demo=False):
    """[(hexadecimal, "", or "pull" or "plug" and a bus; seconds after it)]: what came back after each."""
    placed(gyr_dps, demo=demo)
    if unplugged is not None:
        board.buses[unplugged].plug(False)
    talk = Talk()
    talk.run(2)
    talk.heard()
    for message, seconds in steps:
        if turning_from_s is not None and clock.now_us > turning_from_s * 1000000:
            for bus in range(2):
                board.buses[bus].chips[0x6A].source.gyr_dps = (0, 30, 0)
        if message[:4] in ("pull", "plug"):
            board.buses[int(message[4:])].plug(message[:4] == "plug")
        elif message:
            talk.say(message)
        talk.run(seconds)
        device = talk.device
        report(
            heard=talk.heard(),
            state=device.states.code,
            epoch=device.assembly.epoch,
            next_index=[sensor.next_index for sensor in device.sensors],
            samples=list(device.assembly.samples),
            asleep=asleep(),
            bias_udps=[
                [sensor.fusion.bias_udps(axis) for axis in range(3)] if sensor.fusion else None
                for sensor in device.sensors
            ],
            unfed_us=board.watchdog.longest_us,
        )


def sleep_and_wake(start, streams_s, sleep_after_s, held_s):
    """Stream, stop without an acknowledgement, lose the host, fall asleep; a press wakes it."""
    import machine

    placed()
    talk = Talk()
    device = talk.device
    device.settings.change({"sleep_after_s": sleep_after_s})
    talk.run(2)
    talk.say(start)
    talk.run(streams_s)
    device.stop(device.ticks_us())
    last = device.delivery.ring.next - 1
    acknowledged = device.delivery.acknowledged
    radio.outages = [(clock.now_us, clock.now_us + 1000000000)]
    begun_us = clock.now_us
    try:
        talk.run(sleep_after_s + 30)
        cause = 0
    except board.Reset as reset:
        cause = reset.cause
    slept_s = (clock.now_us - begun_us) // 1000000
    sensors_asleep = asleep()
    boot = device.boot
    # The press that wakes it: RAM is gone, RTC memory, NVS and flash stay.
    board.reset_cause = machine.DEEPSLEEP_RESET
    board.wake_reason = machine.EXT0_WAKE
    woke = board.wake_on
    board.pin_levels[woke[0]] = woke[1]
    clock.watchers[:] = []
    exec(open(_firmware("boot.py")).read(), {"__name__": "boot"})
    radio.outages = []
    radio.connection = -1
    radio.advertising = False
    talk = Talk()
    device = talk.device
    pressed_us = clock.now_us
    released = False
    while clock.now_us < pressed_us + 12000000:
        if not released and clock.now_us > pressed_us + held_s * 1000000:
            board.pin_levels[woke[0]] = 1
            released = True
        talk.run(0.1)
    report(
        cause=cause,
        slept_s=slept_s,
        asleep=sensors_asleep,
        woke=list(woke),
        last=last,
        acknowledged=acknowledged,
        boots=[boot, device.boot],
        runs=[[run.boot, run.first, run.last] for run in device.delivery.runs],
        heard=talk.heard(),
        safe=device.safe,
        window=device.allowlist.window_open(device.clock.seconds()),
        state=device.states.code,
        restarts=device.restarts,
    )


def _firmware(name):
    import sys

    for folder in sys.path:
        try:
            with open(folder + "/" + name):
                return folder + "/" + name
        except OSError:
            pass
    raise OSError(name)


def cue_on_drv2605(start, cue, fails):
    """A cue while streaming; `fails`: the first write that would stop the motor is not acknowledged."""
    import board as boards

    boards.BOARD.drv2605_bus = 1
    placed()
    chip = Drv2605Chip()
    board.buses[1].chips[0x5A] = chip
    talk = Talk()
    talk.run(2)
    talk.say(start)
    talk.run(1)
    flags = []
    assembly = talk.device.assembly
    plain = assembly.close

    def close():
        shaking = assembly.motor
        flags.append((clock.now_us, shaking))
        return plain()

    assembly.close = close
    begun_us = clock.now_us
    talk.say(cue)
    write = chip.write
    if fails:

        def refuses(register, data):
            if register == 1 and data[0] & 0x40 and chip.driven[-1][1]:
                chip.write = write
                raise OSError(19)
            write(register, data)

        chip.write = refuses
    talk.run(2)
    report(
        driven=[[(at - begun_us) // 1000, value] for at, value in chip.driven if at >= begun_us],
        flagged=[(at - begun_us) // 1000 for at, shaking in flags if shaking],
        mode=chip.registers[1],
        heard=talk.heard(),
        recoveries=[sensor.recoveries for sensor in talk.device.sensors],
    )


def second_cdc(steps):
    """[(what, value)]: plugged, opened, reads (0 or 1), send (hexadecimal), radio (the same), run (seconds)."""
    placed(sectors=64)
    talk = Talk()
    host = board.usb_host
    host.take = lambda data: report(heard=_hex(data))
    line = talk.device.links[1]
    rows = []
    for what, value in steps:
        if what == "send":
            host.to_device += binascii.unhexlify(value)
        elif what == "radio":
            talk.say(value)
        elif what == "run":
            for _ in range(int(value * 33)):
                talk.device.step()
                line.port._cdc.drain()
                time.sleep_ms(30)
            rows.append([talk.device.states.code, line.up, line.refused])
        else:
            setattr(host, what, bool(value))
    report(
        rows=rows,
        radio=talk.heard(),
        interfaces=len(board.usb_interfaces),
        next=talk.device.delivery.ring.next,
        unfed_us=board.watchdog.longest_us,
    )
