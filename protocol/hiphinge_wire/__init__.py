"""The wire format, read by the firmware (MicroPython) and the host (CPython): one set of files for both sides.

`protocol/SPEC.md` says what the bytes mean. Only `struct` may be imported here, and only what MicroPython has may be
used: no dataclasses, enum or typing. Annotations use built-in types; MicroPython parses and discards them. Importing
this package loads nothing else, so that a device takes only the modules it needs.
"""

# The major number grows when a receiver of the older one would misread a byte, the minor one when something is
# added that an older receiver skips. Ids of messages, keys, flags and errors are never used twice.
WIRE_MAJOR = 1
WIRE_MINOR = 0
