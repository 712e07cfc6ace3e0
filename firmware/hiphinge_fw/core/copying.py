"""Bytes from one buffer to another without the slice objects that `a[i:j] = b[k:l]` puts on the heap."""

import micropython


@micropython.viper
def copy_bytes(target_, at: int, source_, start: int, count: int):
    """``target[at:at + count] = source[start:start + count]``; neither range is checked."""
    target = ptr8(target_)
    source = ptr8(source_)
    i = 0
    while i < count:
        target[at + i] = source[start + i]
        i += 1
