"""STATUS: once a second while linked, and when asked for."""

from hiphinge_wire.constants import PROFILE_A, PROFILE_C, STATE_IDLE, STATE_RECORDING
from hiphinge_wire.layout import Layout
from hiphinge_wire.message import Message


class Status(Message):
    """How the device fares. Counters start at 0 with the boot and wrap at 2**32."""

    TYPE = 0x91
    LAYOUT = Layout(
        ("state", "B", STATE_IDLE, STATE_RECORDING),
        ("profile", "B", PROFILE_A, PROFILE_C),
        ("boot", "I", 1, 0xFFFFFFFF),
        ("epoch", "H", 1, 0xFFFF),
        ("next_sequence", "I"),
        ("oldest_sequence", "I"),
        ("uptime_us", "Q"),
        ("battery_mv", "H"),
        ("battery_percent", "B"),
        ("flags", "B"),
        ("temperature_cdeg", "2h"),
        ("board_temperature_cdeg", "h"),
        ("fifo_peak", "2H"),
        ("fifo_size", "2H"),
        ("last_event", "H"),
        ("backlog_blocks", "I"),
        ("backlog_bytes", "I"),
        ("store_free_bytes", "I"),
        ("earlier_boots", "H"),
        ("loop_peak_ms", "H"),
        ("memory_free", "I"),
        ("samples", "2I"),
        ("dropped_samples", "2I"),
        ("bus_errors", "2I"),
        ("tag_errors", "2I"),
        ("fifo_overflows", "2I"),
        ("resyncs", "2I"),
        ("blocks_dropped", "I"),
        ("blocks_sent", "I"),
        ("blocks_resent", "I"),
        ("send_refused", "I"),
        ("bad_messages", "I"),
        ("store_errors", "I"),
        ("restarts", "I"),
    )
    state: int
    profile: int
    boot: int
    epoch: int
    next_sequence: int
    oldest_sequence: int
    uptime_us: int
    battery_mv: int
    battery_percent: int
    flags: int
    temperature_cdeg: tuple[int, int]
    board_temperature_cdeg: int
    fifo_peak: tuple[int, int]
    fifo_size: tuple[int, int]
    last_event: int
    backlog_blocks: int
    backlog_bytes: int
    store_free_bytes: int
    earlier_boots: int
    loop_peak_ms: int
    memory_free: int
    samples: tuple[int, int]
    dropped_samples: tuple[int, int]
    bus_errors: tuple[int, int]
    tag_errors: tuple[int, int]
    fifo_overflows: tuple[int, int]
    resyncs: tuple[int, int]
    blocks_dropped: int
    blocks_sent: int
    blocks_resent: int
    send_refused: int
    bad_messages: int
    store_errors: int
    restarts: int
