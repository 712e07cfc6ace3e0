"""The RAM ring and the flash log against plain models; power cuts at every byte."""

import gc

import micropython

from hiphinge_fw.core.flash_log import BEST_BLOCK, FlashLog
from hiphinge_fw.core.flash_sectors import LONGEST_BLOCK
from hiphinge_fw.core.ring import BlockRing, bytes_for
from rig_report import report
from sim_flash import SECTOR, Flash, PowerCut
from sim_random import Chance

BLOCK = bytearray(LONGEST_BLOCK)


def fill(boot, sequence, length):
    """A block every byte of which tells which one it is."""
    for k in range(length):
        BLOCK[k] = (boot * 7 + sequence * 31 + k * 13 + (k >> 8)) & 0xFF


EXPECTED = {}


def is_block(buffer, boot, sequence, length):
    key = (boot, sequence, length)
    if key not in EXPECTED:
        if len(EXPECTED) > 60:
            EXPECTED.clear()
        fill(boot, sequence, length)
        EXPECTED[key] = bytes(BLOCK[:length])
    return buffer[:length] == EXPECTED[key]


# -- ring


def ring_model(seed, steps, capacity, slots, longest):
    """Random makes and frees; after each the ring must hold an unbroken tail of what was made."""
    chance = Chance(seed)
    ring = BlockRing(capacity, slots)
    lengths = []
    acknowledged = 0
    dropped = 0
    fullest = 0
    for _ in range(steps):
        if chance.below(10) < 8:
            length = 1 + chance.below(longest)
            before = ring.first
            place = ring.reserve(length + chance.below(longest + 1 - length))
            dropped += ring.first - before
            fill(1, ring.next, length)
            ring.buffer[place : place + length] = BLOCK[:length]
            assert ring.commit(length) == len(lengths)
            lengths.append(length)
        else:
            acknowledged = max(acknowledged, ring.first + chance.below(ring.next - ring.first + 3) - 1)
            ring.free(acknowledged)
        fullest = max(fullest, ring.next - ring.first)
        for sequence in range(ring.first, ring.next):
            place = ring.place(sequence)
            assert ring.length(sequence) == lengths[sequence]
            assert is_block(ring.buffer[place : place + lengths[sequence]], 1, sequence, lengths[sequence]), sequence
        assert not ring.holds(ring.first - 1) and not ring.holds(ring.next)
    report(made=len(lengths), dropped=ring.dropped, expected=dropped, fullest=fullest, next=ring.next)


def ring_seconds(blocks, length):
    """How many blocks the stated capacity really holds, at its worst moment."""
    ring = BlockRing(bytes_for(blocks, length, 1024), 400)
    fewest = 1000
    for made in range(1500):
        ring.reserve(1024)
        if made > 2 * blocks:
            fewest = min(fewest, ring.next - ring.first)
        ring.commit(length)
    report(bytes=len(ring.buffer), fewest=fewest)


def ring_saved():
    """What is in the flash log too may go without being lost."""
    ring = BlockRing(4096, 64)
    ring.saved = 5
    for _ in range(10):
        ring.reserve(1000)
        ring.commit(1000)
    report(first=ring.first, dropped=ring.dropped, used=ring.used())


def ring_no_allocation():
    ring = BlockRing(4096, 16)
    micropython.heap_lock()
    n = 0
    while n < 50:
        ring.reserve(500)
        n = ring.commit(300)
        ring.free(n - 3)
        ring.used()
    micropython.heap_unlock()
    report(next=ring.next)


# -- flash log


def write(log, boot, sequence, length):
    fill(boot, sequence, length)
    if log.append(boot, sequence, BLOCK, 0, length):
        return True
    log.prepare()
    return log.append(boot, sequence, BLOCK, 0, length)


def contents(log):
    """All records as (boot, sequence, length), each checked byte by byte."""
    found = []
    buffer = bytearray(LONGEST_BLOCK)
    log.rewind()
    while True:
        length = log.read(buffer)
        if not length:
            return found
        assert is_block(buffer, log.boot, log.sequence, length), (log.boot, log.sequence)
        found.append((log.boot, log.sequence, length))


def model(seed, sectors, steps, erased=False):
    """Random appends, acknowledgements, reboots and searches, against a list."""
    chance = Chance(seed)
    flash = Flash(sectors, erased=erased, seed=seed)
    flash.erase_us = (45, 400)
    log = FlashLog(flash, ahead=2)
    log.mount()
    boot = 1
    sequence = 0
    kept = []  # what must be readable, oldest first
    acknowledged = {}
    overwritten = 0
    reboots = 0
    for _ in range(steps):
        what = chance.below(100)
        if what < 85:
            length = 1 + chance.below(LONGEST_BLOCK if what < 20 else 200)
            assert write(log, boot, sequence, length)
            kept.append((boot, sequence, length))
            sequence += 1
        elif what < 93:
            if kept:
                record = kept[chance.below(len(kept))]
                acknowledged[record[0]] = max(acknowledged.get(record[0], -1), record[1])
                log.acknowledge(record[0], record[1], 99)
        elif what < 97:
            log = FlashLog(flash, ahead=2)
            log.mount()
            overwritten = 0
            # What was acknowledged stays so for the host, but the log forgot which part of a sector it was.
            kept = contents(log)
            acknowledged = {}
            boot += 1
            sequence = 0
            reboots += 1
        else:
            log.prepare()
        if log.overwritten > overwritten:
            # The oldest unacknowledged ones went, and were counted.
            wanted = [r for r in kept if r[1] > acknowledged.get(r[0], -1)]
            found = contents(log)
            gone = [r for r in wanted if r not in found]
            assert len(gone) == log.overwritten - overwritten and gone == wanted[: len(gone)], (gone, wanted[:9])
            overwritten = log.overwritten
            kept = [r for r in kept if r not in gone]
        found = contents(log)
        # All that is not acknowledged is there, in order; some acknowledged ones may be left in their sector.
        must = [r for r in kept if r[1] > acknowledged.get(r[0], -1)]
        assert [r for r in found if r[1] > acknowledged.get(r[0], -1)] == must, (
            [r for r in must if r not in found],
            found[-3:],
            len(found),
            what,
        )
        assert found == sorted(found)
        if found:
            target = found[chance.below(len(found))]
            assert log.seek(target[0], target[1]), (target, found[0], found[-1], len(found))
            buffer = bytearray(LONGEST_BLOCK)
            length = log.read(buffer)
            assert (log.boot, log.sequence, length) == target, (log.boot, log.sequence, length, target)
    assert flash.impossible == 0
    report(
        erasures=[flash.erasures.get(k, 0) for k in range(sectors)],
        reboots=reboots,
        overwritten=log.overwritten,
        errors=log.errors,
        damaged=log.damaged,
        left=len(kept),
    )


def power_cuts(sectors, records, step):
    """Cut the supply at every `step`-th byte of a run that fills the circle and comes round; mount; look."""
    flash = Flash(sectors, seed=3)
    flash.erase_us = (0, 0)
    log = FlashLog(flash, ahead=1)
    log.mount()
    flash.journal = []
    done = []  # (operations before it was stored, record)
    for sequence in range(records):
        length = 40 + sequence * 97 % 900
        assert write(log, 1, sequence, length)
        done.append((len(flash.journal), sequence, length))
    journal = flash.journal
    # The same flash again, operation by operation.
    image = Flash(sectors, seed=3)
    image.erase_us = (0, 0)
    cuts = 0
    for number, operation in enumerate(journal):
        size = Flash.ERASE_COST if len(operation) == 1 else len(operation[2])
        base = bytes(image.image[operation[0] * SECTOR : (operation[0] + 1) * SECTOR])
        stored = [r for r in done if r[0] <= number]
        for at in range(0, size, step):
            image.budget = at
            try:
                perform(image, operation)
                raise AssertionError("the supply stayed on")
            except PowerCut:
                pass
            image.budget = None
            check_after_cut(image, stored, done, number)
            if cuts % 16 == 0:
                everything = bytes(image.image)
                check_goes_on(image)
                image.image[:] = everything
            cuts += 1
            # Only this operation's sector changed.
            image.image[operation[0] * SECTOR : (operation[0] + 1) * SECTOR] = base
        perform(image, operation)
        gc.collect()
    report(cuts=cuts, operations=len(journal), erasures=sum(len(o) == 1 for o in journal), impossible=image.impossible)


def perform(flash, operation):
    if len(operation) == 1:
        flash.ioctl(6, operation[0])
    else:
        flash.writeblocks(operation[0], operation[2], operation[1])


def check_after_cut(image, stored, done, number):
    log = FlashLog(image, ahead=1)
    log.mount()
    found = contents(log)
    sequences = [r[1] for r in found]
    # Unbroken, in order, none made up; the newest is the last one stored, or the one being written.
    if sequences:
        assert sequences == list(range(sequences[0], sequences[-1] + 1)), sequences
        assert sequences[-1] >= stored[-1][1] if stored else True, (sequences, stored[-1], number)
        assert sequences[-1] <= (stored[-1][1] + 1 if stored else 0)
    else:
        assert not stored, (number, stored[-1])
    for record in found:
        assert (record[1], record[2]) == done[record[1]][1:]


def check_goes_on(image):
    """After a cut the log takes new records."""
    log = FlashLog(image, ahead=1)
    log.mount()
    assert write(log, 2, 0, 50), "no room after a cut"
    assert contents(log)[-1] == (2, 0, 50)


def capacity(sectors, path, block, blocks_per_s):
    """Seconds that fit on a partition kept in a file, and how long erasures stop the loop."""
    flash = Flash(sectors, path=path)
    log = FlashLog(flash, ahead=8)
    log.mount()
    sequence = 0
    longest = 0
    while log.overwritten == 0:
        before = flash.stall_us
        log.prepare()
        fill(3, 0, 1)
        if log.append(3, sequence, BLOCK, 0, block):
            sequence += 1
        longest = max(longest, flash.stall_us - before)
    log.rewind()
    buffer = bytearray(LONGEST_BLOCK)
    first = log.read(buffer) and log.sequence
    again = FlashLog(flash, ahead=8)
    live = again.mount()
    report(
        seconds=(sequence - log.overwritten) / blocks_per_s,
        overwritten=log.overwritten,
        first=first,
        longest_ms=longest // 1000,
        live=live,
        best=BEST_BLOCK,
    )


def failures():
    """A flash that fails now and then: refused, counted, gone on from."""
    flash = Flash(4)
    log = FlashLog(flash, ahead=1)
    log.mount()
    kept = []
    for sequence in range(12):
        flash.fail = 1 if sequence % 4 == 2 else 0
        if write(log, 1, sequence, 300):
            kept.append(sequence)
    flash.fail = 0
    found = [r[1] for r in contents(log)]
    report(kept=kept, found=found, errors=log.errors)


def erasing_a_boot():
    flash = Flash(8)
    log = FlashLog(flash, ahead=2)
    log.mount()
    for boot in (1, 2, 3):
        for sequence in range(6):
            assert write(log, boot, sequence, 900)
    fine = log.erase_boot(2)
    left = sorted({r[0] for r in contents(log)})
    again = FlashLog(flash, ahead=2)
    again.mount()
    after = sorted({r[0] for r in contents(again)})
    again.erase_boot(0)
    report(fine=fine, left=left, after=after, empty=contents(again), free=again.free_bytes(), live=again.live)


def append_no_allocation():
    flash = Flash(3)
    log = FlashLog(flash, ahead=1)
    log.mount()
    assert write(log, 1, 0, 100)

    class Quiet:
        def writeblocks(self, block, buffer, offset):
            pass

    log._all._flash = Quiet()
    micropython.heap_lock()
    for_sure = log.append(1, 1, BLOCK, 0, 700)
    micropython.heap_unlock()
    report(stored=for_sure)
