"""Standard gravity, what an accelerometer at rest is held against."""

GRAVITY_MPS2 = 9.80665
