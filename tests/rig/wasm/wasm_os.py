"""`os` with what this build's lacks."""

from os import *  # noqa: F403


def urandom(count):
    """Bytes that pass for random."""
    return bytes((37 * k + 11) & 0xFF for k in range(count))
