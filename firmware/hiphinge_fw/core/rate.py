"""When each sample was taken: rate and clock of one sensor from (index, ticks) pairs, by their lower envelope.

A sensor's data sheet rate is off by per cents, and a poll sees a sample anything from no time to a whole period (or a
garbage collection) late, never early. A least-squares line therefore runs half a period behind, and a stall bends it;
the line that touches all pairs from below does neither. The window of 64 bins of 64 samples (34 s at 120 Hz) keeps
one pair a bin, the one that is lowest. The slope joins the lowest pair of its older half with the lowest of its newer
half, the height is that of the lowest of all.

Polls must not keep step with the samples (25 ms are exactly three of 120 Hz): what they never see, no envelope has. An
interval of 28 to 32 ms that varies by itself sees every phase.

Integers only, none above 2**30, no allocation. Measured by the tests at 120 and 104 Hz, oscillators off by +2.3, -1.5
and +4 %, stalls up to 400 ms: times within 2 ms after 6 s and 0.3 ms after 30 s, rate within 1000 and 10 ppm.
"""

from array import array

import micropython
from micropython import const

from hiphinge_fw.core.clock import ticks_add, ticks_diff

_BINS = const(64)
_BIN_SAMPLES = const(64)
# Bins until the rate counts as measured: 5 s at 120 Hz. Before, 64 samples tell 4 per cent from 0 but not 100 ppm.
_MEASURED_BINS = const(9)

# Model words: reference index and ticks, period in µs and its fraction in 2**-14 µs; then what `_lowest` is asked and
# says.
_INDEX = const(0)
_TIME = const(1)
_PERIOD = const(2)
_FRACTION = const(3)
_FROM = const(4)
_COUNT = const(5)
_LOWEST = const(6)


@micropython.viper
def _lowest(indices_, times_, model_) -> int:
    # Bin with the smallest residual among COUNT bins from FROM on; the residual itself (µs) goes to LOWEST.
    indices = ptr32(indices_)
    times = ptr32(times_)
    model = ptr32(model_)
    best = 0
    lowest = 0x1FFFFFFF
    k = 0
    while k < model[_COUNT]:
        i = (model[_FROM] + k) & (_BINS - 1)
        n = indices[i] - model[_INDEX]
        # Signed 30-bit difference of ticks.
        r = (((times[i] - model[_TIME]) & 0x3FFFFFFF) ^ 0x20000000) - 0x20000000
        r -= n * model[_PERIOD] + ((n * model[_FRACTION]) >> 14)
        if r < lowest:
            lowest = r
            best = i
        k += 1
    model[_LOWEST] = lowest
    return best


class SampleClock:
    """Measured period and time of every sample of one sensor.

    Parameters
    ----------
    rate_millihz : int
        Nominal sample rate, until it is measured.
    """

    def __init__(self, rate_millihz):
        self._nominal = ((1000000000 << 14) + rate_millihz // 2) // rate_millihz
        self._indices = array("i", bytes(4 * _BINS))
        self._times = array("i", bytes(4 * _BINS))
        self._model = array("i", bytes(28))
        self.reset()

    def reset(self):
        """Begin anew, with the nominal rate: the sensor was restarted."""
        self._model[_PERIOD] = self._nominal >> 14
        self._model[_FRACTION] = self._nominal & 0x3FFF
        self.restart()

    def restart(self):
        """Begin anew but keep the measured period: indices jumped by an unknown amount."""
        self._bins = 0  # closed ones in the window
        self._next_bin = 0
        self._open = False
        self._bin_start = 0
        self._best = 0

    @property
    def measured(self):
        """Whether the period is a measured one."""
        return self._bins >= _MEASURED_BINS

    @property
    def placed(self):
        """Whether there has been a pair since the start: before, times mean nothing."""
        return self._open or self._bins > 0

    @property
    def full(self):
        """Whether the window is full: the period will hardly get better."""
        return self._bins >= _BINS - 1

    @property
    def period(self):
        """Sample period, 1/32 ns, as blocks carry it."""
        # 32000 / 2**14 = 125 / 2**6.
        return self._model[_PERIOD] * 32000 + ((self._model[_FRACTION] * 125) >> 6)

    def ticks_of(self, index):
        """Ticks (µs modulo 2**30) at which sample `index` was taken; within 65,000 samples of the last pair."""
        model = self._model
        n = index - model[_INDEX]
        return ticks_add(model[_TIME], n * model[_PERIOD] + ((n * model[_FRACTION]) >> 14))

    def add(self, index, ticks):
        """Take in that `index` was the newest sample at `ticks`. Indices ascend."""
        if not self._open:
            self._open = True
            if self._bins == 0:
                self._model[_INDEX] = index
                self._model[_TIME] = ticks
            self._bin_start = index
            self._best = 0x1FFFFFFF
        residual = ticks_diff(ticks, self.ticks_of(index))
        if residual < self._best:
            self._best = residual
            self._indices[self._next_bin] = index
            self._times[self._next_bin] = ticks
        if index - self._bin_start >= _BIN_SAMPLES:
            self._next_bin = (self._next_bin + 1) & (_BINS - 1)
            self._open = False
            # One slot is the open bin's.
            if self._bins < _BINS - 1:
                self._bins += 1
            self._fit()

    def _fit(self):
        # Thrice: the lowest pairs are found with the old slope, and again with the better one.
        model = self._model
        first = (self._next_bin - self._bins) & (_BINS - 1)
        half = self._bins >> 1
        for _ in range(3):
            if half:
                model[_FROM] = first
                model[_COUNT] = half
                a = _lowest(self._indices, self._times, model)
                low_a = model[_LOWEST]
                model[_FROM] = first + half
                model[_COUNT] = self._bins - half
                b = _lowest(self._indices, self._times, model)
                self._tilt(model[_LOWEST] - low_a, self._indices[b] - self._indices[a])
            model[_FROM] = first
            model[_COUNT] = self._bins
            _lowest(self._indices, self._times, model)
            model[_TIME] = ticks_add(model[_TIME], model[_LOWEST])
        # Reference: the newest bin, so that products stay small.
        newest = self._indices[(self._next_bin - 1) & (_BINS - 1)]
        model[_TIME] = self.ticks_of(newest)
        model[_INDEX] = newest

    def _tilt(self, rise_us, samples):
        # Slope by long division, seven bits at a time: rise << 14 would leave the small integers.
        if -0x400000 < rise_us < 0x400000 and samples > 0:
            high = (rise_us << 7) // samples
            rest = (rise_us << 7) - high * samples
            fraction = self._model[_FRACTION] + (high << 7) + (rest << 7) // samples
            self._model[_PERIOD] += fraction >> 14
            self._model[_FRACTION] = fraction & 0x3FFF
