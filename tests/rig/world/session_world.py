"""One boot of the firmware on a simulated board, joined event by event to a host on the other end of a pipe.

Lines out, each a JSON list behind a mark: `>` a connection event [time_us, up, [[is data, hex], ...]], answered by one
line of hexadecimal packets; `@` reports. The plan is passed in; the ledger goes out at the end, and nothing of it is
known to the firmware.
"""

import binascii
import sys
from array import array

import machine
import sim_board as board
from rig_report import report
from sim_clock import clock
from sim_flash import Flash
from sim_lsm6 import Lsm6Chip
from sim_radio import radio
from sim_random import Chance
from sim_sources import Numbered, Recorded

_DATA = "f28d6901-3f47-4890-ba97-b99bd5941178"


def exchange(at_us, up, packets):
    data = radio.handles[_DATA]
    rows = ["%d%s" % (handle == data, binascii.hexlify(packet).decode()) for handle, packet in packets]
    sys.stdout.write(">%d %d %s\n" % (at_us, up, " ".join(rows)))
    answer = sys.stdin.readline()
    if not answer or answer[0] == "!":
        raise SystemExit
    return [binascii.unhexlify(one) for one in answer.split()]


class Few(list):
    """A list for ever as short as it is: an hour of LED changes would fill the heap."""

    def append(self, value):
        pass


class World:
    """What happens around the firmware, by the plan."""

    def __init__(self, plan):
        self.plan = plan
        self.chance = Chance(plan["seed"])
        self.errors_from_us = plan.get("errors_from_us", 0)
        self.actions = sorted(plan.get("actions", ()))
        self._busy = False
        self.pauses = 0

    def watch(self, now_us):
        if self._busy:
            return
        self._busy = True
        while self.actions and self.actions[0][0] <= now_us:
            _, what, value = self.actions.pop(0)
            if what == "plug":
                board.buses[value[0]].plug(bool(value[1]))
            elif what == "stick":
                board.buses[value].stuck = True
            elif what == "errors":
                for bus in board.buses.values():
                    bus.per_million = dict(value)
            elif what == "cut power":
                raise board.Reset(machine.PWRON_RESET)
            elif what == "press":
                board.pin_levels[7] = value
        self._busy = False

    def pause(self):
        """Between two passes: garbage collections of 2 to 15 ms, now and then one of 100 or 290 ms (PSRAM)."""
        if self.chance.hit(self.plan["pauses_per_million"]):
            self.pauses += 1
            rare = self.chance.below(50)
            clock.advance(290000 if rare == 0 else 100000 if rare < 3 else self.chance.between(2000, 15000))


def _recorded(path):
    with open(path, "rb") as file:
        return Recorded(array("h", file.read()))


def prepare(plan):
    """The board by the plan: (world, chips, flash)."""
    clock.now_us = plan["start_us"]
    world = World(plan)
    chips = []
    for imu in range(2):
        source = _recorded(plan["counts"][imu]) if "counts" in plan else Numbered(imu)
        chip = Lsm6Chip(plan.get("kind", "dsv16x"), source, plan["rate_errors"][imu], unique=True)
        board.buses[imu].chips[0x6A] = chip
        chips.append(chip)
    for pin in (9, 5):
        board.scl_pins[0 if pin == 9 else 1] = pin
    board.pwm_changes = Few()
    board.pin_changes = Few()
    board.adc_uv[4] = 1950000
    flash = Flash(plan["sectors"], plan["flash"], plan["new"])
    flash.erase_us = tuple(plan["erase_us"])
    board.partitions["hiplog"] = flash
    if plan["nvs"]:
        for key, value in plan["nvs"].items():
            board.nvs.setdefault("hiphinge", {})[key] = value if isinstance(value, int) else binascii.unhexlify(value)
    radio.packets = plan["packets"]
    radio.loss_per_million = plan["loss_per_million"]
    radio.outages = plan["outages"]
    radio.mtu = plan.get("mtu", 247)
    radio.exchange = exchange
    if not plan["nvs"]:
        from hiphinge_fw.core.settings import sealed

        board.nvs["hiphinge"] = {"allowed": sealed(radio.identity + b"\x01")}
    return world, chips, flash


def run(plan):
    """A boot, from `plan["start_us"]` until the plan ends or cuts it."""
    world, chips, flash = prepare(plan)
    ended = "plan"
    device = None
    try:
        import main

        device, ports = main.build()
        # Where time 0 of the device is: unknown to everybody but the ledger.
        now = clock.now_us
        origin_us = now - device.clock.microseconds(clock.ticks_us())
        report(boot=device.boot, origin_us=origin_us, wraps=plan.get("first_sequence", 0))
        first = plan.get("first_sequence", 0)
        if first:
            ring = device.delivery.ring
            ring.first = ring.next = ring.saved = device.delivery.acknowledged = device.delivery.live_next = first
        plain = device.step

        def step():
            plain()
            world.pause()
            if clock.now_us >= plan["end_us"]:
                raise SystemExit

        device.step = step
        clock.watchers.append(world.watch)
        radio.begin()
        main.run(device, ports)
    except SystemExit:
        pass
    except board.Reset as reset:
        ended = "reset %d" % reset.cause
    import gc

    delivery = device.delivery
    ledger(
        chips,
        world,
        flash,
        ended,
        faults=device.links[0].port.faults,
        kept_blocks=[delivery.oldest, delivery.ring.first, delivery.ring.saved, delivery.ring.next],
        dropped=[delivery.ring.dropped, delivery.log.overwritten],
        recoveries=[sensor.recoveries for sensor in device.sensors],
        memory=gc.mem_alloc(),
    )


def ledger(chips, world, flash, ended, **more):
    """All that is true; `more` is what only the firmware knows."""
    for imu in range(2):
        chip = chips[imu]
        left = chip.in_fifo()
        report(
            imu=imu,
            made=chip.made,
            generations=chip.generations,
            destroyed=sorted(chip.destroyed),
            flushed=sorted(chip.flushed),
            left=sorted(left),
            happened=board.buses[imu].happened,
        )
    kept = {}
    for key, value in board.nvs.get("hiphinge", {}).items():
        kept[key] = value if isinstance(value, int) else binascii.hexlify(value).decode()
    report(
        ended=ended,
        now_us=clock.now_us,
        nvs=kept,
        stalls_us=flash.stall_us,
        impossible=flash.impossible,
        pauses=world.pauses,
        lost_packets=radio.lost,
        refused=radio.refused,
        waiting_peak=radio.waiting_peak,
        handler_dead=radio.dead,
        longest_unfed_us=board.watchdog.longest_us if board.watchdog else -1,
        **more,
    )
