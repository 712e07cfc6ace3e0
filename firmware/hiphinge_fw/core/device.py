"""The device: its parts put together, and one pass of its loop. Ports to the hardware are passed in, and so is time."""

import gc

from micropython import const

from hiphinge_fw.core import reports
from hiphinge_fw.core.allowlist import Allowlist
from hiphinge_fw.core.assembly import BACKLOG_BLOCK, LIVE_BLOCK, Assembly
from hiphinge_fw.core.clock import Clock, ticks_diff
from hiphinge_fw.core.control import Control
from hiphinge_fw.core.delivery import Delivery
from hiphinge_fw.core.events import Events
from hiphinge_fw.core.gyro_bias import GyroCalibration
from hiphinge_fw.core.infos import Infos
from hiphinge_fw.core.link import DOWN, STREAM, UP
from hiphinge_fw.core.policies import LONG, SHORT, Battery, Button, Cue, Watchdog, led_lit
from hiphinge_fw.core.settings import Settings, sealed, unsealed
from hiphinge_fw.core.states import States
from hiphinge_wire.calibration import Calibration
from hiphinge_wire.constants import (
    EVENT_BUTTON_LONG,
    EVENT_BUTTON_SHORT,
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
from hiphinge_wire.errors import WireError
from hiphinge_wire.replies import GyroCalibrated, SelftestResult, Step

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
_CALIBRATION_KEY = "cal%d"
# Made once: a tuple of imported names is made anew at each use.
_STORING = (STATE_OUTAGE, STATE_RECORDING)


class NoAssembly:
    """Takes samples and keeps none: while only a bias is measured."""

    def add(self, imu, raw, quaternions, count, first_index, flags):
        """Nothing."""


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
        now_us, now_ms = ports.ticks_us(), ports.ticks_ms()
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
        self.measuring = None
        self.testing = None
        self.calibrations = [self._kept_calibration(0), self._kept_calibration(1)]
        self._status = reports.StatusReport()
        self._none = NoAssembly()
        self._button = Button(ports.pressed())
        self._cue = Cue()
        self._watchdog = Watchdog(now_ms)
        self._began_us = self._before_us = now_us
        self._collected_us = self._battery_us = self._slow_us = self._status_us = now_us
        self._identify_until_s = -1
        self._serving = None
        self._closing = None  # link to be dropped, and how to restart after it (0: not at all)
        self._made_in_epoch = False
        self._samples_seen = [0, 0]
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
        if self.states.sampling or self.measuring is not None:
            self._sample(now_us)
        sent = self._send()
        self._storage(now_us, length)
        if ticks_diff(now_us, self._slow_us) >= _SLOW_US:
            self._slow_us = now_us
            self._slow(now_us)
        self._look(now_us, sent)

    def _sample(self, now_us):
        sensors = self.sensors
        assembly = self.assembly if self.states.sampling else self._none
        for imu in range(2):
            sensor = sensors[imu]
            sensor.read(imu, assembly, now_us, self.measuring)
            if sensor.changed:
                self.add_event(EVENT_IMU_LOST if sensor.changed == 1 else EVENT_IMU_BACK, now_us, imu)
                sensor.changed = 0
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
        if length >= _STALLED_US or ((urgent or self._turn == 0) and delivery.erase_ahead()):
            return
        if ticks_diff(now_us, self._collected_us) > _COLLECT_US:
            self._collected_us = now_us
            gc.collect()

    def _look(self, now_us, sent):
        now_ms = self.ports.ticks_ms()
        press = self._button.update(self.ports.pressed(), now_ms)
        if press == SHORT:
            self.add_event(EVENT_BUTTON_SHORT, now_us)
        elif press == LONG:
            self.allowlist.open_window(self.clock.seconds())
            self.add_event(EVENT_BUTTON_LONG, now_us)
            self.ports.advertise(self)
        if self.ports.vibrate is not None:
            self.ports.vibrate(self._cue.update(now_ms))
            self.assembly.motor = self._cue.shaking
        # The rest is soon enough every fourth pass, 0.12 s.
        self._turn = (self._turn + 1) & 3
        self._moved = self._moved or sent
        if self._turn:
            return
        seconds = self.clock.seconds()
        lit = led_lit(
            self.states.code,
            now_ms,
            self.allowlist.window_open(seconds),
            self.battery.low,
            self.safe,
            seconds < self._identify_until_s,
        )
        self.ports.led(lit, self.settings.values["led_percent"])
        watchdog = self._watchdog
        for imu in range(2):
            taken = self.assembly.samples[imu]
            sensor = self.sensors[imu]
            watchdog.sensor(imu, self.states.sampling, taken != self._samples_seen[imu], sensor.absent, now_ms)
            self._samples_seen[imu] = taken
        owner = self.states.owner
        waits = owner is None or not owner.up or owner.quiet or owner.refused != self._refused(owner)
        watchdog.sender(waits, self._moved, now_ms)
        self._moved = False
        if watchdog.may_feed(now_ms):
            self.ports.feed()

    def _refused(self, owner):
        # Refusals at the last pass: a radio that says no is alive.
        before = self._refusals if self._refusals_of is owner else owner.refused
        self._refusals, self._refusals_of = owner.refused, owner
        return before

    _turn = 0
    _moved = False
    _refusals = 0
    _refusals_of = None

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
            for link in self.links:
                if link.ready:
                    self.send_status(link, 0, now_us)
                    for event in self.events.pending():
                        self.control.send(link, event)
        self._finish_measuring(now_us)
        self._finish_test()
        self._close()
        if self.states.may_sleep(seconds, self.settings.get("sleep_after_s")) or (
            self.battery.low and not self.states.linked and not self.states.sampling
        ):
            self.add_event(EVENT_SLEEP, now_us)
            self.ports.sleep()

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

    def send_status(self, link, request, now_us):
        """STATUS, behind the blocks closed before it."""
        status = self._status.fill(self, request, now_us)
        self.control.send(link, status, self.delivery.ring.next if self.states.owner is link else -1)

    def serve(self, link):
        """Blocks that were fetched go to this link."""
        self._serving = link

    def drop_when_quiet(self, link):
        """End the link when its answers are out."""
        self._closing = (link, 0)

    def restart_when_quiet(self, link, mode):
        """The same, then restart."""
        self._closing = (link, mode)

    def _close(self):
        if self._closing is None or (self._closing[0].up and not self._closing[0].quiet):
            return
        link, mode = self._closing
        self._closing = None
        link.port.drop()
        if mode:
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
            self._samples_seen = [-1, -1]
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
        self.infos.put(reports.info(self))

    def apply_settings(self):
        """Name and the like changed."""
        self.ports.advertise(self)

    def supports(self, values):
        """Whether both chips can do these rates and ranges."""
        for sensor in self.sensors:
            family = getattr(sensor.driver, "family", None)
            if not sensor.present or family is None:
                if sensor.present and values.get("rate_hz", 0) not in (0, 100):
                    return False
                continue
            if values.get("rate_hz", 0) not in (0,) + tuple(family.rates):
                return False
            if values.get("acc_range_g", 8) not in family.acc or values.get("gyr_range_dps", 1000) not in family.gyr:
                return False
        return True

    def own_run(self):
        """Of this boot's kept blocks: first, last, first_us, last_us, samples, bytes; None when there are none."""
        delivery = self.delivery
        first, last = delivery.oldest, delivery.ring.next - 1
        if first > last:
            return None
        now = self.clock.microseconds(self.ticks_us())
        return first, last, 0, now, tuple(self.assembly.samples), delivery.unacknowledged_bytes

    # -- the rest

    def add_event(self, kind, now_us, value=0):
        """Something happened: say so at once, and again until it is acknowledged."""
        event = self.events.add(kind, self.clock.microseconds(now_us), value)
        for link in self.links:
            if link.ready:
                self.control.send(link, event)

    def identify(self, duration_ms):
        """Blink and buzz."""
        self._identify_until_s = self.clock.seconds() + (duration_ms + 999) // 1000
        self.begin_cue(2 if duration_ms else 0, self.settings.get("cue_strength_percent"), 0)

    def begin_cue(self, pattern, strength_percent, duration_ms):
        """Vibrate; returns whether there is a motor."""
        if self.ports.vibrate is None:
            return False
        self._cue.begin(pattern, strength_percent, duration_ms, self.ports.ticks_ms())
        return True

    def begin_gyro_calibration(self, link, request, now_us):
        """Measure; returns whether a sensor delivers."""
        if not self.states.sampling:
            answers = [sensor.start(now_us) for sensor in self.sensors]
            if not (answers[0] or answers[1]):
                return False
        self.measuring = GyroCalibration(request.request, request.imus, request.duration_ms, self.ports.ticks_ms())
        self._measured_for = link
        return True

    def cancel_gyro_calibration(self):
        """End it now."""
        if self.measuring is not None:
            self.measuring.cancelled = True

    def _finish_measuring(self, now_us):
        measuring = self.measuring
        if measuring is None:
            return
        past = ticks_diff(self.ports.ticks_ms(), measuring.begun_ms) >= measuring.duration_ms
        if not (past or measuring.cancelled):
            return
        self.measuring = None
        results = []
        for imu in range(2):
            driver = self.sensors[imu].driver
            result = measuring.result(imu, driver.gyr_scale_ndps, driver.temperature_cdeg)
            if result.result == 0:
                self.sensors[imu].set_bias(result.bias_udps)
            results.append(result)
        if not self.states.sampling:
            for sensor in self.sensors:
                sensor.stop()
        self.control.send(self._measured_for, GyroCalibrated(request=measuring.request, imus=tuple(results)))

    def begin_selftest(self, link, request):
        """One sensor a turn, for each takes a second and a half."""
        self.testing = (link, request, [], 0)

    def _finish_test(self):
        if self.testing is None:
            return
        link, request, steps, imu = self.testing
        for step, low, high, seen in self.ports.selftest(self.sensors[imu]):
            steps.append(
                Step(step=step, imu=imu, result=0 if low <= seen <= high else 1, low=low, high=high, seen=seen)
            )
        if imu == 0:
            self.testing = (link, request, steps, 1)
            return
        self.testing = None
        for step, low, high, seen in (
            (8, 0, 0, self.delivery.log.errors if self.delivery.log is not None else 0),
            (9, 3300, 4300, self.battery.mv),
            (12, 8000, 0x7FFFFFFF, gc.mem_free()),
        ):
            result = 2 if step == 9 and seen == 0 else 0 if low <= seen <= high else 1
            steps.append(Step(step=step, imu=255, result=result, low=low, high=high, seen=seen))
        self.control.send(link, SelftestResult(request=request, steps=tuple(steps[:32])))

    def forget_bonds(self, spare):
        """Bonds and the list, `spare` aside; raises OSError where that could not be kept."""
        self.allowlist.forget(spare)
        self.ports.forget_bonds(spare)

    def _kept_calibration(self, imu):
        body = unsealed(self.ports.kept.get(_CALIBRATION_KEY % imu))
        if body is None:
            return None
        try:
            return Calibration.decode(body)
        except WireError:
            return None

    def keep_calibration(self, request):
        """Keep a six-position calibration; raises OSError where that failed."""
        calibration = Calibration(**{field[0]: getattr(request, field[0]) for field in Calibration.LAYOUT.fields})
        self.ports.kept.put(_CALIBRATION_KEY % request.imu, sealed(calibration.encode()))
        self.calibrations[request.imu] = calibration
        self.keep_info()
