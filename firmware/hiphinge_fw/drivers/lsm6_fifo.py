"""The words of an LSM6 FIFO made into samples with an index that stays right, whatever was lost.

A word is seven bytes: a tag (sensor, a two-bit counter of the time slot) and six of data. Each slot has a gyroscope,
an accelerometer and a time stamp word, in any order: a sample is complete when all three of one slot are there. The
time stamp counts at a fixed multiple of the sample rate, for both come from one oscillator, so the step between two
time stamps says how many samples lie between, whatever a bus error or an overflow destroyed; the slot counter (modulo
four) must agree. A time stamp that nothing explains is taken for a flipped bit once, and believed the second time.
"""

import micropython
from micropython import const

# Flags of the samples of one `poll`, the bits as blocks carry them.
CLIPPED = const(0x01)
OVERFLOW = const(0x04)
BUS_ERROR = const(0x08)
RESYNC = const(0x10)

# Words of one burst: 224 bytes, 5 ms at 400 kHz.
BURST = const(32)
WORD = const(7)

# Parser state, int32 each.
MASK = const(0)  # words of the open slot: 1 gyroscope, 2 accelerometer, 4 time stamp
_VALUES = const(1)  # 6: its values
_TS = const(7)  # its time stamp, 28 bits
_SLOT = const(8)  # its counter
_LAST_SLOT = const(9)  # counter and
_LAST_TS = const(10)  # time stamp of the last sample
NEXT = const(11)  # index of the next sample
PERIOD = const(12)  # time stamp steps in 256 samples
LOSS = const(13)  # something may have been lost since the last sample
DOUBT = const(14)  # the last time stamp made no sense
TAG_ERRORS = const(15)
DROPPED = const(16)
RESYNCS = const(17)
FLAGS = const(18)  # of this run
NEXT_FLAGS = const(19)  # of the next
TEMPERATURE = const(20)
AT = const(21)  # first byte of the burst not parsed
END = const(22)
PRIMED = const(23)  # there was a sample
_RUN = const(24)  # samples in a row since
_RUN_TS = const(25)  # this time stamp
FIRST = const(26)  # index of the first sample of this run
NOMINAL = const(27)  # PERIOD to begin with
STATES = const(28)


@micropython.viper
def parse(burst_, raw_, st_) -> int:
    """Complete samples from the burst into `raw`; returns how many: up to its end, or to a gap in the index."""
    burst = ptr8(burst_)
    raw = ptr16(raw_)
    st = ptr32(st_)
    at = st[AT]
    end = st[END]
    period = st[PERIOD]
    made = 0
    going = 1
    while going:
        if st[MASK] == 7:
            ts = st[_TS]
            step = 1
            sure = 1
            found_anew = 0
            if st[PRIMED] != 0:
                d = (ts - st[_LAST_TS]) & 0xFFFFFFF
                if d < 0x400000:
                    n = ((d << 8) + (period >> 1)) // period
                    off = (d << 8) - n * period
                    if off < 0:
                        off = 0 - off
                else:
                    # Minutes: too far for an exact count.
                    n = d // (period >> 8)
                    off = period
                near = 1 if off <= period >> 2 else 0
                if n != 1 or near == 0:
                    turn = (st[_SLOT] - st[_LAST_SLOT]) & 3
                    agree = 1 if near != 0 and n > 0 and turn == (n & 3) else 0
                    if agree != 0 and (st[LOSS] != 0 or turn != 1 or st[DOUBT] != 0):
                        # Two witnesses, or one and a known cause.
                        step = n
                    elif st[DOUBT] != 0:
                        # The second time: it is not the time stamp that is wrong.
                        step = n if n > 0 else 1
                        found_anew = 1
                    else:
                        sure = 0
            if made > 0 and (step > 1 or found_anew != 0):
                going = 0
            else:
                if sure != 0:
                    if step == 1 and found_anew == 0 and st[PRIMED] != 0:
                        run = st[_RUN] + 1
                        if run == 256:
                            # Learn how many steps a sample has: the quotient is the chip's, the data sheet rounds it.
                            d = (ts - st[_RUN_TS]) & 0xFFFFFFF
                            off = d - st[NOMINAL]
                            if off < 0:
                                off = 0 - off
                            if off < st[NOMINAL] >> 5:
                                st[PERIOD] = d
                                period = d
                            run = 0
                            st[_RUN_TS] = ts
                        st[_RUN] = run
                    else:
                        st[_RUN] = 0
                        st[_RUN_TS] = ts
                    st[_LAST_TS] = ts
                    st[DOUBT] = 0
                    st[LOSS] = 0
                else:
                    # A flipped bit, most likely: go on as if the time stamp were right, and look at the next.
                    st[_LAST_TS] = (st[_LAST_TS] + (period >> 8)) & 0xFFFFFFF
                    st[DOUBT] = 1
                    st[TAG_ERRORS] = st[TAG_ERRORS] + 1
                    st[_RUN] = 0
                    st[_RUN_TS] = st[_LAST_TS]
                if made == 0:
                    st[FIRST] = st[NEXT] + step - 1
                    st[FLAGS] = st[NEXT_FLAGS]
                    st[NEXT_FLAGS] = 0
                if found_anew != 0:
                    st[FLAGS] = st[FLAGS] | RESYNC
                    st[RESYNCS] = st[RESYNCS] + 1
                st[DROPPED] = st[DROPPED] + step - 1
                st[NEXT] = st[NEXT] + step
                st[_LAST_SLOT] = st[_SLOT]
                st[PRIMED] = 1
                k = 0
                o = made * 6
                while k < 6:
                    v = st[_VALUES + k]
                    if v == 0x7FFF or v == 0x8000:
                        st[FLAGS] = st[FLAGS] | CLIPPED
                    raw[o + k] = v
                    k += 1
                made += 1
                st[MASK] = 0
        elif at >= end:
            going = 0
        else:
            tag = burst[at] >> 3
            slot = (burst[at] >> 1) & 3
            if tag == 1 or tag == 2 or tag == 4:
                # GY_NC, XL_NC, TIMESTAMP: the tags happen to be bits of a mask.
                if st[MASK] != 0 and (slot != st[_SLOT] or (st[MASK] & tag) != 0):
                    # A word of the open slot is missing.
                    if st[LOSS] == 0:
                        st[TAG_ERRORS] = st[TAG_ERRORS] + 1
                        st[LOSS] = 1
                    st[MASK] = 0
                st[_SLOT] = slot
                st[MASK] = st[MASK] | tag
                a = burst[at + 1] | (burst[at + 2] << 8)
                b = burst[at + 3] | (burst[at + 4] << 8)
                if tag == 4:
                    st[_TS] = a | ((b & 0xFFF) << 16)
                else:
                    k = _VALUES if tag == 1 else _VALUES + 3
                    st[k] = a
                    st[k + 1] = b
                    st[k + 2] = burst[at + 5] | (burst[at + 6] << 8)
            elif tag == 3:
                st[TEMPERATURE] = burst[at + 1] | (burst[at + 2] << 8)
            elif tag != 0:
                # 0 is "FIFO empty": the level was read too high.
                st[TAG_ERRORS] = st[TAG_ERRORS] + 1
                st[LOSS] = 1
            at += WORD
    st[AT] = at
    return made
