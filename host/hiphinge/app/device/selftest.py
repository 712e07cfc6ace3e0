"""The device's self-test, step by step, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from hiphinge.device.asking import Conversation
from hiphinge.link.events import SelfTested
from hiphinge_wire.requests import Selftest

# protocol/SPEC.md, entry Step.
STEPS = {
    1: "identity",
    2: "gravity against scale",
    3: "accelerometer's own test",
    4: "gyroscope's own test",
    5: "rate",
    6: "FIFO",
    7: "bus errors",
    8: "store",
    9: "battery",
    10: "motor",
    11: "radio",
    12: "memory",
}
_WHERE = {0: "sacral", 1: "thoracic", 255: "device"}

Result = Literal["pass", "fail", "skipped"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: passed when low <= seen <= high."""

    step: str
    where: str
    result: Result
    low: int
    high: int
    seen: int

    @property
    def expected(self) -> str:
        """The range in words."""
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Tested:
    """A self-test and whose it was."""

    name: str
    serial: str
    firmware: str
    steps: tuple[Step, ...]

    @property
    def passed(self) -> bool:
        """No step failed, and there were any."""
        return bool(self.steps) and all(step.result != "fail" for step in self.steps)


async def selftest(device: Conversation) -> Tested:
    """Have the device test itself.

    Raises
    ------
    DeviceError
        Refused (while it samples), or not answered.
    """
    answer = cast("SelfTested", await device.ask(Selftest()))
    steps = tuple(
        Step(
            STEPS.get(number, f"step {number}"),
            _WHERE.get(imu, f"sensor {imu}"),
            cast("Result", result),
            low,
            high,
            seen,
        )
        for number, imu, result, low, high, seen in answer.steps
    )
    return Tested(device.info.name, device.info.serial, device.info.firmware, steps)
