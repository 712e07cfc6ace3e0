"""Six positions, guided: samples in, a calibration fitted, stored on the device and read back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from hiphinge.device.asking import Conversation, Heard
from hiphinge.device.errors import DeviceError
from hiphinge.device.guide import Guide
from hiphinge.device.six_positions import STANDARD_GRAVITY_MPS2, Fitted
from hiphinge.link.events import DeviceInfo, SessionStarted
from hiphinge.model import Floats
from hiphinge_wire.block import Block
from hiphinge_wire.calibration import METHOD_NONE, Calibration, CalibrationSet
from hiphinge_wire.constants import MISSING, PROFILE_C, ahead
from hiphinge_wire.info import INFO_IMU_PRESENT, Info
from hiphinge_wire.requests import Stop

SENSORS = ("sacral", "thoracic")
# Nobody takes longer from one position to the next who is still at it.
_PATIENCE_S = 600.0
_START_S = 15.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the guide is.

    Attributes
    ----------
    taken : str
        "sacral: right side up" when a position was just taken, else empty.
    share : float
        Of the position now being heard.
    done, wanted : int
        Positions of all sensors.
    missing : dict
        What is still to do, by sensor.
    """

    taken: str
    share: float
    done: int
    wanted: int
    missing: dict[str, list[str]] = field(default_factory=dict[str, "list[str]"])


async def calibrate(
    device: Conversation,
    sensors: Sequence[int],
    tell: Callable[[Progress], None],
    *,
    slanted: bool = False,
    gravity_mps2: float = STANDARD_GRAVITY_MPS2,
    unix_s: Callable[[], float] = time.time,
    patience_s: float = _PATIENCE_S,
) -> dict[int, Fitted]:
    """Guide through all positions, fit, store, read back.

    Parameters
    ----------
    device : Conversation
    sensors : sequence of int
        0 sacral, 1 thoracic.
    tell : callable
    slanted : bool
        Three more positions, leaning: without them cross-axis terms are hardly seen.
    gravity_mps2 : float
    unix_s : callable
        Time of day.
    patience_s : float
        Longest wait for the next position.

    Raises
    ------
    DeviceError
        A sensor is missing, nothing comes, the fit is not believable, or the device does not keep it.
    """
    if device.status.state not in ("ready", "idle"):
        raise DeviceError(f"{device.place}: it is sampling ({device.status.state}); stop the session first")
    # Acknowledging frees blocks; what an earlier session left behind is somebody's recording.
    device.keeps = device.status.backlog_blocks == 0 and device.status.earlier_boots == 0
    info = device.told
    for imu in sensors:
        if not info.imus[imu].flags & INFO_IMU_PRESENT:
            raise DeviceError(f"{device.place}: the {SENSORS[imu]} sensor is not there; see its cable")
    guides = {imu: Guide(info.imus[imu].rate_millihz * 1e-3, info.imus[imu].axes, slanted) for imu in sensors}
    listener = _Listener(guides, info, tell)
    device.listen(listener.heard)
    device.session.wanted_profile = PROFILE_C
    device.session.start()
    try:
        await device.until(lambda: listener.started, _START_S, "sampling does not begin; run hiphinge device selftest")
        listener.say("")
        while not listener.complete:
            done = listener.done
            await device.until(
                lambda done=done: listener.done > done, patience_s, "no position was taken; lay the sensor still"
            )
    finally:
        device.session.wants_samples = False
        await device.ask(Stop())
    fitted = {imu: guide.fitted(gravity_mps2) for imu, guide in guides.items()}
    for imu, one in fitted.items():
        await store(device, one.message(imu, unix_s()))
    return fitted


async def store(device: Conversation, wanted: CalibrationSet) -> None:
    """Store a calibration and read it back.

    Raises
    ------
    DeviceError
        Refused, or another one is there afterwards.
    """
    await device.ask(wanted)
    kept = await device.calibration(wanted.imu)
    if not _same(kept, wanted):
        raise DeviceError(f"{device.place}: keeps another calibration than it was given; run hiphinge device selftest")


async def forget(device: Conversation, sensors: Sequence[int]) -> None:
    """Have no calibration."""
    for imu in sensors:
        one = tuple(int(v) for v in (10**9 * np.eye(3, dtype=np.int64)).ravel())
        await store(device, CalibrationSet(imu=imu, method=METHOD_NONE, acc_matrix_nano=one, gyr_matrix_nano=one))


def _same(kept: Calibration, wanted: CalibrationSet) -> bool:
    if wanted.method == METHOD_NONE:
        return kept.method == METHOD_NONE
    mine, theirs = wanted.plain(), kept.plain()
    return all(theirs[name] == value for name, value in mine.items() if name != "request")


class _Listener:
    """Blocks to guides."""

    def __init__(self, guides: dict[int, Guide], info: Info, tell: Callable[[Progress], None]) -> None:
        self._guides, self._info, self._tell = guides, info, tell
        self._first: tuple[int, int] | None = None
        self._next = dict.fromkeys(guides, -1)
        self._tenth = -1

    @property
    def started(self) -> bool:
        """Whether samples are ours from now on."""
        return self._first is not None

    @property
    def complete(self) -> bool:
        """Whether every sensor has been in every position."""
        return all(guide.complete for guide in self._guides.values())

    @property
    def done(self) -> int:
        """Positions taken."""
        return sum(guide.done for guide in self._guides.values())

    def heard(self, one: Heard) -> None:
        """Take what the device says."""
        match one:
            case SessionStarted():
                self._first = one.boot, one.first_sequence
            case DeviceInfo() if self._first is not None and one.boot != self._first[0]:
                raise DeviceError("the device restarted; begin again")
            case Block() if self._first is not None and self._ours(one):
                for imu, guide in self._guides.items():
                    self._samples(one, imu, guide)
            case _:
                pass

    def _ours(self, block: Block) -> bool:
        assert self._first is not None
        return block.boot == self._first[0] and ahead(block.sequence, self._first[1]) >= 0

    def _samples(self, block: Block, imu: int, guide: Guide) -> None:
        count, first = block.counts[imu], block.first_index[imu]
        # Resent blocks come late: samples that were passed over stay so, a mean needs no order but no repetition.
        if not count or ahead(first, self._next[imu] & 0xFFFFFFFF) < 0 <= self._next[imu]:
            return
        self._next[imu] = (first + count) & 0xFFFFFFFF
        acc_g, gyr_dps = _in_units(block, imu, self._info)
        was = guide.done
        taken = guide.feed(acc_g, gyr_dps)
        if guide.done > was:
            self.say(f"{SENSORS[imu]}: {taken}")
        elif int(self.share * 10) != self._tenth:
            self.say("")

    @property
    def share(self) -> float:
        """Of the position being heard."""
        return max((guide.share for guide in self._guides.values() if not guide.complete), default=1.0)

    def say(self, taken: str) -> None:
        """Tell where we are."""
        self._tenth = int(self.share * 10)
        wanted = sum(guide.wanted for guide in self._guides.values())
        missing = {SENSORS[imu]: guide.missing() for imu, guide in self._guides.items()}
        self._tell(Progress(taken, self.share, self.done, wanted, missing))


def _in_units(block: Block, imu: int, info: Info) -> tuple[Floats, Floats]:
    """Accelerometer in g and gyroscope in deg/s, chip's axes, uncorrected."""
    counts = np.frombuffer(block.samples[imu], "<i2").reshape(-1, block.columns).astype(np.float64)[:, -6:]
    gyr, acc = counts[:, :3], counts[:, 3:]
    acc_g, gyr_dps = acc * info.imus[imu].acc_scale_pg * 1e-12, gyr * info.imus[imu].gyr_scale_ndps * 1e-9
    gyr_dps[(gyr == MISSING).all(axis=1)] = np.nan
    acc_g[(acc == MISSING).all(axis=1)] = np.nan
    return acc_g, gyr_dps
