"""From samples to clinical angles: pure functions, arrays in, arrays out.

`grid` puts samples on an even grid, `orientation` fuses each sensor, `quiet` finds standing still, `calibration` learns
how the sensors sit, `angles` measures, `uncertainty` says how well.
"""
