"""What every message has in common: type, request id, fixed fields, then one list, then texts; the rest is ignored."""

import struct

from hiphinge_wire.constants import MAX_MESSAGE
from hiphinge_wire.errors import BAD_VALUE, TOO_LONG, TRUNCATED, UNKNOWN_TYPE, WireError
from hiphinge_wire.layout import Layout, check_number, count_of, need, read_text, room, text_bytes

# A reply that carries data has the type of its request with this bit set.
REPLY = 0x80
HEADER = 2


class Record:
    """Named numbers in a fixed layout; what is not given is 0."""

    LAYOUT = Layout()

    def __init__(self, **values: object) -> None:
        for field in self.LAYOUT.fields:
            count = count_of(field[1])
            setattr(self, field[0], values.pop(field[0], (0,) * count if count else 0))
        if values:
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(values))}")

    def check(self) -> None:
        """Raise `WireError` where fields contradict each other."""

    def plain(self) -> dict[str, object]:
        """Field names and values, ready for JSON."""
        out: dict[str, object] = {}
        for field in self.LAYOUT.fields:
            value = getattr(self, field[0])
            out[field[0]] = list(value) if count_of(field[1]) else value
        return out

    def __eq__(self, other: object) -> bool:
        """Same kind, same values."""
        return isinstance(other, Record) and type(self) is type(other) and self.plain() == other.plain()

    def __hash__(self) -> int:
        """Refuse: fields may change."""
        raise TypeError("unhashable")

    def __repr__(self) -> str:
        """As one would write it."""
        values = self.plain()
        return f"{type(self).__name__}({', '.join(f'{name}={values[name]!r}' for name in values)})"


class Message(Record):
    """One message. Subclasses name their fields once; `encode` and `decode` follow from that.

    Attributes
    ----------
    request : int
        Chosen by the host, repeated by the device; 0 in what nobody asked for, and in requests that want no OK.
    """

    TYPE = 0
    # At most one list: the attribute's name, what its entries are, how many there may be.
    LIST = ""
    ENTRY = Record
    MAX_ENTRIES = 0
    # Texts behind the list: (name, longest in bytes).
    TEXTS: tuple[tuple[str, int], ...] = ()

    request: int

    def __init__(self, **values: object) -> None:
        self.request = values.pop("request", 0)  # type: ignore[assignment]  # checked when it is sent
        if self.LIST:
            setattr(self, self.LIST, tuple(values.pop(self.LIST, ())))  # type: ignore[arg-type]
        for name, _ in self.TEXTS:
            setattr(self, name, values.pop(name, ""))
        super().__init__(**values)

    def encode(self) -> bytes:
        """Bytes of the message.

        Returns
        -------
        bytes

        Raises
        ------
        WireError
            A value outside its range, or more than `MAX_MESSAGE` bytes.
        """
        buffer = bytearray(MAX_MESSAGE)
        return bytes(memoryview(buffer)[: self.encode_into(buffer)])

    def encode_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the message to ``buffer[offset:]``.

        Parameters
        ----------
        buffer : bytearray
            Where to; unchanged beyond the message.
        offset : int
            Where it begins.

        Returns
        -------
        int
            Where it ends.

        Raises
        ------
        WireError
            A value outside its range, or no room.
        """
        check_number("request", self.request, 0, 255)
        self.check()
        room(buffer, offset, HEADER)
        struct.pack_into("<BB", buffer, offset, self.TYPE, self.request)
        at = self.LAYOUT.pack_into(buffer, offset + HEADER, self)
        at = self.write_tail(buffer, at)
        if at - offset > MAX_MESSAGE:
            raise WireError(TOO_LONG, f"{at - offset} bytes; {MAX_MESSAGE} allowed")
        return at

    @classmethod
    def decode(cls, data: bytes | bytearray | memoryview) -> "Message":
        """Read a message of this class.

        Parameters
        ----------
        data : bytes
            One whole message; bytes behind what this version knows are ignored.

        Returns
        -------
        Message

        Raises
        ------
        WireError
            Another type, too short, or a value outside its range.
        """
        need(data, 0, HEADER)
        if data[0] != cls.TYPE:
            raise WireError(UNKNOWN_TYPE, f"type {data[0]}; {cls.TYPE} expected")
        if len(data) > MAX_MESSAGE:
            raise WireError(TOO_LONG, f"{len(data)} bytes; {MAX_MESSAGE} allowed")
        message = cls()
        message.request = data[1]
        message.read_tail(data, cls.LAYOUT.unpack_from(data, HEADER, message))
        message.check()
        return message

    def write_tail(self, buffer: bytearray | memoryview, offset: int) -> int:
        """Write list and texts; returns where they end."""
        if self.LIST:
            entries = getattr(self, self.LIST)
            size = self.ENTRY.LAYOUT.size
            if len(entries) > self.MAX_ENTRIES:
                raise WireError(TOO_LONG, f"{len(entries)} {self.LIST}; {self.MAX_ENTRIES} allowed")
            room(buffer, offset, 2)
            struct.pack_into("<BB", buffer, offset, len(entries), size)
            offset += 2
            for entry in entries:
                entry.check()
                offset = entry.LAYOUT.pack_into(buffer, offset, entry)
        for name, longest in self.TEXTS:
            text = text_bytes(name, getattr(self, name), longest)
            room(buffer, offset, 1 + len(text))
            buffer[offset] = len(text)
            buffer[offset + 1 : offset + 1 + len(text)] = text
            offset += 1 + len(text)
        return offset

    def read_tail(self, data: bytes | bytearray | memoryview, offset: int) -> int:
        """Read list and texts; returns where they end."""
        if self.LIST:
            entries, offset = self._read_entries(data, offset)
            setattr(self, self.LIST, entries)
        for name, longest in self.TEXTS:
            text, offset = read_text(data, offset, name, longest)
            setattr(self, name, text)
        return offset

    def _read_entries(self, data: bytes | bytearray | memoryview, offset: int) -> tuple[tuple[Record, ...], int]:
        need(data, offset, 2)
        count, size = data[offset], data[offset + 1]
        offset += 2
        if count > self.MAX_ENTRIES:
            raise WireError(TOO_LONG, f"{count} {self.LIST}; {self.MAX_ENTRIES} allowed")
        # A newer minor version may lengthen an entry; what it adds is skipped.
        if size < self.ENTRY.LAYOUT.size:
            raise WireError(TRUNCATED, f"{self.LIST} of {size} bytes; at least {self.ENTRY.LAYOUT.size} needed")
        need(data, offset, count * size)
        entries: list[Record] = []
        for _ in range(count):
            entry = self.ENTRY()
            entry.LAYOUT.unpack_from(data, offset, entry)
            entry.check()
            entries.append(entry)
            offset += size
        return tuple(entries), offset

    def plain(self) -> dict[str, object]:
        """Field names and values, ready for JSON."""
        out: dict[str, object] = {"request": self.request}
        out.update(super().plain())
        if self.LIST:
            out[self.LIST] = [entry.plain() for entry in getattr(self, self.LIST)]
        for name, _ in self.TEXTS:
            out[name] = getattr(self, name)
        return out


def decode_as(classes: dict[int, type[Message]], data: bytes | bytearray | memoryview) -> Message:
    """Read a message whose type is one of `classes`; a `WireError` says which message it was about.

    Parameters
    ----------
    classes : dict
        Message classes by type.
    data : bytes
        One whole message.

    Returns
    -------
    Message

    Raises
    ------
    WireError
        With `of_type` and `request` set as far as they were there to read.
    """
    try:
        need(data, 0, HEADER)
        kind = classes.get(data[0])
        if kind is None:
            raise WireError(UNKNOWN_TYPE, f"type {data[0]} is unknown here")
        return kind.decode(data)
    except WireError as error:
        error.of_type = data[0] if len(data) > 0 else 0
        error.request = data[1] if len(data) > 1 else 0
        raise


def require(condition: bool, detail: str) -> None:
    """Raise `WireError` (BAD_VALUE) unless `condition` holds."""
    if not condition:
        raise WireError(BAD_VALUE, detail)
