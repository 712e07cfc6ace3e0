"""What a simulated sensor feels."""


class Rest:
    """Lying still.

    Parameters
    ----------
    acc_g, gyr_dps : tuple of 3 float
        Specific force and bias.
    """

    def __init__(self, acc_g=(0.0, 0.0, 1.0), gyr_dps=(0.0, 0.0, 0.0)):
        self.acc_g = acc_g
        self.gyr_dps = gyr_dps

    def fill(self, number, chip, values):
        """Counts of a sample, with the scales the chip is set to."""
        for k in range(3):
            values[k] = int(self.gyr_dps[k] * 1000000000 / chip.gyr_ndps())
            values[3 + k] = int(self.acc_g[k] * 1000000000000 / chip.acc_pg())


class Numbered:
    """Every sample tells its number, so that each can be looked up in a ledger: six counts, all of them needed."""

    def __init__(self, mark=0):
        self.mark = mark

    def fill(self, number, chip, values):
        """Low and high half of the number in the gyroscope, a mix of both in the accelerometer."""
        values[0] = number & 0x3FFF
        values[1] = (number >> 14) & 0x3FFF
        values[2] = self.mark
        values[3] = (number * 31) & 0x3FFF
        values[4] = (number * 101 >> 3) & 0x3FFF
        values[5] = 4096 ^ (number >> 14)

    def number(self, raw, at):
        """Number of the sample at ``raw[at]``, None where a count was changed on the way."""
        number = raw[at] | raw[at + 1] << 14
        whole = (
            raw[at] >= 0
            and raw[at + 1] >= 0
            and raw[at + 2] == self.mark
            and raw[at + 3] == (number * 31) & 0x3FFF
            and raw[at + 4] == (number * 101 >> 3) & 0x3FFF
            and raw[at + 5] == 4096 ^ (number >> 14)
        )
        return number if whole else None


class Recorded:
    """Counts from an array, six a sample, from the start again when they end."""

    def __init__(self, counts):
        self.counts = counts

    def fill(self, number, chip, values):
        """Counts of a sample."""
        at = number % (len(self.counts) // 6) * 6
        for k in range(6):
            values[k] = self.counts[at + k]
