"""Runs in MicroPython: the board's `bluetooth` is the one whose radio is real, or nearly."""

import sys

import radio_bluetooth

sys.modules["bluetooth"] = radio_bluetooth

import rig_main  # noqa: E402, F401 (calls what it is told to)
