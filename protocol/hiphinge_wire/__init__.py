"""The wire format, read by the firmware (MicroPython) and the host (CPython): one file for both sides.

Only `struct` may be imported here, and only what MicroPython has may be used: no dataclasses, enum or typing.
Annotations use built-in types; MicroPython parses and discards them.
"""

# One number names the whole format. It grows when a receiver of the older one would misread a byte; ids are never
# used twice.
WIRE = 1
