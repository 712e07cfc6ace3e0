"""Write a `raw.bin`: each record whole or not at all, kept in memory while the disk refuses."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from hiphinge.files.recording.raw_format import (
    GAP,
    HEADER_SIZE,
    LARGEST_PAYLOAD,
    Channel,
    RawHeader,
    crc_seed,
    encode_header,
    encode_record,
    gap_payload,
)

MOST_PENDING_BYTES = 32 << 20
"""What waits in memory for a disk that refuses: over an hour of two sensors (7 kB/s with the records' frames)."""

_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Synced:
    """What is on disk for good.

    Attributes
    ----------
    complete : bool
        All that was recorded before `sync` was called is: the link may acknowledge it. Never again after a loss: what
        the device still keeps of it comes when the link is made anew.
    until_s : float
        Arrival time of the newest record that is.
    raw_bytes : int
        Length of `raw.bin` up to there.
    pending_bytes : int
        Waiting in memory for the disk.
    lost_bytes : int
        Neither on disk nor in memory, since the start.
    """

    complete: bool
    until_s: float
    raw_bytes: int
    pending_bytes: int
    lost_bytes: int


@dataclass(frozen=True, slots=True)
class _Entry:
    data: bytes
    at_s: float


class RawWriter:
    """One `raw.bin` being written. Methods may be called from different threads.

    Parameters
    ----------
    path : Path
        Must not exist.
    header : RawHeader
    fsync : callable
        Brings what was written to a file descriptor onto the disk.
    most_pending_bytes : int

    Attributes
    ----------
    trouble : OSError or None
        Why the disk does not take records just now.
    misplaced : OSError or None
        Why the file is not at its place (deleted, moved, replaced), as the last `sync` saw it.
    written_anew : int
        How often the file was gone from its place and written there again, whole.

    Raises
    ------
    OSError
        The file cannot be made.
    """

    def __init__(
        self,
        path: Path,
        header: RawHeader,
        fsync: Callable[[int], None] = os.fsync,
        most_pending_bytes: int = MOST_PENDING_BYTES,
    ) -> None:
        self.path = path
        self.trouble: OSError | None = None
        self.misplaced: OSError | None = None
        self.written_anew = 0
        self._fsync = fsync
        self._most_pending_bytes = most_pending_bytes
        head = encode_header(header)
        self._seed = crc_seed(head)
        self._file = FileIO(path, "x+")
        try:
            write_whole(self._file, head)
        except OSError:
            self._file.close()
            # What holds no header yet is ours to take away again.
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        self._size = self._durable_size = HEADER_SIZE
        self._until_s = self._durable_s = header.started_s
        # Written since the last fsync: should that fail, the system may have dropped them, so they are written again.
        self._unsynced: deque[_Entry] = deque()
        self._pending: deque[_Entry] = deque()
        self._pending_bytes = 0
        self._skipped_records = self._skipped_bytes = self._lost_bytes = 0
        self._lock = threading.RLock()
        self._syncing = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes of whole records in the file, header included."""
        return self._size

    @property
    def pending_bytes(self) -> int:
        """Waiting in memory for the disk."""
        return self._pending_bytes

    @property
    def lost_bytes(self) -> int:
        """Neither on disk nor in memory, since the start."""
        return self._lost_bytes

    def append(self, kind: int, at_s: float, payload: bytes = b"", channel: Channel = "data") -> None:
        """Write a record at once, or keep it for later while the disk refuses. Never raises `OSError`."""
        # A larger one only ever is a stretch of a stream, which may be cut anywhere.
        for start in range(0, max(1, len(payload)), LARGEST_PAYLOAD):
            part = payload[start : start + LARGEST_PAYLOAD]
            with self._lock:
                self._take(_Entry(encode_record(self._seed, kind, at_s, part, channel), at_s))

    def sync(self) -> Synced:
        """Write what waits and bring all onto the disk; returns what is there for good. Never raises `OSError`."""
        with self._syncing:
            with self._lock:
                self._check_place()
                self._retry()
                size, until_s, count = self._size, self._until_s, len(self._unsynced)
                nothing_waits = not self._pending and self.misplaced is None
            try:
                if size > self._durable_size:
                    # Outside the lock: bytes that arrive meanwhile are written without waiting.
                    self._fsync(self._file.fileno())
            except OSError as error:
                with self._lock:
                    self._forget_unsynced(error)
            else:
                with self._lock:
                    self._durable_size, self._durable_s = size, until_s
                    for _ in range(count):
                        self._unsynced.popleft()
            return Synced(
                complete=nothing_waits and self._durable_size == size and not self._lost_bytes,
                until_s=self._durable_s,
                raw_bytes=self._durable_size,
                pending_bytes=self._pending_bytes,
                lost_bytes=self._lost_bytes,
            )

    def close(self) -> None:
        """Close the file; what is still pending is lost."""
        self._file.close()

    def _take(self, entry: _Entry) -> None:
        # While something waits, all that follows waits behind it: `sync` tries again, not every record.
        if not self._pending and not self._skipped_records and self._write(entry):
            return
        if self._pending_bytes + len(entry.data) > self._most_pending_bytes:
            self._skipped_records += 1
            self._skipped_bytes += len(entry.data)
            self._lost_bytes += len(entry.data)
            return
        self._pending.append(entry)
        self._pending_bytes += len(entry.data)

    def _retry(self) -> None:
        while self._pending:
            if not self._write(self._pending[0]):
                return
            self._pending_bytes -= len(self._pending.popleft().data)
        if self._skipped_records:
            payload = gap_payload(self._skipped_records, self._skipped_bytes)
            if self._write(_Entry(encode_record(self._seed, GAP, self._until_s, payload), self._until_s)):
                self._skipped_records = self._skipped_bytes = 0

    def _write(self, entry: _Entry) -> bool:
        try:
            write_whole(self._file, entry.data)
        except OSError as error:
            self._back_to(self._size, error)
            return False
        self._size += len(entry.data)
        self._until_s = entry.at_s
        self._unsynced.append(entry)
        self.trouble = None
        return True

    def _back_to(self, size: int, error: OSError) -> None:
        """Take off half a record, so that the file ends in a whole one and goes on from there."""
        self.trouble = error
        with contextlib.suppress(OSError):
            self._file.truncate(size)
        # Where even that is refused, the next record overwrites the half one.
        with contextlib.suppress(OSError):
            self._file.seek(size)

    def _forget_unsynced(self, error: OSError) -> None:
        """After an fsync that failed: what it should have brought to disk is written again later."""
        again = list(self._unsynced)
        self._unsynced.clear()
        self._pending.extendleft(reversed(again))
        self._pending_bytes += sum(len(entry.data) for entry in again)
        self._size, self._until_s = self._durable_size, self._durable_s
        self._back_to(self._size, error)

    def _check_place(self) -> None:
        """Where the file is gone from its place, write it there anew: we still hold its bytes."""
        try:
            here, there = os.fstat(self._file.fileno()), self.path.stat()
        except FileNotFoundError as error:
            self.misplaced = error
            self._write_anew()
        except OSError as error:
            self.misplaced = error
        else:
            same = (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
            self.misplaced = None if same else FileNotFoundError(errno.ENOENT, "another file took its place")

    def _write_anew(self) -> None:
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(exist_ok=True)
        try:
            new = FileIO(self.path, "x+")
        except OSError as error:
            self.misplaced = error
            return
        try:
            self._copy_to(new)
        except OSError as error:
            self.misplaced = error
            new.close()
            with contextlib.suppress(OSError):
                self.path.unlink()
            with contextlib.suppress(OSError):
                self._file.seek(self._size)
            return
        self._file.close()
        self._file = new
        self._durable_size = HEADER_SIZE  # until the next fsync, which follows at once
        self.misplaced = None
        self.written_anew += 1

    def _copy_to(self, new: FileIO) -> None:
        # Not pread, which Windows lacks.
        self._file.seek(0)
        left = self._size
        while left:
            piece = self._file.read(min(_COPY_BYTES, left))
            if not piece:
                raise OSError(errno.EIO, "what was written cannot be read")
            write_whole(new, piece)
            left -= len(piece)


def write_whole(file: FileIO, data: bytes) -> None:
    """Write all of it, `OSError` where that fails: a disk about to be full takes a part first."""
    view = memoryview(data)
    while view:
        written = file.write(view)
        if not written:
            raise OSError(errno.ENOSPC, "no space left on device")
        view = view[written:]
