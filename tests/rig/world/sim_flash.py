"""Flash with NOR semantics: programming clears bits, erasing sets a sector's; both take time, both can be torn.

Kept in a file when it is larger than a simulated device's memory, and so across restarts of the interpreter.
"""

import micropython

from sim_clock import clock
from sim_random import Chance

SECTOR = 4096


class PowerCut(BaseException):
    """The supply went in the middle of a write."""


@micropython.viper
def _program(image_, at: int, data_, count: int) -> int:
    # Clear bits; returns how many bytes asked for a bit that would have to be set.
    image = ptr8(image_)
    data = ptr8(data_)
    impossible = 0
    k = 0
    while k < count:
        old = image[at + k]
        if (data[k] & (old ^ 0xFF)) != 0:
            impossible += 1
        image[at + k] = old & data[k]
        k += 1
    return impossible


class Flash:
    """A partition.

    Parameters
    ----------
    sectors : int
    path : str or None
        File that holds it; None keeps it in memory.
    erased : bool
        Begin all ones; else as it is found, or random in memory.

    Attributes
    ----------
    impossible : int
        Bytes programmed over others without an erasure between: a bug of the writer.
    erasures : dict
        Count by sector.
    budget : int or None
        Bytes left until the supply goes; an erasure counts as `ERASE_COST`.
    """

    ERASE_COST = 64

    def __init__(self, sectors, path=None, erased=True, seed=5):
        self.sectors = sectors
        self._chance = Chance(seed)
        self._path = path
        self.impossible = 0
        self.erasures = {}
        self.budget = None
        self.fail = 0  # so many of the next operations fail
        self.stall_us = 0
        self.erase_us = (45000, 400000)
        self.journal = None  # a list: (sector, offset, bytes) of every write, (sector,) of every erasure
        self._sector = bytearray(SECTOR)
        if path is None:
            self.image = bytearray(b"\xff" * (sectors * SECTOR))
            if not erased:
                for k in range(len(self.image)):
                    self.image[k] = self._chance.below(256)
        elif erased:
            with open(path, "wb") as file:
                for _ in range(sectors):
                    file.write(b"\xff" * SECTOR)

    # -- as esp32.Partition

    def ioctl(self, operation, argument=0):
        """Count, size, erasure."""
        if operation == 4:
            return self.sectors
        if operation == 5:
            return SECTOR
        if operation == 6:
            self._erase(argument)
        return 0

    def readblocks(self, block, buffer, offset=0):
        """Read."""
        self._check()
        clock.advance(20 + len(buffer) // 20)
        at = block * SECTOR + offset
        if self._path is None:
            buffer[:] = self.image[at : at + len(buffer)]
        else:
            with open(self._path, "rb") as file:
                file.seek(at)
                file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=None):
        """Program; without an offset erase first."""
        self._check()
        if offset is None:
            self._erase(block)
            offset = 0
        assert offset + len(buffer) <= SECTOR
        count = len(buffer)
        # 256 bytes in 0.4 to 0.8 ms.
        us = count * self._chance.between(400, 800) // 256 + 30
        self.stall_us += us
        clock.advance(us)
        if self.journal is not None:
            self.journal.append((block, offset, bytes(buffer)))
        cut = self._spend(count)
        if cut is not None:
            count = cut
        data = bytearray(buffer)
        if cut is not None and cut < len(data):
            # The byte being programmed has some of its bits.
            data[cut] |= self._chance.below(256)
            count = cut + 1
        self._change(block, offset, data, count)
        if cut is not None:
            raise PowerCut

    # -- inside

    def _check(self):
        if self.fail:
            self.fail -= 1
            raise OSError(5)

    def _spend(self, count):
        if self.budget is None:
            return None
        if self.budget < count:
            left = self.budget
            self.budget = 0
            return left
        self.budget -= count
        return None

    def _change(self, block, offset, data, count):
        if self._path is None:
            self.impossible += _program(self.image, block * SECTOR + offset, data, count)
            return
        with open(self._path, "r+b") as file:
            file.seek(block * SECTOR)
            file.readinto(self._sector)
            self.impossible += _program(self._sector, offset, data, count)
            file.seek(block * SECTOR)
            file.write(self._sector)

    def _erase(self, block):
        self._check()
        us = self._chance.between(*self.erase_us)
        self.stall_us += us
        clock.advance(us)
        self.erasures[block] = self.erasures.get(block, 0) + 1
        if self.journal is not None:
            self.journal.append((block,))
        cut = self._spend(self.ERASE_COST)
        if cut is None:
            self._fill(block, None)
            return
        # Torn: some of the bits are set already, any of them.
        self._fill(block, cut)
        raise PowerCut

    def _fill(self, block, cut):
        at = block * SECTOR
        if self._path is None:
            part = memoryview(self.image)[at : at + SECTOR]
            for k in range(SECTOR):
                part[k] = 0xFF if cut is None else part[k] | self._torn(cut)
            return
        with open(self._path, "r+b") as file:
            file.seek(at)
            file.readinto(self._sector)
            for k in range(SECTOR):
                self._sector[k] = 0xFF if cut is None else self._sector[k] | self._torn(cut)
            file.seek(at)
            file.write(self._sector)

    def _torn(self, cut):
        # The further the erasure got, the more bits are set.
        return self._chance.below(256) | (self._chance.below(256) if cut > self.ERASE_COST // 2 else 0)
