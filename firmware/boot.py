"""Runs first: decides between normal start, safe mode and the bare console; imports nothing that could fail."""

import machine
import micropython
from micropython import const

_MARK = b"hh"
_MANY = const(3)
_HELD_MS = const(2000)


def _decide():
    rtc = machine.RTC()
    memory = rtc.memory()
    count, crashes = (memory[2], memory[3]) if len(memory) == 4 and memory[:2] == _MARK else (0, 0)
    cause = machine.reset_cause()
    if cause == machine.PWRON_RESET:
        count = crashes = 0
        crashes = _MANY + 1 if _held() else 0
    elif cause in (machine.DEEPSLEEP_RESET, machine.SOFT_RESET):
        # It slept, or somebody at the console asked for it.
        crashes = 0
    else:
        # Every start counts as a crash until `main` has run for a while and says it did not.
        count = min(count + 1, 255)
        crashes = min(crashes + 1, 255)
    rtc.memory(_MARK + bytes((count, crashes)))


def _held():
    # At power-on only: the press that wakes the device from sleep asks for nothing.
    import time

    from board import BOARD

    pin = machine.Pin(BOARD.button, machine.Pin.IN, machine.Pin.PULL_UP)
    for _ in range(_HELD_MS // 50):
        if pin.value():
            return False
        time.sleep_ms(50)
    return True


# A host that does not know yet that the board restarted goes on sending frames, and any byte 3 of them would be Ctrl-C.
# `main` decides who reads the line, and gives it back when it ends.
micropython.kbd_intr(-1)
_decide()
