"""Requests nobody sane sends, and what the device's own parts refuse: it goes on, and says what it must."""

import binascii
import time

from hiphinge_wire.fragment import Fragmenter

import sim_board as board
from loop_cases import started
from rig_report import report
from sim_clock import clock
from sim_radio import radio


def endure(messages, passes):
    """Messages in hexadecimal, so many passes after each; a restart that was asked for is none."""
    device, got, asked = started(sectors=16)
    fragmenter = Fragmenter(244)
    fragmenter.split(b"x")
    # It may forget its bonds as often as it is told to.
    device.allowlist.admits = lambda *peer: True
    restarts = []
    device.ports.restart = restarts.append
    device.ports.sleep = lambda: restarts.append(-1)
    device.ports.arm()
    for data in messages:
        if data[:1] == "!":
            asked.append(binascii.unhexlify(data[1:]))
        else:
            asked.extend(fragmenter.split(binascii.unhexlify(data)))
        for _ in range(passes):
            try:
                device.step()
            except (Exception, board.Reset) as error:
                report(message=data, error=repr(error), state=device.states.code)
                raise
            time.sleep_ms(30)
        del got[:]
    report(state=device.states.code, restarts=len(restarts), bad=device.control.bad, unfed_us=board.watchdog.longest_us)


def fault(streams_s):
    """A fault of the program's own while it streams and nothing is acknowledged: what was in RAM, and what is saved."""
    import main

    device, _, _ = started(sectors=64)
    ports = device.ports
    ports.arm()
    for _ in range(int(streams_s * 33)):
        device.step()
        time.sleep_ms(30)
    ring = device.delivery.ring
    before = [ring.first, ring.saved, ring.next]

    def fails():
        raise ZeroDivisionError

    device.step = fails
    raised = False
    try:
        main.run(device, ports)
    except ZeroDivisionError:
        raised = True
    report(raised=raised, before=before, after=[ring.first, ring.saved, ring.next])


def interrupted():
    """Ctrl-C at the console of a running device: how long it is left alone then."""
    import main

    device, _, _ = started()
    ports = device.ports

    def interrupts():
        raise KeyboardInterrupt

    device.step = interrupts
    try:
        main.run(device, ports)
    except KeyboardInterrupt:
        pass
    begun_us = clock.now_us
    try:
        # A soft restart ends timers, not the watchdog.
        for _ in range(50):
            time.sleep_ms(60000)
    except board.Reset:
        pass
    report(alone_s=(clock.now_us - begun_us) // 1000000)


def worn():
    """Boot ids where the flash for settings takes no writes any more."""
    from hiphinge_fw.shell.storage import Kept

    board.nvs["hiphinge"] = {"boot": 7}
    board.nvs_worn = True
    report(boots=[Kept().next_boot() for _ in range(8)])


def erased(changes):
    """Settings changed, then everything erased: ranges of the chips, epoch, and what CONFIG says."""
    from hiphinge_wire.requests import StoreErase

    device, _, _ = started()
    device.stop(device.ticks_us())
    rows = []

    class Link:
        port = device.links[0].port
        authenticated = True

        def reply(self, data, behind=-1):
            pass

    link = Link()
    for data in (changes, binascii.hexlify(StoreErase(request=3, scope=3).encode()).decode()):
        device.control.take(link, 0, binascii.unhexlify(data), device.ticks_us())
        for sensor in device.sensors:
            sensor.start(device.ticks_us())
        ranges = [sensor.driver.acc_range_g for sensor in device.sensors]
        for sensor in device.sensors:
            sensor.stop()
        rows.append([ranges, device.assembly.epoch, device.settings.get("acc_range_g"), device.control.bad])
    report(rows=rows)


def loose_contact(errors):
    """A sensor's supply fails for less than a pass, and so many transfers with it: what it delivers in 12 s."""
    device, got, _ = started()
    device.ports.arm()
    taken = device.assembly.samples[1]
    for _ in range(errors):
        board.buses[1].plan("nack")
    # Off and on again: its registers are those of power-on.
    board.buses[1].plug(True)
    ended = 0
    try:
        for _ in range(400):
            device.step()
            time.sleep_ms(30)
            del got[:]
    except board.Reset as reset:
        ended = reset.cause
    report(
        ended=ended,
        taken=device.assembly.samples[1] - taken,
        resyncs=device.sensors[1].driver.resyncs,
        unfed_us=board.watchdog.longest_us,
    )


def battery_ends():
    """A cell that empties while streaming, and then while nobody is there; what is kept and what is refused."""
    from hiphinge_wire.requests import Start

    device, _, asked = started(sectors=64)
    device.ports.arm()
    slept = []
    device.ports.sleep = lambda: slept.append(device.delivery.ring.saved == device.delivery.ring.next)

    def run(seconds):
        for _ in range(int(seconds * 33)):
            device.step()
            time.sleep_ms(30)

    run(2)
    board.adc_uv[4] = 1600000
    # Smoothed over eight readings a second apart, and low for ten.
    run(40)
    kinds = [event.kind for event in device.events.pending()]
    stopped = device.states.code
    asked.append(b"\xc1" + Start(request=7, profile=3).encode())
    bad = device.control.bad
    run(1)
    refused = device.control.bad - bad, device.states.code
    awake = len(slept)
    radio.outages = [(clock.now_us, 1 << 60)]
    run(3)
    report(
        kinds=kinds,
        stopped=stopped,
        refused=list(refused),
        awake=awake,
        slept=slept[:1],
        unfed_us=board.watchdog.longest_us,
    )


def free_memory():
    """What two STATUS say of it with garbage made between them, and one after the next collection."""
    device, got, _ = started()
    before = device._status.fill(device, 0, device.ticks_us()).memory_free
    kept = bytearray(50000)
    at_once = device._status.fill(device, 0, device.ticks_us()).memory_free
    for _ in range(400):
        device.step()
        time.sleep_ms(30)
        del got[:]
    later = device._status.fill(device, 0, device.ticks_us()).memory_free
    report(at_once=before - at_once, later=before - later, kept=len(kept))
