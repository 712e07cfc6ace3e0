"""A device that is not there: a simulated wearer, two IMUs, blocks, backlog and control, and a link with faults.

Pure: bytes and time in, bytes out. `VirtualDevice` keeps to protocol/SPEC.md, `FaultyLink` carries its packets as a
radio would, and `step` joins a link to a `hiphinge.link.LinkSession` in simulated or real time.
"""

from hiphinge.virtual.device import VirtualDevice
from hiphinge.virtual.faulty_link import Arrival, Faults, FaultyLink
from hiphinge.virtual.joined import step
from hiphinge.virtual.settings import DeviceSettings
from hiphinge.virtual.wearer import Wearer

__all__ = ["Arrival", "DeviceSettings", "Faults", "FaultyLink", "VirtualDevice", "Wearer", "step"]
