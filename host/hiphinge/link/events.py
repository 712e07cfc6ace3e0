"""What a link tells: frozen dataclasses, units in their names.

`at_s` is the host's own clock (the `now_s` the session was given), `time_s` the session's: device clock from the
session's start, as in `session.csv`. Pairs are (sacral, thoracic).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hiphinge.kinematics.grid import GriddedImu
from hiphinge.link.warned import Warned
from hiphinge.model import Floats

LossReason = Literal[
    "overwritten",
    "power_cut",
    "damaged",
    "never_made",
    "taken_by_another_host",
    "unlisted",
    "undescribed",
    "not_in_any_block",
]
"""Why samples will never come: the device's store was full, lost power, held a damaged block, never made it, freed it
for another host, is not told of, or they were taken nobody knows how; or the chip took them and no block has them."""

TimeKnown = Literal["exactly", "exchanged", "carried_over", "bounded", "only_order"]
"""How a stored block is placed in time: on the running boot's clock; by a host during that boot; by a clock that ran
on; between two known instants; only its place among the boots."""

ButtonKind = Literal["short", "long"]
DeviceEventKind = Literal["low_battery", "imu_lost", "imu_back", "stopped", "configuration", "sleep"]


@dataclass(frozen=True, slots=True)
class LinkUp:
    """A transport is connected; `payload` bytes go into a packet (0 on a stream)."""

    at_s: float
    payload: int


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The transport is gone. A session goes on with the next `connected`."""

    at_s: float


@dataclass(frozen=True, slots=True)
class ImuDescription:
    """One IMU as INFO describes it.

    Attributes
    ----------
    chip : str
    present, demo_grade, calibrated : bool
        Calibrated: six positions, kept on the device and applied to `Samples`.
    rate_hz : float
        Nominal; the measured one is in `LinkHealth.source_rates_hz`.
    acc_range_g, gyr_range_dps : float
    gyr_delay_s, acc_delay_s : float
        Of the chip's low-pass; taken out of `Samples`.
    """

    chip: str
    present: bool
    demo_grade: bool
    calibrated: bool
    rate_hz: float
    acc_range_g: float
    gyr_range_dps: float
    gyr_delay_s: float
    acc_delay_s: float


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """The device describes itself: after each connection, and for each new boot and epoch."""

    at_s: float
    boot: int
    epoch: int
    wire: tuple[int, int]
    name: str
    serial: str
    firmware: str
    board: str
    interpreter: str
    profile: Literal["A", "B", "C"]
    store_bytes: int
    imus: tuple[ImuDescription, ImuDescription]

    @property
    def device(self) -> dict[str, str]:
        """For `SessionMeta.device`."""
        return {
            "name": self.name,
            "serial": self.serial,
            "firmware": self.firmware,
            "board": self.board,
            "interpreter": self.interpreter,
            "wire": f"{self.wire[0]}.{self.wire[1]}",
            "profile": self.profile,
            "sacral_chip": self.imus[0].chip,
            "thoracic_chip": self.imus[1].chip,
        }


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """START was answered: blocks from `first_sequence` of `boot` on are this session. Comes once."""

    at_s: float
    boot: int
    first_sequence: int
    rate_hz: float
    profile: Literal["A", "B", "C"]


@dataclass(frozen=True, slots=True)
class Samples:
    """The next instants of the session's grid, in order, each exactly once.

    Attributes
    ----------
    first : int
        Grid index of the first row. The next event goes on where this one ends, but for a pause longer than
        `align.LONGEST_FILL_S`, over which the index jumps.
    time_s : (n,) float
        Session time, ``(first + row) / rate_hz``.
    sacral, thoracic : GriddedImu
        In the housing's axes (x right, y up, z out of the back), SI units, the stored calibration applied. A reading is
        the mean over one grid step around its instant: neighbouring ones integrate without loss. Rows that will never
        be known are NaN with an endless `gap_s`; all others have `gap_s` 0. `Bridge` makes of it what the engine
        takes.
    """

    first: int
    time_s: Floats
    sacral: GriddedImu
    thoracic: GriddedImu


@dataclass(frozen=True, slots=True)
class EarlierSamples:
    """Samples from before the session, or of another boot, on a grid of their own.

    Attributes
    ----------
    boot : int
    time_s : (n,) float
        Device time of that boot, seconds since it started.
    unix_s : float or None
        Wall-clock time of ``time_s == 0``.
    time_known : str
        How `unix_s` is known.
    uncertainty_s : float or None
        `unix_s` is within ± this; None where only the order of boots is known.
    sacral, thoracic : GriddedImu
        As in `Samples`.
    """

    boot: int
    time_s: Floats
    unix_s: float | None
    time_known: TimeKnown
    uncertainty_s: float | None
    sacral: GriddedImu
    thoracic: GriddedImu


@dataclass(frozen=True, slots=True)
class Lost:
    """Something will never come: so many blocks, or so many samples by the chips' own counts.

    Blocks that are gone are told first; how many samples they held (`blocks` 0, the same reason) with the first block
    behind them, where that is known. `blocks` 0 without `samples`: nobody knows how many.
    """

    at_s: float
    reason: LossReason
    boot: int
    blocks: int
    samples: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Rebooted:
    """The device restarted; the session goes on with the new boot, its clock joined to the old one's.

    `uncertainty_s`: by how much the times of the new boot's samples may be off against the old one's (None where
    nothing is known yet); told again, with a figure, when the first sample of the new boot is placed.
    """

    at_s: float
    boot_before: int
    boot: int
    uncertainty_s: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """How the device fares; counters are of the running boot. None: not known."""

    at_s: float
    boot: int
    state: Literal["idle", "linked", "ready", "started", "outage", "recording"]
    battery_v: float | None
    battery_percent: int | None
    charging: bool
    low_battery: bool
    store_full: bool
    store_fault: bool
    safe_mode: bool
    temperature_degc: tuple[float | None, float | None]
    backlog_blocks: int
    backlog_bytes: int
    store_free_bytes: int
    earlier_boots: int
    uptime_s: float
    memory_free_bytes: int
    loop_peak_s: float
    fifo_peak: tuple[int, int]
    fifo_size: tuple[int, int]
    samples: tuple[int, int]
    dropped_samples: tuple[int, int]
    bus_errors: tuple[int, int]
    fifo_overflows: tuple[int, int]
    blocks_dropped: int
    blocks_resent: int
    send_refused: int
    restarts: int


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """The device's button; `time_s` is session time, None before the session or on another boot's clock."""

    at_s: float
    kind: ButtonKind
    time_s: float | None


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """Something else happened on the device; `value` as protocol/SPEC.md says."""

    at_s: float
    kind: DeviceEventKind
    value: int
    time_s: float | None


@dataclass(frozen=True, slots=True)
class DeviceLogged:
    """A line of the device's log."""

    at_s: float
    level: Literal["info", "warning", "error"]
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """A request was carried out; `request` is what the method that asked returned, `what` its name."""

    at_s: float
    request: int
    what: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The device answered ERROR. `request` is 0, `what` empty where it was no request of ours."""

    at_s: float
    request: int
    what: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A request was asked three times and not answered: reconnect."""

    at_s: float
    request: int
    what: str


@dataclass(frozen=True, slots=True)
class Configured:
    """The configuration (or the part asked for) as it now is."""

    at_s: float
    request: int
    epoch: int
    values: Mapping[str, int | str] = field(default_factory=dict[str, "int | str"])


@dataclass(frozen=True, slots=True)
class GyroBiasMeasured:
    """End of a gyroscope calibration, per IMU: result, bias in the chip's axes, noise, chip temperature."""

    at_s: float
    request: int
    results: tuple[str, str]
    bias_radps: tuple[tuple[float, float, float], tuple[float, float, float]]
    noise_radps: tuple[float, float]


@dataclass(frozen=True, slots=True)
class StoredBlocks:
    """Blocks `first` to `last` of one boot and epoch on the device."""

    boot: int
    epoch: int
    first: int
    last: int
    size_bytes: int
    samples: tuple[int, int]
    duration_s: float
    unix_s: float | None
    time_known: TimeKnown
    uncertainty_s: float | None


@dataclass(frozen=True, slots=True)
class StoreContents:
    """What is stored on the device."""

    at_s: float
    request: int
    stored: tuple[StoredBlocks, ...]


@dataclass(frozen=True, slots=True)
class TimeExchanged:
    """One exchange of clocks.

    Attributes
    ----------
    round_trip_s : float
    device_s : float
        Device clock at host time `at_s`.
    uncertainty_s : float
        Half the shortest round trip so far: the true offset is within ± this.
    """

    at_s: float
    round_trip_s: float
    device_s: float
    uncertainty_s: float


@dataclass(frozen=True, slots=True)
class SelfTested:
    """Result of a self-test: (step, IMU or 255, result, low, high, seen) as protocol/SPEC.md says."""

    at_s: float
    request: int
    steps: tuple[tuple[int, int, str, int, int, int], ...]


LinkEvent = (
    LinkUp
    | LinkDown
    | DeviceInfo
    | SessionStarted
    | Samples
    | EarlierSamples
    | Lost
    | Rebooted
    | DeviceStatus
    | ButtonPressed
    | DeviceEvent
    | DeviceLogged
    | Done
    | Refused
    | Unanswered
    | Configured
    | GyroBiasMeasured
    | StoreContents
    | TimeExchanged
    | SelfTested
    | Warned
)
