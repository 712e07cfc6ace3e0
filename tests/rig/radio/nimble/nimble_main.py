"""Runs in MicroPython: the simulated board in real time, and the interpreter's own `bluetooth`."""

import sys

import nimble_time
import ubluetooth

sys.modules["time"] = nimble_time
sys.modules["bluetooth"] = ubluetooth

import rig_main  # noqa: E402, F401 (calls what it is told to)
