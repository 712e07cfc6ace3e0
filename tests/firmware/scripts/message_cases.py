"""What the firmware makes of requests, class by class, beside the codec's own."""

import binascii
import gc
import sys

from hiphinge_wire.errors import WireError

from rig_report import report


def kinds(requests):
    """Hexadecimal of a request of each type and of what is none: its type, or the code of the error; what stays."""
    from hiphinge_fw.core import messages

    gc.collect()
    before = sorted(sys.modules)
    seen = []
    for data in requests:
        try:
            request = messages.decode_request(binascii.unhexlify(data))
            seen.append([request.TYPE, binascii.hexlify(request.encode()).decode()])
        except WireError as error:
            seen.append([-error.code, error.of_type])
    report(seen=seen, stays=[name for name in sys.modules if name not in before])


def half_read(name):
    """A module that runs out of memory while it is read: whether anything of it stays."""
    from hiphinge_fw.core.seldom import seldom

    before = sorted(sys.modules)
    taken = []
    size = 8192
    while size >= 64:
        try:
            taken.append(bytearray(size))
        except MemoryError:
            size //= 2
    raised = False
    try:
        seldom(name)
    except MemoryError:
        raised = True
    del taken
    gc.collect()
    stays = [one for one in sys.modules if one not in before]
    report(raised=raised, stays=stays, then=seldom(name).__name__)
