"""Simulated time: it stands still while code runs, and goes on by what is waited for and what transfers take."""

# `ticks_us` begins five seconds before it wraps, so that no run goes by without a wrap.
TICKS_MASK = (1 << 30) - 1
BEFORE_WRAP_US = 5000000


class SimClock:
    """Microseconds since the simulation began."""

    def __init__(self):
        self.now_us = 0
        self.watchers = []  # called with the new time after each step: watchdog, radio, button presses
        self.call_us = 2  # what asking for the time takes: a loop that only asks comes to an end

    def advance(self, us):
        """Go on by `us`."""
        self.now_us += us
        for watcher in self.watchers:
            watcher(self.now_us)

    def ticks_us(self):
        """What `time.ticks_us` says, without the time it takes."""
        return (self.now_us - BEFORE_WRAP_US) & TICKS_MASK

    def ticks_ms(self):
        """What `time.ticks_ms` says: it, too, wraps after five seconds."""
        return (self.now_us // 1000 - BEFORE_WRAP_US // 1000) & TICKS_MASK


clock = SimClock()
