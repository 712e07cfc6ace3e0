"""Calls from the firmware's interpreter to the one that simulates the board: nothing of that board is in this heap.

A call is four numbers (operation and length of the data, three arguments) and data; an answer is two (status and
length, value) and data. Between the two the board may call back: that is how a radio handler is run.
"""

import os
from array import array

OK, ERROR, RESET, CALL_BACK, END = range(5)

_to = open(int(os.getenv("NEAR_OUT")), "wb")
_from = open(int(os.getenv("NEAR_IN")), "rb")
_asks = array("i", (0, 0, 0, 0))
_answer = array("i", (0, 0))
handler = None


class Reset(BaseException):
    """The board restarted, or the watchdog did it: nothing of what runs here goes on."""


def call(operation, x=0, y=0, z=0, data=None, into=None):
    """Value of the answer; its data go to `into`, or replace the value where there is none."""
    _ask(operation, x, y, z, data)
    while True:
        if _from.readinto(_answer) != 8:
            raise Reset
        status = _answer[0] & 255
        count = _answer[0] >> 8
        value = _answer[1]
        if status != CALL_BACK:
            break
        _call_back(value, _from.read(count))
    if count:
        if into is None:
            value = _from.read(count)
        elif _from.readinto(into) != count:
            raise Reset
    if status == OK:
        return value
    if status == ERROR:
        raise OSError(value)
    raise SystemExit if status == END else Reset


def _ask(operation, x, y, z, data):
    _asks[0] = operation | (len(data) << 8 if data is not None else 0)
    _asks[1] = x
    _asks[2] = y
    _asks[3] = z
    _to.write(_asks)
    if data is not None:
        _to.write(data)


def _call_back(event, data):
    # Numbers of two bytes behind their count, then bytes.
    count = data[0]
    values = [data[1 + 2 * k] | data[2 + 2 * k] << 8 for k in range(count)]
    if len(data) > 1 + 2 * count:
        values.append(data[1 + 2 * count :])
    raised = 0
    try:
        handler(event, tuple(values))
    except Exception as error:
        print("handler raised", repr(error))
        raised = 1
    _ask(0, raised, 0, 0, None)
