"""A session while it is recorded, and a folder whose recording was cut off. Import the modules; this one loads nothing.

`raw_format` says what `raw.bin` holds, byte by byte; `recorder` writes a session folder; `recovery` mends one.
"""
