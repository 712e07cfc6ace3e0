"""The device: its parts put together, and one pass of its loop. Ports to the hardware are passed in, and so is time."""

import gc

from micropython import const

from hiphinge_fw.core.allowlist import Allowlist
from hiphinge_fw.core.assembly import BACKLOG_BLOCK, LIVE_BLOCK, Assembly
from hiphinge_fw.core.checks import Checks, NoAssembly
from hiphinge_fw.core.clock import Clock, ticks_diff
from hiphinge_fw.core.control import Control
from hiphinge_fw.core.delivery import Delivery
from hiphinge_fw.core.events import Events
from hiphinge_fw.core.infos import Infos
from hiphinge_fw.core.link import DOWN, PACKETS, STREAM, UP
from hiphinge_fw.core.look import Look
from hiphinge_fw.core.policies import Battery
from hiphinge_fw.core.reports import StatusReport
from hiphinge_fw.core.seldom import seldom
from hiphinge_fw.core.settings import Settings
from hiphinge_fw.core.states import States
from hiphinge_wire.constants import (
    EVENT_IMU_BACK,
    EVENT_IMU_LOST,
    EVENT_LOW_BATTERY,
    EVENT_SLEEP,
    EVENT_STOPPED,
    STATE_OUTAGE,
    STATE_RECORDING,
    STATE_STARTED,
    STOPPED_LOW_BATTERY,
    STOPPED_NO_HOST,
)

# Requests worked on in one pass: an ACK takes 1 ms on an ESP32, and the sensors wait.
_REQUESTS_A_PASS = const(3)
# Blocks written to flash in one pass: 1.5 to 3 ms each; 34 passes a second fill 3.2 backlog blocks.
_WRITES_A_PASS = const(2)
# Garbage is collected while the FIFOs are empty, before the allocator does it somewhere else.
_COLLECT_US = const(10000000)
# After a pass this long the FIFOs come first: no erasure, no collection.
_STALLED_US = const(150000)
_BATTERY_US = const(1000000)
_SLOW_US = const(250000)
# A serial host that stays silent so long has left.
_SILENCE_US = const(5000000)
# Made once: a tuple of imported names is made anew at each use.
_STORING = (STATE_OUTAGE, STATE_RECORDING)


class Device:
    """Everything between the sensors and the links.

    Parameters
    ----------
    board : object
        ``name``, ``places`` ((bus, address, axes) of each IMU), ``battery_cells``, ``has_loader``.
    ports : object
        ``sensors``, ``links``, ``ring``, ``log`` (mounted, or None), ``runs``, ``kept``, ``ticks_us``,
        ``ticks_ms``, and what the shell does: ``led(lit, percent)``, ``vibrate(percent)`` or None, ``pressed()``,
        ``battery_mv()``, ``board_temperature_cdeg()``, ``feed()``, ``advertise(device)``, ``restart(mode)``,
        ``sleep()``, ``forget_bonds(identity)``, ``selftest(sensor)``.
    boot, serial, restarts, safe
        Boot id, serial number, restarts since power-on, safe mode.
    """

    def __init__(self, board, ports, boot, serial, restarts=0, safe=False):
        self.board = board
        self.ports = ports
        self.boot = boot
        self.serial = serial
        self.restarts = restarts
        self.safe = safe
        self.ticks_us = ports.ticks_us
        now_us = ports.ticks_us()
        self.clock = Clock(now_us)
        self.settings = Settings(ports.kept)
        self.allowlist = Allowlist(ports.kept)
        self.infos = Infos(ports.kept)
        self.sensors = ports.sensors
        self.links = ports.links
        self.assembly = Assembly(ports.ring, self.clock, self.sensors, boot)
        self.assembly.set_profile(self.settings.get("profile"))
        self.delivery = Delivery(ports.ring, ports.log, boot, ports.runs)
        self.states = States()
        self.events = Events(boot)
        self.battery = Battery()
        self.control = Control(self)
        self.unix_us = 0
        self.board_temperature_cdeg = -32768
        self.loop_peak_us = 0
        self._collect()
        self.checks = Checks(self)
        self.look = Look(self)
        self._status = StatusReport()
        self._none = NoAssembly()
        self._began_us = self._before_us = now_us
        self._collected_us = self._battery_us = self._slow_us = self._status_us = now_us
        self._serving = None
        self._closing = None  # link to be dropped, how to restart after it (0: not at all), whether it waited
        self._made_in_epoch = False
        self._untold = False  # INFO is still to be kept
        self._sent_seen = 0
        if not safe:
            self._probe()

    def _probe(self):
        for sensor in self.sensors:
            sensor.probe(
                self.settings.get("acc_range_g"), self.settings.get("gyr_range_dps"), self.settings.get("rate_hz")
            )

    # -- the loop

    def step(self):
        """One pass: sensors, links, and what else is due. 28 to 32 ms apart."""
        now_us = self.ticks_us()
        self.clock.update(now_us)
        length = ticks_diff(now_us, self._began_us)
        if length > self.loop_peak_us:
            self.loop_peak_us = length
        self._began_us = now_us
        self._listen(now_us)
        if self.states.sampling or self.checks.measuring is not None:
            self._sample(now_us)
        sent = self._send()
        # At once: who sent LEAVE wants the console.
        if self._closing is not None and self._closing[0].port.framing == STREAM:
            self._close()
        self._storage(now_us, length)
        if ticks_diff(now_us, self._slow_us) >= _SLOW_US:
            self._slow_us = now_us
            self._slow(now_us)
        self.look.update(now_us, sent)

    def _sample(self, now_us):
        sensors = self.sensors
        assembly = self.assembly if self.states.sampling else self._none
        for imu in range(2):
            sensor = sensors[imu]
            sensor.read(imu, assembly, now_us, self.checks.measuring)
            if sensor.changed:
                self.add_event(EVENT_IMU_LOST if sensor.changed == 1 else EVENT_IMU_BACK, now_us, imu)
                sensor.changed = 0
                self._describe_newcomers(now_us)
        if self.states.sampling:
            self._made_in_epoch = True
            # No host, or none that takes what there is: a longer block has less overhead.
            waits = self.delivery.live_next < self.delivery.ring.next or self.states.code != STATE_STARTED
            self.assembly.end_pass(waits)

    def _send(self):
        owner = self.states.owner
        sending = self.states.code == STATE_STARTED
        for link in self.links:
            if link.up:
                if self.delivery.gone and (link is owner or link is self._serving):
                    self.control.tell_gone(link)
                mine = (sending and link is owner) or (not sending and link is self._serving)
                link.pump(self.delivery if mine else None)
        sent = self.delivery.sent + self.delivery.resent
        moved = sent != self._sent_seen
        self._sent_seen = sent
        return moved

    def _storage(self, now_us, length):
        delivery = self.delivery
        code = self.states.code
        urgent = code in _STORING
        for _ in range(_WRITES_A_PASS):
            if not delivery.spill(urgent):
                break
        delivery.tidy()
        # One stall a pass: the FIFOs hold 0.7 s.
        if length >= _STALLED_US or ((urgent or self.look.turn == 0) and delivery.erase_ahead()):
            return
        if ticks_diff(now_us, self._collected_us) > _COLLECT_US:
            self._collected_us = now_us
            self._collect()

    def _collect(self):
        gc.collect()
        # Here only: it looks at every block of the heap, and PSRAM has half a million.
        self.memory_free = gc.mem_free()

    def _slow(self, now_us):
        # Four times a second.
        seconds = self.clock.seconds()
        for sensor in self.sensors:
            if self.states.sampling and sensor.tune():
                break
        if ticks_diff(now_us, self._battery_us) >= _BATTERY_US:
            self._battery_us = now_us
            self.board_temperature_cdeg = self.ports.board_temperature_cdeg()
            if self.battery.update(self.ports.battery_mv(), self.settings.get("low_battery_mv")):
                self.add_event(EVENT_LOW_BATTERY, now_us, self.battery.mv)
                if self.states.sampling:
                    self._stop_by_itself(STOPPED_LOW_BATTERY, now_us)
            self.ports.advertise(self)
        if self.states.outage_over(seconds, self.settings.get("outage_s")):
            self._stop_by_itself(STOPPED_NO_HOST, now_us)
        if ticks_diff(now_us, self._status_us) >= self.settings.get("status_interval_ms") * 1000:
            self._status_us = now_us
            try:
                self._report(now_us)
            except MemoryError:
                # The next one is due in a second, and the samples are kept.
                self._collect()
        self.checks.go_on()
        if self._untold:
            self.keep_info()
        if self._closing is not None:
            self._close()
        if self.states.may_sleep(seconds, self.settings.get("sleep_after_s")) or (
            self.battery.low and not self.states.linked and not self.states.sampling
        ):
            self.add_event(EVENT_SLEEP, now_us)
            self.delivery.save()
            self.ports.sleep()

    def _report(self, now_us):
        for link in self.links:
            if link.ready:
                self.send_status(link, 0, now_us)
                for event in self.events.pending():
                    self.control.send(link, event)

    # -- links

    def _listen(self, now_us):
        for link in self.links:
            change = link.listen(now_us)
            while change:
                if change == UP:
                    self.states.ended(link, self.clock.seconds())
                    self.states.connected(link)
                elif change == DOWN:
                    self._ended(link)
                change = link.listen(now_us)
            if not link.up:
                continue
            if not link.ready:
                # A serial line is a cable in somebody's hand.
                allowed = link.port.framing == STREAM or self.allowlist.admits(
                    link.identity, link.encrypted, link.bonded, self.clock.seconds()
                )
                if link.settle(now_us, allowed):
                    self.states.authorised(link)
                    link.prepare(self.assembly.sizes)
                    self._status_us = now_us
                continue
            for _ in range(_REQUESTS_A_PASS):
                if not link.requests:
                    break
                ticks, data = link.requests.pop(0)
                self.control.take(link, ticks, data, now_us)
            while link.faults:
                self.control.fault(link, link.faults.pop(0), now_us)
            if link.port.silence_ms and link.silent_us(now_us) > _SILENCE_US:
                link.port.drop()

    def _ended(self, link):
        if self.states.owner is link or self._serving is link:
            self.delivery.end()
            self._serving = None
        self.states.ended(link, self.clock.seconds())
        if self.states.code in _STORING:
            self.assembly.full = BACKLOG_BLOCK
        # A radio that is connected does not advertise: at once, not within a second.
        self.ports.advertise(self)

    def send_status(self, link, request, now_us):
        """STATUS, behind the blocks closed before it."""
        status = self._status.fill(self, request, now_us)
        self.control.send(link, status, self.delivery.ring.next if self.states.owner is link else -1)

    def serve(self, link):
        """Blocks that were fetched go to this link."""
        self._serving = link

    def drop_when_quiet(self, link):
        """End the link when its answers are out."""
        self._closing = (link, 0, False)

    def restart_when_quiet(self, link, mode):
        """The same, then restart."""
        self._closing = (link, mode, False)

    def _close(self):
        link, mode, told = self._closing
        if link.up and not link.quiet:
            return
        if link.up and link.port.framing == PACKETS and not told:
            # The radio has its answer, but may not have sent it: a quarter of a second more.
            self._closing = (link, mode, True)
            return
        self._closing = None
        link.port.drop()
        if mode:
            self.delivery.save()
            self.ports.restart(mode)

    # -- sampling

    def start(self, link, profile, store_only, live_only):
        """START; returns whether a sensor delivers."""
        now_us = self.ticks_us()
        if not self.states.sampling:
            answers = [sensor.start(now_us) for sensor in self.sensors]
            if not (answers[0] or answers[1]):
                for sensor in self.sensors:
                    sensor.stop()
                return False
            self.look.sensors_began()
            self._describe_newcomers(now_us)
        if profile != self.assembly.profile:
            self.assembly.set_profile(profile)
            if self._made_in_epoch:
                self.new_epoch(now_us)
        self.assembly.full = BACKLOG_BLOCK if store_only else LIVE_BLOCK
        self.delivery.begin(bool(live_only) or bool(store_only))
        self.states.started(link, bool(store_only))
        link.prepare(self.assembly.sizes)
        self.keep_info()
        return True

    def _describe_newcomers(self, now_us):
        # A chip that INFO calls absent has no scale there.
        for sensor in self.sensors:
            if sensor.appeared:
                sensor.appeared = False
                self.new_epoch(now_us)

    def stop(self, now_us):
        """STOP: what is open is closed."""
        if self.states.sampling:
            if self.assembly.open():
                self.assembly.close()
            for sensor in self.sensors:
                sensor.stop()
            link = self.states.owner
            self.states.stopped(self.clock.seconds())
            # What is not acknowledged still goes out to the host that stopped it.
            self._serving = link

    def _stop_by_itself(self, why, now_us):
        self.stop(now_us)
        self.add_event(EVENT_STOPPED, now_us, why)

    def new_epoch(self, now_us):
        """Rate, range or profile changed: what follows is described by another INFO."""
        self.assembly.set_epoch(self.assembly.epoch + 1)
        self._made_in_epoch = False
        if not self.states.sampling and not self.safe:
            self._probe()
        self.keep_info()

    def keep_info(self):
        """INFO of this epoch outlives the boot, as its blocks do."""
        try:
            self.infos.put(seldom("hiphinge_fw.core.descriptions").info(self))
            self._untold = False
        except MemoryError:
            # Again in a moment.
            self._collect()
            self._untold = True

    def apply_settings(self):
        """Name and the like changed."""
        self.ports.advertise(self)

    # -- the rest

    def add_event(self, kind, now_us, value=0):
        """Something happened: say so at once, and again until it is acknowledged."""
        event = self.events.add(kind, self.clock.microseconds(now_us), value)
        for link in self.links:
            if link.ready:
                self.control.send(link, event)

    def identify(self, duration_ms):
        """Blink and buzz."""
        self.look.identify(duration_ms)
        self.look.begin_cue(2 if duration_ms else 0, self.settings.get("cue_strength_percent"), 0)

    def forget_bonds(self, spare):
        """Bonds and the list, `spare` aside; raises OSError where that could not be kept."""
        self.allowlist.forget(spare)
        self.ports.forget_bonds(spare)
