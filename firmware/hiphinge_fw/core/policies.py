"""Small decisions, time passed in: button, LED, battery, cues, watchdog."""

from micropython import const

from hiphinge_fw.core.clock import ticks_diff

# -- button

NONE = const(0)
SHORT = const(1)
LONG = const(2)
# Contacts bounce for some ms; a press shorter than this is none.
_BOUNCE_MS = const(30)
_LONG_MS = const(2000)


class Button:
    """Presses from levels. The press that woke the device, or was held at power-on, is none.

    Parameters
    ----------
    pressed : bool
        Now: that press does not count.
    """

    def __init__(self, pressed):
        self._pressed = pressed
        self._counts = not pressed
        self._since_ms = 0

    def update(self, pressed, now_ms):
        """`NONE`, `SHORT` when let go, `LONG` as soon as it has been held long enough; `now_ms` are ticks."""
        if pressed != self._pressed:
            held = ticks_diff(now_ms, self._since_ms)
            self._pressed = pressed
            self._since_ms = now_ms
            if not pressed:
                counts, self._counts = self._counts, True
                return SHORT if counts and held >= _BOUNCE_MS else NONE
        elif pressed and self._counts and ticks_diff(now_ms, self._since_ms) >= _LONG_MS:
            self._counts = False
            return LONG
        return NONE


# -- LED

# Period in units of 50 ms, then how many of them are lit: what one sees of the state.
_LED = (
    (80, 1),  # idle: a blink every 4 s
    (20, 1),  # linked, not authorised
    (40, 2),  # ready
    (20, 10),  # started: even, 1 Hz
    (40, 20),  # outage: slow
    (60, 30),  # recording
)
_LED_UNIT_MS = const(50)


def led_lit(state, now_ms, pairing=False, low_battery=False, safe=False, identify=False):
    """Whether the LED is lit.

    Parameters
    ----------
    state : int
        Connection state.
    now_ms : int
        Any milliseconds that run on.
    pairing, low_battery, safe, identify : bool
        What is shown instead, the last of them first.
    """
    unit = now_ms // _LED_UNIT_MS
    if identify:
        return unit % 2 == 0
    if safe:
        return unit % 20 in (0, 2, 4)
    if low_battery:
        return unit % 60 in (0, 3)
    if pairing:
        return unit % 4 < 2
    period, lit = _LED[state]
    return unit % period < lit


# -- battery

# Rest voltage of a lithium cell and what is left of it, per cent: a line through each pair of points.
_CURVE = ((3300, 0), (3600, 8), (3700, 20), (3800, 45), (3900, 62), (4000, 79), (4100, 93), (4180, 100))
_SMOOTHING = const(8)
# A radio burst dips the voltage; a cell that is empty stays low.
_LOW_FOR = const(10)


def percent(mv):
    """What is left of one lithium cell at `mv`, per cent."""
    low_mv, low = _CURVE[0]
    if mv <= low_mv:
        return 0
    for high_mv, high in _CURVE:
        if mv < high_mv:
            return low + (high - low) * (mv - low_mv) // (high_mv - low_mv)
        low_mv, low = high_mv, high
    return 100


class Battery:
    """Smoothed voltage, and when it is too low to go on.

    Attributes
    ----------
    mv : int
        0 not known.
    low : bool
        Below the limit for ten readings in a row; above it by 100 mV it is well again.
    """

    def __init__(self):
        self.mv = 0
        self.low = False
        self._below = 0

    @property
    def percent(self):
        """0..100; 255 not known."""
        return percent(self.mv) if self.mv else 255

    def update(self, mv, limit_mv):
        """Take a reading (0: none); returns whether the battery became low with it."""
        if mv <= 0:
            return False
        self.mv = mv if not self.mv else self.mv + (mv - self.mv) // _SMOOTHING
        self._below = self._below + 1 if self.mv < limit_mv else 0
        if not self.low and self._below >= _LOW_FOR:
            self.low = True
            return True
        if self.low and self.mv > limit_mv + 100:
            self.low = False
        return False


# -- cues

# Milliseconds on, off, on ... of each pattern; negative: rising strength.
_PATTERNS = ((), (80,), (80, 80, 80), (400,), (-400,))
_RING_MS = const(60)  # a motor that was switched off still turns


class Cue:
    """Strength of the vibration motor over time.

    Attributes
    ----------
    shaking : bool
        The motor runs, or still turns.
    """

    def __init__(self):
        self._pattern = ()
        self._percent = 0
        self._begun_ms = 0
        self._off_ms = 0
        self.shaking = False

    def begin(self, pattern, strength_percent, duration_ms, now_ms):
        """A cue; replaces a running one. 0 as a duration is the pattern's own."""
        steps = _PATTERNS[pattern]
        if steps and duration_ms:
            own = sum(abs(step) for step in steps)
            steps = tuple(step * duration_ms // own for step in steps)
        self._pattern = steps
        self._percent = strength_percent
        self._begun_ms = now_ms

    def update(self, now_ms):
        """Strength now, per cent."""
        at = ticks_diff(now_ms, self._begun_ms)
        strength = 0
        on = True
        for step in self._pattern:
            length = abs(step)
            if at < length:
                if on:
                    strength = self._percent * (at + 40) // length if step < 0 else self._percent
                    if strength > self._percent:
                        strength = self._percent
                break
            at -= length
            on = not on
        else:
            self._pattern = ()
        if strength:
            self._off_ms = now_ms
            self.shaking = True
        elif self.shaking and ticks_diff(now_ms, self._off_ms) > _RING_MS:
            self.shaking = False
        return strength


# -- watchdog

# A sensor that neither delivers nor is being recovered for so long, or a radio that takes nothing while it has a link
# and refuses nothing either, is a fault of this program: let the watchdog restart it.
_SENSOR_MS = const(4000)
_SENDER_MS = const(20000)


class Watchdog:
    """Whether the hardware watchdog may be fed. An outage of any length is no fault."""

    def __init__(self, now_ms):
        self._delivered_ms = [now_ms, now_ms]
        self._sent_ms = now_ms

    def sensor(self, imu, sampling, samples_moved, recovering, now_ms):
        """What a sensor did since the last pass."""
        if not sampling or samples_moved or recovering:
            self._delivered_ms[imu] = now_ms

    def sender(self, waits, sent, now_ms):
        """Whether there was nothing to send or nobody to send to, and whether something went out."""
        if waits or sent:
            self._sent_ms = now_ms

    def may_feed(self, now_ms):
        """Whether all is well."""
        return (
            ticks_diff(now_ms, self._delivered_ms[0]) < _SENSOR_MS
            and ticks_diff(now_ms, self._delivered_ms[1]) < _SENSOR_MS
            and ticks_diff(now_ms, self._sent_ms) < _SENDER_MS
        )
