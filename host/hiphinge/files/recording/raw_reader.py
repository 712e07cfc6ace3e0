"""Read a `raw.bin`: record by record, in bounded memory, up to where it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from hiphinge.files.errors import os_error, session_error
from hiphinge.files.names import RAW_NAME
from hiphinge.files.recording.raw_format import (
    HEAD_SIZE,
    HEADER_SIZE,
    OVERHEAD,
    RawFormatError,
    RawHeader,
    RawRecord,
    Torn,
    crc_seed,
    decode_header,
    decode_record,
    payload_size,
)


class RawReader:
    """A `raw.bin`, opened; iterate over its records once, then ask `torn`.

    Holds one record at a time (1 MiB at most). The file is never changed, and may still be growing.

    Parameters
    ----------
    path : Path
        The file, or the session folder it lies in.

    Attributes
    ----------
    header : RawHeader
    torn : Torn or None
        After the last record: what was left out behind it.

    Raises
    ------
    SessionError
        No such file, unreadable, or no `raw.bin` this version reads.
    """

    def __init__(self, path: Path) -> None:
        self.path = path / RAW_NAME if path.is_dir() else path
        self.torn: Torn | None = None
        try:
            self._file: BinaryIO = self.path.open("rb")
        except OSError as error:
            raise os_error(str(self.path), error, "read") from None
        try:
            head = self._file.read(HEADER_SIZE)
            self.header: RawHeader = decode_header(head)
        except OSError as error:
            self._file.close()
            raise os_error(str(self.path), error, "read") from None
        except RawFormatError as error:
            self._file.close()
            raise session_error(str(self.path), str(error), "read the session by its session.csv") from None
        self._seed = crc_seed(head)
        self._at = HEADER_SIZE

    @property
    def end(self) -> int:
        """Where the last record read so far ends."""
        return self._at

    def __enter__(self) -> RawReader:
        """It is open from the start."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close, whatever happened."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __iter__(self) -> Iterator[RawRecord]:
        """Records in order, up to the file's end or the first that is none.

        Raises
        ------
        SessionError
            The disk refused.
        """
        while True:
            try:
                record = self._next()
            except OSError as error:
                raise os_error(str(self.path), error, "read") from None
            if record is None:
                return
            yield record

    def _next(self) -> RawRecord | None:
        head = self._file.read(HEAD_SIZE)
        if not head:
            return None
        size = payload_size(head) if len(head) == HEAD_SIZE else None
        record = None
        rest = b""
        if size is not None:
            rest = self._file.read(size + OVERHEAD - HEAD_SIZE)
            if len(rest) == size + OVERHEAD - HEAD_SIZE:
                record = decode_record(self._seed, head + rest, self._at + OVERHEAD + size)
        if record is None:
            length = self._file.seek(0, 2)
            self.torn = Torn(self._at, max(length - self._at, len(head) + len(rest)))
            return None
        self._at = record.end
        return record
