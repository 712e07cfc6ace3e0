"""Firmware of the wearable: drivers, a pure core and a thin shell around it."""

VERSION = "0.1.0"
