"""Chance with a seed of its own for each simulated part, so that adding one part does not change another's."""


class Chance:
    """xorshift32 (Marsaglia 2003): small, and the same on every interpreter."""

    def __init__(self, seed):
        self._state = (seed * 2654435761 + 1) & 0xFFFFFFFF or 1

    def below(self, n):
        """Integer of 0..n-1."""
        x = self._state
        x = (x ^ (x << 13)) & 0xFFFFFFFF
        x ^= x >> 17
        x = (x ^ (x << 5)) & 0xFFFFFFFF
        self._state = x
        return x % n

    def between(self, low, high):
        """Integer of low..high."""
        return low + self.below(high - low + 1)

    def hit(self, per_million):
        """True in so many cases of a million."""
        return self.below(1000000) < per_million
