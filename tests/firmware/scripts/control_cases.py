"""Requests over the fake link to the device of main.py, answers back as hexadecimal; restarts; what is kept."""

import binascii
import time

from hiphinge_wire.fragment import Fragmenter, Reassembler

import machine
import sim_board as board
from hiphinge_fw.core.policies import Battery, Button, Cue, Watchdog, led_lit
from hiphinge_fw.core.states import States
from loop_cases import started
from rig_report import report
from sim_clock import clock
from sim_radio import radio


def converse(messages, start, heap=None):
    """Each message in turn, and what came on the control characteristic within 0.3 s, STATUS and EVENT aside."""
    device, got, asked = started()
    if not start:
        device.stop(device.ticks_us())
    fragmenter = Fragmenter(244)
    # The START of `started` was number 0.
    fragmenter.split(b"x")
    control = radio.handles["f28d6902-3f47-4890-ba97-b99bd5941178"]
    joiner = Reassembler()
    for data in messages:
        for handle, packet in got:
            if handle == control:
                joiner.feed(packet)
        del got[:]
        asked.extend(fragmenter.split(binascii.unhexlify(data)) if data[:1] != "!" else [binascii.unhexlify(data[1:])])
        for _ in range(10):
            device.step()
            time.sleep_ms(30)
        answers = []
        for handle, packet in got:
            if handle == control:
                message = joiner.feed(packet)
                if message is not None and (message[0] not in (0x91, 0x02) or message[1]):
                    answers.append(binascii.hexlify(message).decode())
        del got[:]
        report(answers=answers, state=device.states.code, epoch=device.assembly.epoch)


def strangers(encrypted, listed, bonded, window, seconds):
    """A peer that may not speak: what it gets, and when it is cut off."""
    device, got, asked = _unstarted(encrypted, listed)
    if window:
        device.allowlist.open_window(device.clock.seconds())
    asked.append(b"\xc0\x11\x01")
    connected_us = None
    cut_us = None
    for _ in range(seconds * 33):
        device.step()
        time.sleep_ms(30)
        if radio.connection >= 0 and connected_us is None:
            connected_us = clock.now_us
        if connected_us and radio.connection < 0 and cut_us is None:
            cut_us = clock.now_us - connected_us
            radio.outages = [(0, 1 << 60)]
    report(packets=len(got), cut_ms=-1 if cut_us is None else cut_us // 1000, state=device.states.code)


def _unstarted(encrypted=True, listed=True):
    from hiphinge_fw.core.settings import sealed
    from sim_flash import Flash
    from sim_lsm6 import Lsm6Chip
    from sim_sources import Rest

    for bus in range(2):
        board.buses[bus].chips[0x6A] = Lsm6Chip("dsv16x", Rest())
    board.adc_uv[4] = 1950000
    board.partitions["hiplog"] = Flash(16)
    board.partitions["hiplog"].erase_us = (45, 400)
    if listed:
        board.nvs["hiphinge"] = {"allowed": sealed(radio.identity + b"\x01")}
    radio.encrypted = encrypted
    import main

    device, _ = main.build()
    got = []
    asked = []

    def exchange(at_us, up, packets):
        got.extend(packets)
        out = list(asked)
        if up:
            del asked[:]
        return out if up else []

    radio.exchange = exchange
    radio.begin()
    return device, got, asked


def states(events):
    """A walk through the states: names of events, codes after each."""
    one, other = object(), object()
    states = States()
    codes = []
    for name in events:
        if name == "connect":
            states.connected(one)
        elif name == "authorise":
            states.authorised(one)
        elif name == "other":
            states.authorised(other)
        elif name == "start":
            states.started(one, False)
        elif name == "store":
            states.started(one, True)
        elif name == "stop":
            states.stopped(100)
        elif name == "end":
            states.ended(one, 100)
        codes.append(states.code)
    report(
        codes=codes,
        other_may=states.may_start(other),
        over=[states.outage_over(100 + s, 3600) for s in (3600, 3601)],
        sleeps=[states.may_sleep(100 + s, 300) for s in (300, 301)],
    )


def button(levels):
    """[(ms, pressed)] to presses."""
    one = Button(levels[0][1])
    report(presses=[one.update(bool(pressed), ms & 0x3FFFFFFF) for ms, pressed in levels[1:]])


def battery(readings, limit):
    """Readings to (mv, low, became)."""
    one = Battery()
    rows = []
    for mv in readings:
        became = one.update(mv, limit)
        rows.append([one.mv, one.low, became])
    report(rows=rows, percent=one.percent)


def cue(pattern, strength, duration, times):
    """Strength at each time, and whether samples are flagged."""
    one = Cue()
    one.begin(pattern, strength, duration, 0)
    report(rows=[[one.update(ms), one.shaking] for ms in times])


def watchdog(rows):
    """[(ms, moved, recovering, waits, sent)] to whether it is fed."""
    one = Watchdog(rows[0][0])
    fed = []
    for ms, moved, recovering, waits, sent in rows:
        for imu in range(2):
            one.sensor(imu, True, moved, recovering, ms & 0x3FFFFFFF)
        one.sender(waits, sent, ms & 0x3FFFFFFF)
        fed.append(one.may_feed(ms & 0x3FFFFFFF))
    report(fed=fed)


def leds():
    """What is seen of each state in 12 s."""
    report(lit=["".join(str(int(led_lit(state, ms))) for ms in range(0, 12000, 50)) for state in range(6)])


def crash_loop(causes, held):
    """What `boot.py` leaves in RTC memory over some starts."""
    rows = []
    for cause in causes:
        board.reset_cause = cause
        board.pin_levels[7] = 0 if held else 1
        exec(open(_firmware("boot.py")).read(), {"__name__": "boot"})
        rows.append(list(machine.RTC().memory()[2:]))
    import main
    from hiphinge_fw.shell import storage

    tried = []
    main.build = lambda: tried.append(1) or (None, None)
    main.run = lambda device, ports: None
    main.main()
    report(rows=rows, tried=len(tried), safe=storage.restarts()[1] > storage.MANY_CRASHES)


def _firmware(name):
    import sys

    for folder in sys.path:
        try:
            with open(folder + "/" + name):
                return folder + "/" + name
        except OSError:
            pass
    raise OSError(name)


def kept():
    """Boot ids, settings and bonds through restarts; a torn settings record."""
    from hiphinge_fw.core.settings import Settings
    from hiphinge_fw.shell.storage import Bonds, Kept

    first = Kept().next_boot()
    second = Kept().next_boot()
    settings = Settings(Kept())
    settings.change({"name": "left hip", "profile": 1})
    again = Settings(Kept())
    bonds = Bonds(Kept())
    bonds.put(1, b"peer", b"secret")
    bonds.put(2, b"peer", b"other")
    bonds.flush()
    found = Bonds(Kept())
    deleted = found.put(1, b"peer", None), found.put(1, b"nobody", None)
    found.flush()
    last = Bonds(Kept())
    blob = board.nvs["hiphinge"]["settings"]
    board.nvs["hiphinge"]["settings"] = blob[:9] + bytes((blob[9] ^ 1,)) + blob[10:]
    report(
        step=second - first,
        fresh=first % 65536,
        name=again.get("name"),
        profile=again.get("profile"),
        torn=Settings(Kept()).get("name"),
        secrets=[str(bonds.get(1, 0, None)), str(found.get(2, 0, b"peer")), str(last.get(1, 0, b"peer"))],
        deleted=list(deleted),
    )
