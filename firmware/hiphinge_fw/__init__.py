"""Firmware of the two-sensor dowel: drivers (one chip a file), core (pure), shell (thin, what touches the world)."""
