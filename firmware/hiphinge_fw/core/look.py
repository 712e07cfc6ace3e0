"""What a person sees, feels and presses, and the watchdog: the end of every pass."""

from micropython import const

from hiphinge_fw.core.clock import ticks_diff
from hiphinge_fw.core.policies import LONG, SHORT, Button, Cue, Watchdog, led_lit
from hiphinge_wire.constants import EVENT_BUTTON_LONG, EVENT_BUTTON_SHORT

# Passes that take so long, as those of a self-test do, may not add up to what the watchdog waits for.
_LATE_MS = const(500)


class Look:
    """Button, motor, LED and watchdog of a device.

    Parameters
    ----------
    device : Device
        Its ports are there by now.
    """

    def __init__(self, device):
        self._device = device
        self._button = Button(device.ports.pressed())
        self._cue = Cue()
        self._watchdog = Watchdog(device.ports.ticks_ms())
        self._identify_until_s = -1
        self._samples_seen = [0, 0]
        self._turn = 0
        self._looked_ms = device.ports.ticks_ms()
        self._moved = False
        self._refusals = 0
        self._refusals_of = None

    @property
    def turn(self):
        """Passes are counted 0 to 3: what may wait is done at 0."""
        return self._turn

    def identify(self, duration_ms):
        """Blink."""
        self._identify_until_s = self._device.clock.seconds() + (duration_ms + 999) // 1000

    def begin_cue(self, pattern, strength_percent, duration_ms):
        """Vibrate; returns whether there is a motor."""
        ports = self._device.ports
        if ports.vibrate is None:
            return False
        self._cue.begin(pattern, strength_percent, duration_ms, ports.ticks_ms())
        return True

    def sensors_began(self):
        """The watchdog waits for the first samples."""
        self._samples_seen[0] = self._samples_seen[1] = -1

    def update(self, now_us, sent):
        """One pass; `sent`: something went out in it."""
        device = self._device
        ports = device.ports
        now_ms = ports.ticks_ms()
        press = self._button.update(ports.pressed(), now_ms)
        if press == SHORT:
            device.add_event(EVENT_BUTTON_SHORT, now_us)
        elif press == LONG:
            device.allowlist.open_window(device.clock.seconds())
            device.add_event(EVENT_BUTTON_LONG, now_us)
            ports.advertise(device)
        if ports.vibrate is not None:
            ports.vibrate(self._cue.update(now_ms))
            device.assembly.motor = self._cue.shaking
        # The rest is soon enough every fourth pass, 0.12 s.
        self._turn = (self._turn + 1) & 3
        self._moved = self._moved or sent
        if self._turn and ticks_diff(now_ms, self._looked_ms) < _LATE_MS:
            return
        self._looked_ms = now_ms
        seconds = device.clock.seconds()
        lit = led_lit(
            device.states.code,
            now_ms,
            device.allowlist.window_open(seconds),
            device.battery.low,
            device.safe,
            seconds < self._identify_until_s,
        )
        ports.led(lit, device.settings.values["led_percent"])
        self._watch(device, now_ms)

    def _watch(self, device, now_ms):
        watchdog = self._watchdog
        sampling = device.states.sampling
        for imu in range(2):
            taken = device.assembly.samples[imu]
            watchdog.sensor(imu, sampling, taken != self._samples_seen[imu], device.sensors[imu].absent, now_ms)
            self._samples_seen[imu] = taken
        owner = device.states.owner
        waits = owner is None or not owner.up or owner.quiet or owner.refused != self._refused(owner)
        watchdog.sender(waits, self._moved, now_ms)
        self._moved = False
        if watchdog.may_feed(now_ms):
            device.ports.feed()

    def _refused(self, owner):
        # Refusals at the last pass: a radio that says no is alive.
        before = self._refusals if self._refusals_of is owner else owner.refused
        self._refusals, self._refusals_of = owner.refused, owner
        return before
