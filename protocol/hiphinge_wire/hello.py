"""HELLO and LEAVE: into and out of data mode where console and data share one serial line."""

from hiphinge_wire import WIRE_MAJOR, WIRE_MINOR
from hiphinge_wire.constants import MAX_MESSAGE
from hiphinge_wire.errors import BAD_VALUE, WireError
from hiphinge_wire.framing import encode_frame
from hiphinge_wire.layout import Layout, need, room
from hiphinge_wire.message import Message

# Text, because it is typed into a console: a Python prompt acts on control characters (3 interrupts, 4 restarts).
# The length keeps the COBS code byte, which counts it, out of them too.
_OPENING = b"hiphinge wire "
_CLOSING = b" data mode"
_PRINTABLE = 0x20


class Hello(Message):
    """Enter data mode; says the host's version."""

    TYPE = 0x48
    major: int
    minor: int

    def __init__(self, **values: object) -> None:
        self.major = values.pop("major", WIRE_MAJOR)  # type: ignore[assignment]  # checked when it is sent
        self.minor = values.pop("minor", WIRE_MINOR)  # type: ignore[assignment]
        super().__init__(**values)

    def check(self) -> None:
        """Raise `WireError` unless both numbers have two digits at most."""
        if not (0 <= self.major <= 99 and 0 <= self.minor <= 99):
            raise WireError(BAD_VALUE, "version numbers go to 99")

    def write_tail(self, buffer: bytearray | memoryview, offset: int) -> int:
        """Write the text; returns where it ends."""
        text = _OPENING + f"{self.major:02d}.{self.minor:02d}".encode() + _CLOSING
        room(buffer, offset, len(text))
        buffer[offset : offset + len(text)] = text
        return offset + len(text)

    def read_tail(self, data: bytes | bytearray | memoryview, offset: int) -> int:
        """Read the text; returns where it ends."""
        digits = offset + len(_OPENING)
        end = digits + 5 + len(_CLOSING)
        need(data, offset, end - offset)
        text = bytes(data[offset:end])
        numbers = text[len(_OPENING) : len(_OPENING) + 5]
        plain = numbers[:2] + numbers[3:]
        if (
            text[: len(_OPENING)] != _OPENING
            or text[len(_OPENING) + 5 :] != _CLOSING
            or numbers[2] != 0x2E
            or any(not 0x30 <= digit <= 0x39 for digit in plain)
        ):
            raise WireError(BAD_VALUE, "no HELLO text")
        self.major = int(numbers[:2].decode())
        self.minor = int(numbers[3:].decode())
        return end

    def plain(self) -> dict[str, object]:
        """Field names and values, ready for JSON."""
        return {"request": self.request, "major": self.major, "minor": self.minor}


class Leave(Message):
    """Leave data mode: back to the console."""

    TYPE = 0x4C


class HelloReply(Message):
    """The device is in data mode."""

    TYPE = 0xC8
    LAYOUT = Layout(
        ("wire_major", "B"),
        ("wire_minor", "B"),
        ("max_message", "H"),
        ("silence_ms", "H"),
        ("boot", "I", 1, 0xFFFFFFFF),
    )
    wire_major: int
    wire_minor: int
    max_message: int
    silence_ms: int
    boot: int


def hello_frame() -> bytes:
    """Frame of a HELLO without control characters but its delimiters.

    Returns
    -------
    bytes
        For the serial line, delimiters included.
    """
    # The CRC is whatever it is: take the first request id for which neither of its bytes is a control character.
    for request in range(_PRINTABLE, 0x7F):
        frame = encode_frame(Hello(request=request).encode())
        if min(frame[1:-1]) >= _PRINTABLE:
            return frame
    raise WireError(BAD_VALUE, "no request id gives a printable HELLO")


# Largest frame payload a device must be ready to take before HELLO said otherwise.
HELLO_MAX_MESSAGE = MAX_MESSAGE
