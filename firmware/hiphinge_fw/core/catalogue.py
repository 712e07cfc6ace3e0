"""What the flash log holds of earlier boots: stretches of blocks without a gap, for STORE_LIST."""

from hiphinge_fw.core.flash_sectors import LONGEST_BLOCK

_MOST_RUNS = 28


def _u32(data, at):
    return data[at] | data[at + 1] << 8 | data[at + 2] << 16 | data[at + 3] << 24


class Run:
    """Blocks `first` to `last` of one boot, epoch and profile."""

    def __init__(self, boot, epoch, profile, block):
        self.boot = boot
        self.epoch = epoch
        self.profile = profile
        self.first = self.last = _u32(block, 8)
        self.bytes = 0
        self.samples = [0, 0]
        self.first_us = self.last_us = _u32(block, 12) | _u32(block, 16) << 32

    def add(self, block, length):
        """One more block."""
        self.last = _u32(block, 8)
        self.last_us = _u32(block, 12) | _u32(block, 16) << 32
        self.bytes += length
        self.samples[0] += block[22]
        self.samples[1] += block[23]


def scan(log):
    """Every run in the log, oldest first.

    Parameters
    ----------
    log : FlashLog
        Mounted.

    Returns
    -------
    list of Run
        At most 28; what is beyond is found after these are acknowledged and the device has restarted.
    """
    block = bytearray(LONGEST_BLOCK)
    runs = []
    log.rewind()
    while True:
        length = log.read(block)
        if not length:
            break
        boot, epoch, profile = _u32(block, 4), block[2] | block[3] << 8, block[1]
        run = runs[-1] if runs else None
        if (
            run is None
            or (run.boot, run.epoch, run.profile) != (boot, epoch, profile)
            or _u32(block, 8) != run.last + 1
        ):
            if len(runs) >= _MOST_RUNS:
                break
            run = Run(boot, epoch, profile, block)
            runs.append(run)
        run.add(block, length)
    log.rewind()
    return runs
