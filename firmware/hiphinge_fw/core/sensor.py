"""One IMU through its life: read, fused, timed; lost, recovered, found again. The driver and its bus are passed in."""

from array import array

from micropython import const

from hiphinge_fw.core.clock import ticks_diff
from hiphinge_fw.core.fusion import Fusion
from hiphinge_fw.core.rate import SampleClock

# Errors in a row after which the bus is taken for stuck: single ones are the cable's, and the FIFO survives them.
_ERRORS_STUCK = const(3)
# A chip that samples has something in its FIFO after 10 ms; one that lost its supply for a moment answers, but is empty
# for so many passes.
_SILENT = const(8)
# So far below the line no pair can be: its rate is known to 1000 ppm after 5 s and to 10 after 30 s, and it is drawn
# anew every 64 samples.
_EARLY_US = const(-1000)
_EARLY_LATER_US = const(-300)
_EARLY_BELIEVED = const(8)
# A sensor in recovery is tried again this often: a plug is pushed back by hand.
_RETRY_US = const(250000)
# Samples the raw buffer of any driver holds.
_MOST = const(24)
# Bursts a pass may take from one chip: a full FIFO of an LSM6DSO is 16.
MOST_BURSTS = const(20)

OFF = const(0)
DELIVERING = const(1)
RECOVERING = const(2)


class Sensor:
    """One IMU.

    Parameters
    ----------
    driver : object
        As `drivers.lsm6.Lsm6`.
    recover_bus : callable
        Frees the bus (nine clocks) and sets it up anew.
    failure : type
        The driver's exception.

    Attributes
    ----------
    state : int
        `OFF`, `DELIVERING`, `RECOVERING`.
    clock : SampleClock or None
    fusion : Fusion or None
    recoveries : int
        Attempts to bring it back.
    appeared : bool
        It is there now and was not when INFO was made; the reader sets it back.
    changed : int
        1 when it was lost, 2 when it came back; the reader sets it to 0.
    """

    def __init__(self, driver, recover_bus, failure):
        self.driver = driver
        self._recover_bus = recover_bus
        self._failure = failure
        self._quaternions = array("h", bytes(8 * _MOST))
        self.state = OFF
        self.recoveries = 0
        self.changed = 0
        self.present = False
        self.appeared = False
        self.clock = None
        self.fusion = None
        self.at_rest = False
        self.settled = False
        self._ranges = (8, 1000, 0)
        self._last_us = 0
        self._lost_at_us = 0
        self._empty = 0
        self._tag_errors = 0
        self._early = 0
        self._scales = None
        self._bias = None
        self._tuned = 0

    @property
    def absent(self):
        """Whether it does not deliver."""
        return self.state != DELIVERING

    @property
    def next_index(self):
        """Index of the sample to come."""
        return self.driver.next_index

    def probe(self, acc_range_g, gyr_range_dps, rate_hz):
        """Find the chip and set it up; returns whether it is there. What it samples until `start` is thrown away."""
        self._ranges = (acc_range_g, gyr_range_dps, rate_hz)
        try:
            self.driver.start(acc_range_g, gyr_range_dps, rate_hz)
            # Found and described: asleep until it is wanted.
            self.driver.reset()
            self.present = True
        except self._failure:
            self.present = False
        return self.present

    def start(self, now_us):
        """Begin to sample; returns whether the chip answers. Indices go on where they were."""
        driver = self.driver
        first = driver.next_index
        try:
            driver.start(self._ranges[0], self._ranges[1], self._ranges[2], first)
        except self._failure:
            self.state = RECOVERING
            self._last_us = self._lost_at_us = now_us
            if self.clock is None:
                # Blocks tell the period of an absent sensor, too.
                self.clock = SampleClock(driver.rate_millihz)
            return False
        self._is_there()
        self._tune_anew()
        self.state = DELIVERING
        self._last_us = now_us
        return True

    def _is_there(self):
        self.appeared = self.appeared or not self.present
        self.present = True

    def _tune_anew(self):
        driver = self.driver
        if self.clock is None or self._scales != (driver.rate_millihz, driver.gyr_scale_ndps, driver.acc_scale_pg):
            self._scales = (driver.rate_millihz, driver.gyr_scale_ndps, driver.acc_scale_pg)
            self.clock = SampleClock(driver.rate_millihz)
            self.fusion = Fusion(driver.rate_millihz / 1000, driver.gyr_scale_ndps, driver.acc_scale_pg)
            self._tuned = 0
        else:
            self.clock.restart()
            self.fusion.reset()
        if self._bias:
            for axis in range(3):
                self.fusion.set_bias_udps(axis, self._bias[axis])

    def set_bias(self, bias_udps):
        """Gyroscope bias measured at rest, µ°/s by axis: the filter begins with it."""
        self._bias = bias_udps
        if self.fusion is not None:
            for axis in range(3):
                self.fusion.set_bias_udps(axis, bias_udps[axis])

    def stop(self):
        """End sampling: what is in the FIFO goes with the next start."""
        self.state = OFF
        try:
            self.driver.reset()
        except self._failure:
            # It samples on into its FIFO, which nobody reads.
            pass

    def read(self, imu, assembly, now_us, listener=None):
        """One pass: everything the FIFO holds goes to the assembly.

        Parameters
        ----------
        imu : int
            Which one this is.
        assembly : Assembly
        now_us : int
            Ticks.
        listener : object or None
            `take(imu, raw, count)` of a running bias measurement.
        """
        if self.state == RECOVERING:
            if ticks_diff(now_us, self._last_us) > _RETRY_US:
                self._last_us = now_us
                self._recover(now_us)
            return
        driver = self.driver
        for _ in range(MOST_BURSTS):
            count = driver.poll()
            if count:
                self.fusion.update(driver.raw, self._quaternions, count)
                self.at_rest = self.fusion.at_rest
                self.settled = self.fusion.settled
                if driver.flags & 0x10:
                    # The index is an estimate: it and the time before it make no line.
                    self.clock.restart()
                if not self.clock.placed and driver.tag_errors == self._tag_errors:
                    # Some samples late at most, and better than none: the envelope corrects it with the next pair.
                    self.clock.add(driver.next_index - 1, driver.status_us)
                assembly.add(imu, driver.raw, self._quaternions, count, driver.first_index, driver.flags)
                if listener is not None:
                    listener.take(imu, driver.raw, count)
                self._last_us = now_us
                self._empty = 0
            if not driver.more:
                break
        # A level read wrongly lets in samples that were made after it was read.
        if driver.pair and self._last_us == now_us and driver.tag_errors == self._tag_errors:
            self._pair(driver.next_index - 1, driver.status_us)
        self._tag_errors = driver.tag_errors
        if self._last_us != now_us and driver.error_run == 0:
            self._empty += 1
        if driver.error_run >= _ERRORS_STUCK or self._empty > _SILENT:
            self._lost_at_us = self._last_us
            self._recover(now_us)

    def _pair(self, index, ticks):
        # Nothing is seen before it is made: a pair far below the line is a misread level, unless it stays so.
        clock = self.clock
        if clock.measured and ticks_diff(ticks, clock.ticks_of(index)) < (_EARLY_LATER_US if clock.full else _EARLY_US):
            self._early += 1
            if self._early < _EARLY_BELIEVED:
                return
            clock.restart()
        self._early = 0
        clock.add(index, ticks)

    def _recover(self, now_us):
        # Free the bus. A chip that kept its registers kept its FIFO: nothing but time was lost, and the time stamps say
        # how much. Any other begins anew, and its index is estimated.
        self.recoveries += 1
        driver = self.driver
        first = self.state == DELIVERING
        try:
            self._recover_bus()
            if first and self._empty <= _SILENT and (driver.mismatch() is None or driver.mismatch() is None):
                driver.error_run = 0
                return
            self._empty = 0
            # The clock of the lost sensor went on all the while, had it been there.
            period_us = 1000000000 // driver.rate_millihz
            missed = ticks_diff(now_us, self._lost_at_us) // period_us
            driver.start(
                self._ranges[0], self._ranges[1], self._ranges[2], driver.next_index + (missed if missed > 0 else 0)
            )
            self._tune_anew()
            self._lost_at_us = now_us
            self._last_us = now_us
            if self.state == RECOVERING:
                self.changed = 2
            self.state = DELIVERING
            self._is_there()
        except self._failure:
            self._given_up(now_us)
        except OSError:
            self._given_up(now_us)

    def _given_up(self, now_us):
        if self.state == DELIVERING:
            self.changed = 1
        self.state = RECOVERING
        self._last_us = now_us
        # Differences of ticks reach nine minutes: move the mark along before that, and the estimate with it.
        if ticks_diff(now_us, self._lost_at_us) > 240000000:
            period_us = 1000000000 // self.driver.rate_millihz
            self.driver.skip(240000000 // period_us)
            self._lost_at_us = (self._lost_at_us + 240000000) & 0x3FFFFFFF

    def tune(self):
        """Give the filter the measured rate: twice, when it is known and when it is known well. Makes floats."""
        clock = self.clock
        if clock is None or not clock.measured:
            return False
        wanted = 2 if clock.full else 1
        if self._tuned >= wanted:
            return False
        self._tuned = wanted
        self.fusion.set_rate(32e9 / clock.period)
        return True
