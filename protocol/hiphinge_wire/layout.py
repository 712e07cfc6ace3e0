"""Fixed layouts by name: what `struct` packs, with the checks MicroPython's `struct` leaves out.

MicroPython packs 70000 as a u16 without a word and CPython raises `struct.error`; here both raise `WireError`.
"""

import struct

from hiphinge_wire.errors import BAD_TEXT, BAD_VALUE, TOO_LONG, TRUNCATED, WireError

_BITS = {"B": 8, "H": 16, "I": 32, "Q": 64}


def _range(code: str) -> tuple[int, int]:
    bits = _BITS[code.upper()]
    return (0, (1 << bits) - 1) if code.isupper() else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


class Layout:
    """Little-endian fields without padding.

    Attributes
    ----------
    fields : tuple of (name, code) or (name, code, low, high)
        `code` is that of `struct`, with a count before it where the field is a tuple of numbers. Kept as given: a
        device pays for every copy.
    format : str
        For `struct`.
    size : int
        Bytes.
    """

    def __init__(self, *fields: tuple[str, str] | tuple[str, str, int, int]) -> None:
        self.fields = fields
        # A count inside the format would do too, but this has one number per letter, as `flat` below has.
        self.format = "<" + "".join(field[1][-1] * (count_of(field[1]) or 1) for field in fields)
        self.size = struct.calcsize(self.format)

    def pack_into(self, buffer: bytearray | memoryview, offset: int, source: object) -> int:
        """Write the attributes of `source` to ``buffer[offset:]``; returns where they end."""
        flat: list[int] = []
        for field in self.fields:
            name, code = field[0], field[1]
            low, high = (field[2], field[3]) if len(field) == 4 else _range(code[-1])
            value = getattr(source, name)
            count = count_of(code)
            if count and len(value) != count:
                raise WireError(BAD_VALUE, f"{name} needs {count} numbers, not {len(value)}")
            for number in value if count else (value,):
                check_number(name, number, low, high)
                flat.append(number)
        room(buffer, offset, self.size)
        struct.pack_into(self.format, buffer, offset, *flat)
        return offset + self.size

    def unpack_from(self, data: bytes | bytearray | memoryview, offset: int, target: object) -> int:
        """Set the attributes of `target` from ``data[offset:]``; returns where they end."""
        need(data, offset, self.size)
        flat = struct.unpack_from(self.format, data, offset)
        at = 0
        for field in self.fields:
            count = count_of(field[1])
            numbers = flat[at : at + (count or 1)]
            if len(field) == 4:
                for number in numbers:
                    check_number(field[0], number, field[2], field[3])
            setattr(target, field[0], numbers if count else numbers[0])
            at += count or 1
        return offset + self.size


def count_of(code: str) -> int:
    """How many numbers a field is a tuple of; 0 where it is a single number."""
    return int(code[:-1]) if len(code) > 1 else 0


def check_number(name: str, value: object, low: int, high: int) -> None:
    """Raise `WireError` unless `value` is an int in ``low..high``."""
    if not isinstance(value, int) or not low <= value <= high:
        raise WireError(BAD_VALUE, f"{name} is {value!r}; {low} to {high} allowed")


def need(data: bytes | bytearray | memoryview, offset: int, size: int) -> None:
    """Raise `WireError` unless `data` holds `size` bytes from `offset`."""
    if len(data) - offset < size:
        raise WireError(TRUNCATED, f"{len(data)} bytes; at least {offset + size} needed")


def room(buffer: bytearray | memoryview, offset: int, size: int) -> None:
    """Raise `WireError` unless `size` bytes fit into `buffer` at `offset`."""
    if offset < 0 or len(buffer) - offset < size:
        raise WireError(TOO_LONG, f"{size} bytes do not fit into {len(buffer)} at {offset}")


def text_bytes(name: str, text: str, longest: int) -> bytes:
    """UTF-8 of `text`, checked as a receiver will check it."""
    try:
        data = text.encode()
    except UnicodeError:  # a lone surrogate, which CPython refuses to encode
        raise WireError(BAD_TEXT, f"{name} is no clean UTF-8 text") from None
    _check_text(name, data, longest)
    return data


def read_text(data: bytes | bytearray | memoryview, offset: int, name: str, longest: int) -> tuple[str, int]:
    """Text behind its length byte, and where it ends."""
    need(data, offset, 1)
    end = offset + 1 + data[offset]
    need(data, offset, end - offset)
    raw = bytes(data[offset + 1 : end])
    _check_text(name, raw, longest)
    return raw.decode(), end


def _check_text(name: str, data: bytes, longest: int) -> None:
    if len(data) > longest:
        raise WireError(TOO_LONG, f"{name} has {len(data)} bytes; {longest} allowed")
    if not _clean_utf8(data):
        raise WireError(BAD_TEXT, f"{name} is no clean UTF-8 text")


def _clean_utf8(data: bytes) -> bool:
    """Whether `data` is well-formed UTF-8 (RFC 3629) without control characters.

    By hand: MicroPython's decoder lets through what CPython's refuses (surrogates, overlong forms), and both sides must
    agree on what is valid.
    """
    at = 0
    while at < len(data):
        first = data[at]
        # Allowed second bytes are narrower behind some first bytes: that excludes overlong forms, surrogates,
        # code points above 10FFFF and, behind C2, the control characters 80..9F.
        low, high = 0x80, 0xBF
        if 0x20 <= first <= 0x7E:
            more = 0
        elif 0xC2 <= first <= 0xDF:
            more = 1
            low = 0xA0 if first == 0xC2 else low
        elif 0xE0 <= first <= 0xEF:
            more = 2
            low = 0xA0 if first == 0xE0 else low
            high = 0x9F if first == 0xED else high
        elif 0xF0 <= first <= 0xF4:
            more = 3
            low = 0x90 if first == 0xF0 else low
            high = 0x8F if first == 0xF4 else high
        else:
            return False
        for _ in range(more):
            at += 1
            if at >= len(data) or not low <= data[at] <= high:
                return False
            low, high = 0x80, 0xBF
        at += 1
    return True
