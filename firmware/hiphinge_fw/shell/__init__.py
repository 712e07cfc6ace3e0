"""Thin hands on the hardware: what they note and do is decided in `core`."""
