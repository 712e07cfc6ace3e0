"""What a host may ask of a device: one method a request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from hiphinge.link.handshake import Handshake
from hiphinge.link.outbox import Outbox
from hiphinge_wire.config import ConfigGet, ConfigSet
from hiphinge_wire.constants import BONDS_OTHERS, CURRENT, ERASE_BOOT, ERASE_STORE, REBOOT_NORMAL
from hiphinge_wire.message import Message
from hiphinge_wire.requests import (
    CalibrateGyro,
    Cue,
    ForgetBonds,
    Identify,
    Reboot,
    Selftest,
    StatusGet,
    Stop,
    StoreErase,
    StoreFetch,
    StoreList,
)

_BOTH_IMUS = 3
_OWN = "own "
# What was refused is not asked again at once.
_AGAIN_S = 1.0
_MOST_KEPT = 256


class Asking(ABC):
    """Requests. Each returns its number, which the event of its answer (or `Refused`, `Unanswered`) repeats.

    0 is returned where nothing is asked: in a replay, or with too many requests under way. A value outside its range
    raises `hiphinge_wire.errors.WireError`, a ValueError.

    Attributes
    ----------
    outbox : Outbox
    wanted_profile : int
    wants_samples : bool
        Between `start` and `stop`, over every reconnection and restart.
    """

    def __init__(self, outbox: Outbox, profile: int) -> None:
        self.outbox = outbox
        self.wanted_profile = profile
        self.wants_samples = False
        self._again_s: dict[str, float] = {}

    def start(self) -> None:
        """Have the device sample and send from now on, over reconnections and restarts: `SessionStarted`."""
        self.wants_samples = True

    def stop(self) -> int:
        """End sampling; what is still to come comes. `Done` when the device has handed over its last block."""
        self.wants_samples = False
        return self.outbox.ask(Stop(), "stop")

    def ask_status(self) -> int:
        """Have a `DeviceStatus` now."""
        return self.outbox.ask(StatusGet(), "status now")

    def cue(self, pattern: int, strength_percent: int = 70, duration_s: float = 0.2) -> int:
        """Vibrate: a ``CUE_*`` pattern."""
        message = Cue(pattern=pattern, strength_percent=strength_percent, duration_ms=round(duration_s * 1000))
        return self.outbox.ask(message, "cue")

    def identify(self, duration_s: float = 3.0) -> int:
        """Blink and buzz, so that the wearer finds the device."""
        return self.outbox.ask(Identify(duration_ms=round(duration_s * 1000)), "identify")

    def get_config(self) -> int:
        """`Configured` with all values."""
        return self.outbox.ask(ConfigGet(), "get config")

    def set_config(self, values: Mapping[str, int | str]) -> int:
        """Set these values, all or none; names and ranges as in protocol/SPEC.md. `Configured` on success."""
        return self.outbox.ask(ConfigSet(values=dict(values)), "set config")

    def calibrate_gyro(self, duration_s: float = 3.0) -> int:
        """Measure both gyroscopes' bias while the device lies still: `GyroBiasMeasured`."""
        return self.outbox.ask(CalibrateGyro(duration_ms=round(duration_s * 1000), imus=_BOTH_IMUS), "calibrate gyro")

    def list_store(self) -> int:
        """What the device holds: `StoreContents`."""
        return self.outbox.ask(StoreList(), "list")

    def fetch(self, boot: int) -> int:
        """Have all stored blocks of a boot that `StoreContents` listed: `EarlierSamples` as they come.

        Returns 0 where the boot is not in the newest list.
        """
        ranges = self._stored_ranges(boot)
        if not ranges:
            return 0
        return self.outbox.ask(StoreFetch(boot=boot, first=ranges[0][0], last=ranges[-1][1]), "fetch")

    def erase(self, boot: int | None = None) -> int:
        """Erase one boot's blocks from the device, or all."""
        scope = ERASE_STORE if boot is None else ERASE_BOOT
        return self.outbox.ask(StoreErase(scope=scope, boot=CURRENT if boot is None else boot), "erase")

    def forget_bonds(self, scope: int = BONDS_OTHERS) -> int:
        """Have the device forget paired hosts."""
        return self.outbox.ask(ForgetBonds(scope=scope), "forget bonds")

    def self_test(self) -> int:
        """`SelfTested`; only while not started."""
        return self.outbox.ask(Selftest(), "self-test")

    def reboot(self, mode: int = REBOOT_NORMAL) -> int:
        """Restart the device; only while not started."""
        return self.outbox.ask(Reboot(mode=mode), "reboot")

    def ask_once(self, message: Message, what: str, now_s: float) -> None:
        """Ask for the link's own sake, unless it is asked already, or was a moment ago and refused."""
        what = _OWN + what
        if self.outbox.asking(what) or now_s < self._again_s.get(what, now_s):
            return
        if len(self._again_s) >= _MOST_KEPT:
            self._again_s.clear()
        self._again_s[what] = now_s + _AGAIN_S
        self.outbox.ask(message, what)

    def _own(self, what: str) -> bool:
        """Whether the link asked that for its own sake: nobody waits for the answer."""
        return what.startswith(_OWN) or what in Handshake.STEPS

    @abstractmethod
    def _stored_ranges(self, boot: int) -> list[tuple[int, int]]:
        """First and last sequence of what the device listed of a boot."""
