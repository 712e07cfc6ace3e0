"""The one error every decoder and encoder here raises, and the codes an ERROR message carries."""

UNKNOWN_TYPE = 1  # no such message, or not in this direction
TRUNCATED = 2  # shorter than its layout
TOO_LONG = 3  # longer than the receiver or the format allows
BAD_VALUE = 4  # a field outside its range, or fields that contradict each other
BAD_TEXT = 5  # no well-formed UTF-8, or a control character
DAMAGED = 6  # COBS, CRC or fragments do not fit
UNKNOWN_KEY = 7  # no such configuration key
BAD_STATE = 8  # not in this connection state
BUSY = 9  # try again later
NOT_FOUND = 10  # no such boot, block or record
NOT_AUTHORISED = 11  # a passkey is asked for, and this peer paired without one
UNSUPPORTED = 12  # known, but this hardware cannot
HARDWARE = 13  # a sensor, the motor or the battery gauge failed
STORAGE = 14  # flash could not be read, written or erased
VERSION = 15  # no common major version

NAMES = (
    "OK",
    "UNKNOWN_TYPE",
    "TRUNCATED",
    "TOO_LONG",
    "BAD_VALUE",
    "BAD_TEXT",
    "DAMAGED",
    "UNKNOWN_KEY",
    "BAD_STATE",
    "BUSY",
    "NOT_FOUND",
    "NOT_AUTHORISED",
    "UNSUPPORTED",
    "HARDWARE",
    "STORAGE",
    "VERSION",
)


class WireError(ValueError):
    """Bytes that are no valid message, or values that cannot be sent.

    Attributes
    ----------
    code : int
        What an ERROR answer carries (constants of this module).
    of_type : int
        Type of the message at fault, 0 where it is not known.
    request : int
        Its request id, 0 where it is not known.
    """

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.of_type = 0
        self.request = 0
