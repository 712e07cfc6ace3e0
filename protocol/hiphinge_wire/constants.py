"""Numbers both sides share: sizes, profiles, flags, states and the arithmetic of wrapping counters."""

# Largest message. A block of 1024 bytes spends 5 % on its header; a device can keep two of them.
MAX_MESSAGE = 1024
# ATT: a notification or write carries MTU - 3 bytes; without an MTU exchange 20.
ATT_OVERHEAD = 3
MIN_PAYLOAD = 20

SACRAL = 0
THORACIC = 1
IMUS = 2

PROFILE_A = 1  # quaternions
PROFILE_B = 2  # quaternions and raw
PROFILE_C = 3  # raw and an anchor quaternion: the default

# Flags of a block.
BLOCK_MOTOR = 0x01  # the vibration motor ran during at least one sample

# Flags of one IMU in a block: true of at least one of its samples there.
IMU_CLIPPED = 0x01  # an axis at either rail
IMU_REST = 0x02  # at rest during all of the block, by the device's own rest detection
IMU_OVERFLOW = 0x04  # the chip's FIFO overflowed before the first sample: the index jumped
IMU_BUS_ERROR = 0x08  # a bus error before or during these samples
IMU_RESYNC = 0x10  # index or time found anew before the first sample: do not interpolate across
IMU_ABSENT = 0x20  # not delivering: unplugged, or in recovery
IMU_SETTLING = 0x40  # the orientation filter has not converged
IMU_PERIOD_NOMINAL = 0x80  # the period is not measured yet: it is the chip's nominal one

# Raw counts: an axis at either rail is clipped; three axes of one sensor at the lower rail are missing.
CLIPPED_HIGH = 32767
CLIPPED_LOW = -32768
MISSING = -32768

# Quaternion components: int16 / 32768, +1 stored as 32767. Four zeros: not known.
QUAT_ONE = 32768
# Measured sample period: u32 in 1/32 ns. 3.8 ppb at 120 Hz, under 2**30 down to 30 Hz, at most 134 ms.
PERIOD_PER_NS = 32

# Connection states, as STATUS carries them.
STATE_IDLE = 0  # no link
STATE_LINKED = 1  # link, but not encrypted or the peer not on the list: not one byte is sent
STATE_READY = 2  # may be spoken to; not started
STATE_STARTED = 3  # sampling and sending
STATE_OUTAGE = 4  # started, link lost: sampling into the backlog
STATE_RECORDING = 5  # sampling into the store, sends nothing on its own

# START
START_LIVE_ONLY = 0x01  # send no backlog unasked
START_STORE_ONLY = 0x02  # sample into the store, send no blocks

# STATUS
STATUS_CHARGING = 0x01
STATUS_LOW_BATTERY = 0x02
STATUS_STORE_FULL = 0x04  # the oldest blocks are being overwritten
STATUS_STORE_FAULT = 0x08
STATUS_SAFE_MODE = 0x10
STATUS_PAIRING = 0x20  # the pairing window is open
STATUS_FETCHING = 0x40  # a STORE_FETCH is being served
UNKNOWN_PERCENT = 255
UNKNOWN_TEMPERATURE = -32768

# EVENT
EVENT_BUTTON_SHORT = 1  # mark, and zero the angles
EVENT_BUTTON_LONG = 2  # the pairing window opened
EVENT_LOW_BATTERY = 3  # value: mV; sampling stops
EVENT_IMU_LOST = 4  # value: which IMU
EVENT_IMU_BACK = 5  # value: which IMU
EVENT_STOPPED = 6  # sampling ended without a STOP; value: STOPPED_*
EVENT_CONFIG = 7  # the configuration changed; value: epoch
EVENT_SLEEP = 8  # about to sleep
STOPPED_LOW_BATTERY = 1
STOPPED_NO_HOST = 2  # the outage lasted longer than `outage_s`
STOPPED_FAULT = 3

# GONE: why blocks will never come
GONE_OVERWRITTEN = 1
GONE_POWER_CUT = 2
GONE_DAMAGED = 3  # stored, but their check does not fit
GONE_NEVER = 4  # no block ever had this key
GONE_ACKNOWLEDGED = 5  # freed: a host had them

# CUE
CUE_SHORT = 1
CUE_DOUBLE = 2
CUE_LONG = 3
CUE_RISING = 4
CUE_OFF = 0  # stops a running one

# LOG
LOG_INFO = 1
LOG_WARNING = 2
LOG_ERROR = 3

# CALIBRATE_GYRO: how it ended, per IMU
CAL_DONE = 0
CAL_MOVED = 1
CAL_NO_SAMPLES = 2
CAL_NOT_ASKED = 3
CAL_CANCELLED = 4

# SELFTEST
TEST_PASS = 0
TEST_FAIL = 1
TEST_SKIPPED = 2

# STORE_LIST: how the wall-clock time of a boot is known
TIME_UNKNOWN = 0  # only the order of boots
TIME_EXCHANGED = 1  # a host told it during that boot
TIME_RTC = 2  # carried over from another boot by a clock that ran on
TIME_BOUNDED = 3  # between two known instants

# STORE_ERASE
ERASE_BOOT = 1
ERASE_STORE = 2  # every stored block
ERASE_ALL = 3  # every stored block, bonds, name and configuration

# FORGET_BONDS
BONDS_OTHERS = 1  # all but the peer that asks
BONDS_ALL = 2

# REBOOT
REBOOT_NORMAL = 1
REBOOT_SAFE = 2
REBOOT_LOADER = 3

# Boot ids start at 1, epochs at 1: 0 asks for the running one.
CURRENT = 0

# What a listener may expect.
ACK_INTERVAL_MS = 1000
STATUS_INTERVAL_MS = 1000
SERIAL_SILENCE_MS = 5000


def u32(value: int) -> int:
    """Low 32 bits of `value`: counters on the wire wrap there."""
    return value & 0xFFFFFFFF


def ahead(a: int, b: int) -> int:
    """How far the u32 counter `a` is ahead of `b`, modulo 2**32 (RFC 1982): -2**31 .. 2**31 - 1."""
    return ((a - b + 0x80000000) & 0xFFFFFFFF) - 0x80000000
