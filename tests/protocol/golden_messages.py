"""Messages of the golden frames: each as it is typically sent, with its smallest and with its largest numbers."""

from typing import Any

from hiphinge_wire import errors, replies, requests
from hiphinge_wire.calibration import CALIBRATION, Calibration, CalibrationSet
from hiphinge_wire.codec import REPLIES, REQUESTS
from hiphinge_wire.config import KEYS, Config, ConfigGet, ConfigSet
from hiphinge_wire.hello import Hello, HelloReply, Leave
from hiphinge_wire.info import ImuInfo, Info
from hiphinge_wire.layout import Layout, count_of
from hiphinge_wire.message import Message
from hiphinge_wire.status import Status

UNIX_US = 1_790_000_000_000_000  # some day in 2026, in microseconds: more than 32 bits twice over
IDENTITY = (10**9, 0, 0, 0, 10**9, 0, 0, 0, 10**9)
SIX_POSITIONS: dict[str, Any] = {
    "method": 1, "residual_ug": 830, "made_unix_s": 1_790_000_000,
    "acc_offset_ug": (12_400, -31_050, 8_700), "acc_matrix_nano": (1_004_100_000, -2_100_000, 0, *IDENTITY[3:]),
    "gyr_offset_udps": (302_000, -202_000, 243_000), "gyr_matrix_nano": IDENTITY,
}  # fmt: skip

DSV = ImuInfo(
    chip=1, flags=5, bus=0, address=0x6A, who_am_i=0x70, acc_range_g=8, gyr_range_dps=1000, gyr_delay_us=5200,
    acc_delay_us=4100, residual_ug=830, acc_scale_pg=244_000_000, gyr_scale_ndps=35_000_000, rate_millihz=120_000,
    calibrated_unix_s=1_790_000_000, axes=(1, 2, 3),
)  # fmt: skip
# 2000/32768 deg/s and 8/32768 g a count: thirds of a unit the scales must carry.
MPU = ImuInfo(
    chip=7, flags=3, bus=1, address=0x68, who_am_i=0x68, acc_range_g=8, gyr_range_dps=2000, acc_scale_pg=244_140_625,
    gyr_scale_ndps=61_035_156, rate_millihz=125_000, axes=(-2, 1, 3),
)  # fmt: skip


def typical() -> list[Message]:
    return [
        requests.InfoGet(request=1),
        requests.StatusGet(request=2),
        requests.Start(request=3, profile=3),
        requests.Stop(request=4),
        requests.Ack(boot=7, sequence=1234),
        requests.Nack(ranges=(requests.Range(boot=7, first=12, last=15), requests.Range(boot=6, first=0, last=0))),
        requests.TimeExchange(request=5, t1_us=9_123_456_789, unix_us=UNIX_US),
        ConfigGet(request=6, keys=(1, 3)),
        ConfigSet(request=7, values={"name": "Jürgs Stab", "rate_hz": 120, "cue_fault": 2}),
        requests.Identify(request=8, duration_ms=3000),
        requests.Cue(request=9, pattern=2, strength_percent=70),
        requests.CalibrateGyro(request=10, duration_ms=5000, imus=3),
        requests.StoreList(request=11),
        requests.StoreFetch(request=12, boot=6, first=100, last=4000),
        requests.StoreErase(request=13, scope=1, boot=6),
        requests.ForgetBonds(request=14, scope=1),
        requests.CalibrationGet(request=15, imu=1),
        CalibrationSet(request=16, imu=1, **SIX_POSITIONS),
        requests.Selftest(request=17),
        requests.Reboot(request=18, mode=1),
        requests.EventAck(boot=7, number=3),
        Hello(request=0x24),
        Leave(request=19),
        replies.Event(kind=1, number=3, boot=7, time_us=61_600_000),
        replies.Gone(reason=1, ranges=(requests.Range(boot=7, first=12, last=15),)),
        replies.Log(level=2, code=31, time_us=61_600_000, text="thoracic bus: no answer, recovering"),
        replies.Error(request=7, code=errors.UNKNOWN_KEY, of_type=0x18, detail="no configuration key 99"),
        replies.Ok(request=3, of_type=0x13),
        Info(
            request=1, wire_major=1, boot=7, epoch=1, profile=3, battery_cells=1, max_message=512,
            started_unix_us=UNIX_US, store_bytes=4 << 20, imus=(DSV, MPU), name="Jürgs Stab", serial="7CDFA1000102",
            firmware="0.1.0", board="ESP32-S3", interpreter="MicroPython 1.28.0", sacral_chip="LSM6DSV16X",
            thoracic_chip="MPU-6050",
        ),
        Status(
            state=3, profile=3, boot=7, epoch=1, next_sequence=1235, oldest_sequence=1201, uptime_us=61_700_000,
            battery_mv=3870, battery_percent=64, temperature_cdeg=(3120, 3065), board_temperature_cdeg=-32768,
            fifo_peak=(11, 12), fifo_size=(256, 256), last_event=3, backlog_blocks=34, backlog_bytes=5900,
            store_free_bytes=4_000_000, earlier_boots=1, loop_peak_ms=41, memory_free=61_000, samples=(7384, 7273),
            bus_errors=(0, 2), resyncs=(0, 1), blocks_sent=1230, blocks_resent=5, send_refused=17,
        ),
        replies.Started(
            request=3, profile=3, epoch=1, boot=7, next_sequence=1235, oldest_sequence=1201, time_us=61_700_000,
        ),
        replies.TimeReply(request=5, t1_us=9_123_456_789, t2_us=61_700_100, t3_us=61_700_350, boot=7),
        Config(request=6, epoch=1, values={entry[0]: entry[4] for entry in KEYS.values()}),
        replies.GyroCalibrated(
            request=10,
            imus=(
                replies.GyroBias(
                    temperature_cdeg=3120, bias_udps=(302_000, -202_000, 243_000), noise_udps=41_000, samples=600,
                ),
                replies.GyroBias(result=2, temperature_cdeg=-32768),
            ),
        ),
        replies.StoreListed(
            request=11,
            entries=(
                replies.Stored(
                    boot=6, epoch=1, profile=3, time_known=1, first_sequence=100, last_sequence=4000, bytes=900_000,
                    samples=(15_600, 15_600), first_us=12_000_000, last_us=142_000_000, unix_us=UNIX_US - 3_600_000_000,
                    uncertainty_ms=40,
                ),
            ),
        ),
        Calibration(request=15, imu=1, **SIX_POSITIONS),
        replies.SelftestResult(
            request=17,
            steps=(replies.Step(step=2, low=980, high=1020, seen=1003), replies.Step(step=10, imu=255, result=2)),
        ),
        HelloReply(request=0x24, wire_major=1, max_message=512, silence_ms=5000, boot=7),
    ]  # fmt: skip


def extreme(layout: Layout, largest: bool) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for field in layout.fields:
        name, code = field[0], field[1]
        bits = {"B": 8, "H": 16, "I": 32, "Q": 64}[code[-1].upper()]
        signed = code[-1].islower()
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        if len(field) == 4:
            low, high = field[2], field[3]
        value = high if largest else low
        count = count_of(code)
        out[name] = (value,) * count if count else value
    return out


# What keeps extremes from contradicting each other.
SMALLEST: dict[str, dict[str, Any]] = {
    "StoreErase": {"boot": 1},
    "ImuInfo": {"axes": (-3, -2, -1)},
    "ConfigSet": {"values": {"name": "x", "rate_hz": 0, "acc_range_g": 2, "cue_rep": 0}},
}
LARGEST: dict[str, dict[str, Any]] = {
    "StoreErase": {"boot": 0},
    "ImuInfo": {"axes": (3, 1, 2)},
    "ConfigGet": {"keys": tuple(KEYS)},
    "ConfigSet": {"values": {n: "ü" * 12 if c == "T" else high for n, c, _, high, _ in KEYS.values()}},
    "Config": {"values": {n: "ü" * 12 if c == "T" else high for n, c, _, high, _ in KEYS.values()}},
    "Hello": {"major": 99, "minor": 99},
}
FEWEST = {"Nack": 1, "Gone": 1, "Info": 2, "GyroCalibrated": 2}


def at_limit(kind: type[Message], largest: bool) -> Message:
    overrides = LARGEST if largest else SMALLEST
    values = extreme(kind.LAYOUT, largest)
    values["request"] = 255 if largest else 0
    if kind.LIST:
        entry: dict[str, Any] = extreme(kind.ENTRY.LAYOUT, largest) | overrides.get(kind.ENTRY.__name__, {})
        count = kind.MAX_ENTRIES if largest else FEWEST.get(kind.__name__, 0)
        values[kind.LIST] = tuple(kind.ENTRY(**entry) for _ in range(count))
    for name, longest in kind.TEXTS:
        # Four-byte characters, then what is left.
        values[name] = ("😀" * (longest // 4) + "x" * (longest % 4)) if largest else ""
    return kind(**(values | overrides.get(kind.__name__, {})))


def messages() -> list[tuple[str, Message]]:
    """Names and messages, every type at least once."""
    out: list[tuple[str, Message]] = [(f"{type(message).__name__} typical", message) for message in typical()]
    for kind in [*REQUESTS.values(), *REPLIES.values()]:
        out.append((f"{kind.__name__} smallest", at_limit(kind, False)))
        out.append((f"{kind.__name__} largest", at_limit(kind, True)))
    assert CALIBRATION.size == 104
    return [(name.replace("Ack typical", "ACK typical") if name == "Ack typical" else name, one) for name, one in out]
