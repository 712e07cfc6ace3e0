"""What goes wrong with a device."""

from __future__ import annotations

from hiphinge.model import HiphingeError


class DeviceError(HiphingeError):
    """A device or a tool did not do what it should: one line, with what to do."""
