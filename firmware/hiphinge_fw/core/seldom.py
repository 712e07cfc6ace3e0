"""Modules for one use. What a session does not need would take more memory than the session."""

import gc
import sys


class Room:
    """What there is.

    Attributes
    ----------
    short : bool
        Memory is: garbage goes before something is read into it.
    lent : (name, module) or None
        Read for the request that is being worked on, and so not read again for its answer.
    """

    short = False
    lent = None


def seldom(name):
    """A module for one use: it goes with the last reference to it, and so does what it imports that was not there."""
    if Room.lent is not None and Room.lent[0] == name:
        return Room.lent[1]
    if Room.short:
        gc.collect()
    before = set(sys.modules)
    try:
        __import__(name)
        return sys.modules[name]
    finally:
        # One at a time: where memory ran out there is none for a list of them.
        one = _newcomer(before)
        while one is not None:
            let_go(one)
            one = _newcomer(before)


def _newcomer(before):
    for one in sys.modules:
        if one not in before:
            return one
    return None


def let_go(name):
    """Forget a module: those who took something from it keep that. Returns it."""
    module = sys.modules.pop(name)
    at = name.rfind(".")
    parent = sys.modules.get(name[:at])
    if parent is not None and hasattr(parent, name[at + 1 :]):
        delattr(parent, name[at + 1 :])
    return module
