"""Cases of the LSM6 driver against the simulated chip."""

import time

import micropython

import machine
import sim_board as board
from hiphinge_fw.drivers.imu import ImuError
from hiphinge_fw.drivers.lsm6 import Lsm6
from rig_report import report
from sim_clock import clock
from sim_lsm6 import Lsm6Chip
from sim_sources import Numbered, Rest


def make(kind="dsv16x", source=None, bus=0, address=0x6A, **options):
    if "order" in options:
        options["order"] = tuple(options["order"])
    chip = Lsm6Chip(kind, source or Rest(), **options)
    board.buses[bus].chips[address] = chip
    return chip, Lsm6(machine.I2C(bus), address, time.ticks_us, time.sleep_ms)


def image(kind, acc, gyr, rate):
    chip, imu = make(kind)
    imu.start(acc, gyr, rate)
    report(
        registers={"%02X" % k: v for k, v in enumerate(chip.registers) if v and k not in (0x0F, 0x1E)},
        name=imu.name,
        acc_scale_pg=imu.acc_scale_pg,
        gyr_scale_ndps=imu.gyr_scale_ndps,
        chip_scales=[chip.acc_pg(), chip.gyr_ndps()],
        rate_millihz=imu.rate_millihz,
        chip_rate=chip.rate_hz() * 1000,
        fifo=imu.fifo_size,
        writes=[list(w) for w in imu.writes],
    )


def gravity(kind, acc_g, gyr_dps, acc_range):
    chip, imu = make(kind, Rest(tuple(acc_g), tuple(gyr_dps)))
    imu.start(acc_range)
    seen = imu.check_gravity()
    report(seen=seen, name=imu.name, scale=imu.acc_scale_pg, true=chip.acc_pg(), mismatch=imu.mismatch())


def refusals():
    def attempt(name, prepare):
        board.buses[0] = type(board.buses[0])()
        chip, imu = make()
        prepare(chip)
        try:
            imu.start()
            report(case=name, error=None)
        except ImuError as error:
            report(case=name, error=[error.address, error.what, error.expected, error.seen])

    def other(chip):
        chip.registers[0x0F] = 0x6A

    def stuck(chip):
        chip.reset_us = 10000000

    def forgetful(chip):
        write = chip.write
        chip.write = lambda register, data: write(register, b"\x02" if register == 0x15 else data)

    def slow(chip):
        chip.reset_us = 20000

    attempt("fine", lambda chip: None)
    attempt("slow reset", slow)
    attempt("absent", lambda chip: chip.power(False))
    attempt("other chip", other)
    attempt("reset never ends", stuck)
    attempt("does not take a register", forgetful)
    attempt(
        "flipped while written",
        lambda chip: [board.buses[0].plan(None) for _ in range(6)] + [board.buses[0].plan("flip", 0)],
    )


class Ledger:
    """Follows one driver: every sample told by its number."""

    def __init__(self, chip, imu):
        self.chip = chip
        self.imu = imu
        self.offset = None
        self.seen = 0
        self.last = -1
        self.wrong = []
        self.damaged = 0
        self.doubled = 0
        self.lost = []
        self.flags = {}

    def take(self, n):
        source = self.chip.source
        for k in range(n):
            index = self.imu.first_index + k
            number = source.number(self.imu.raw, 6 * k)
            self.seen += 1
            if index <= self.last:
                self.doubled += 1
            self.lost.extend(range(self.last + 1, index))
            self.last = index
            if number is None:
                self.damaged += 1
            elif number != index:
                self.wrong.append([index, number])
        if n and self.imu.flags:
            self.flags[self.imu.first_index] = self.imu.flags


def polls(imu, ledger):
    for _ in range(40):
        n = imu.poll()
        if n:
            ledger.take(n)
        if not imu.more:
            break


def stream(kind="dsv16x", seconds=10, pass_ms=30, faults=None, plan=None, stall_ms=0, seed=0, **options):
    chip, imu = make(kind, Numbered(7), **options)
    imu.start()
    bus = board.buses[0]
    if seed:
        bus._chance = type(bus._chance)(seed)
    for name, rate in (faults or {}).items():
        bus.per_million[name] = rate
    ledger = Ledger(chip, imu)
    end = clock.now_us + int(seconds * 1000000)
    planned = list(plan or [])
    while clock.now_us < end:
        if planned and clock.now_us > end - int(seconds * 1000000) + planned[0][0] * 1000000:
            _, name, at = planned.pop(0)
            bus.plan(None)  # the status goes well
            bus.plan(name, at)
        if stall_ms and chip._made % 200 > 190:
            time.sleep_ms(stall_ms)
        polls(imu, ledger)
        time.sleep_ms(pass_ms)
    for name in bus.per_million:
        bus.per_million[name] = 0
    bus._planned.clear()
    # One good pass more, so that what an error destroyed last is seen.
    time.sleep_ms(100)
    polls(imu, ledger)
    lost = ledger.lost
    report(
        made=chip._made,
        seen=ledger.seen,
        wrong=len(ledger.wrong),
        first_wrong=ledger.wrong[:3],
        damaged=ledger.damaged,
        doubled=ledger.doubled,
        lost=len(lost),
        destroyed=len([k for k in chip.destroyed if k <= ledger.last]),
        unexplained=[k for k in lost if k not in chip.destroyed][:10],
        dropped=imu.dropped,
        bus_errors=imu.bus_errors,
        tag_errors=imu.tag_errors,
        overflows=imu.overflows,
        resyncs=imu.resyncs,
        peak=imu.fifo_peak,
        happened=bus.happened,
        busy=bus.busy_us / clock.now_us,
        flags=sorted(set(ledger.flags.values())),
        first_flagged=sorted(ledger.flags.items())[:3],
        period=imu._state[12],
        temperature=imu.temperature_cdeg,
    )


def unplug():
    chip, imu = make(source=Numbered(1))
    imu.start()
    ledger = Ledger(chip, imu)
    for _ in range(20):
        time.sleep_ms(30)
        polls(imu, ledger)
    before = imu.next_index
    board.buses[0].plug(False)
    for _ in range(10):
        time.sleep_ms(30)
        polls(imu, ledger)
    run = imu.error_run
    try:
        imu.start()
        absent = None
    except ImuError as error:
        absent = error.what
    board.buses[0].plug(True)
    time.sleep_ms(20)
    forgot = imu.mismatch()
    imu.start(next_index=before + 50)
    time.sleep_ms(30)
    n = imu.poll()
    report(
        before=before,
        run=run,
        absent=absent,
        forgot=forgot,
        first=imu.first_index,
        n=n,
        flags=imu.flags,
        resyncs=imu.resyncs,
    )


def two_on_one_bus():
    one, first = make("dsv16x", Numbered(1), address=0x6A)
    two, second = make("dso", Numbered(2), address=0x6B)
    first.start(8, 1000)
    second.start(4, 500)
    ledgers = [Ledger(one, first), Ledger(two, second)]
    for _ in range(100):
        for ledger in ledgers:
            polls(ledger.imu, ledger)
        time.sleep_ms(30)
    report(
        names=[first.name, second.name],
        scales=[first.acc_scale_pg, second.acc_scale_pg, first.gyr_scale_ndps, second.gyr_scale_ndps],
        seen=[ledger.seen for ledger in ledgers],
        made=[one._made, two._made],
        wrong=[len(ledger.wrong) for ledger in ledgers],
        apart=first.raw is not second.raw,
    )


def heap_locked():
    _, imu = make(source=Numbered(3))
    imu.start()
    time.sleep_ms(30)
    imu.poll()
    total = 0
    sizes = []
    for _ in range(20):
        time.sleep_ms(30)
        # The simulated bus allocates; what the driver does on its own must not. So the bus's answers are made before.
        status = bytearray(2)
        board.buses[0].read(0x6A, 0x1B, status)
        words = min(32, status[0])
        burst = bytearray(7 * words)
        board.buses[0].read(0x6A, 0x78, burst)
        imu.i2c = Canned(status, burst)
        micropython.heap_lock()
        n = imu.poll()
        micropython.heap_unlock()
        total += n
        sizes.append(n)
    report(total=total, sizes=sizes)


class Canned:
    """A bus with two answers, which allocates nothing."""

    def __init__(self, status, burst):
        self.status = status
        self.burst = burst

    def readfrom_mem_into(self, address, register, buffer):
        source = self.status if register == 0x1B else self.burst
        k = 0
        while k < len(buffer):
            buffer[k] = source[k]
            k += 1
