"""Record a live session into a folder: `raw.bin` first, `session.csv` and `session.json` after it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hiphinge.files.errors import SessionError, os_error, session_error
from hiphinge.files.names import CSV_NAME, JSON_NAME, RAW_NAME
from hiphinge.files.recording.folders import flush_folder, new_folder, remove_new
from hiphinge.files.recording.lock import FolderLock
from hiphinge.files.recording.raw_format import (
    CLOSED,
    CONNECTED,
    DISCONNECTED,
    EVENT,
    META,
    RECEIVED,
    SENT,
    Channel,
    Framing,
    RawHeader,
    connected_payload,
)
from hiphinge.files.recording.raw_reader import RawReader
from hiphinge.files.recording.raw_writer import MOST_PENDING_BYTES, RawWriter, Synced
from hiphinge.files.recording.rebuild import SamplesOf, link_samples
from hiphinge.files.recording.sample_csv import SampleCsv, write_samples
from hiphinge.files.recording.state_json import Progress, State, changed_values, meta_values, validated, write_values
from hiphinge.files.recording.trouble import Troubles
from hiphinge.model import Event, SessionMeta

if TYPE_CHECKING:
    from hiphinge.link.events import Samples


@dataclass(frozen=True, slots=True)
class Start:
    """How a session begins.

    Attributes
    ----------
    at : datetime
        Wall clock, with its time zone; names the folder.
    now_s : float
        Host clock (monotonic) at that moment.
    session : UUID
    framing, profile, rate_hz
        As the `LinkSession` was made with.
    """

    at: datetime
    now_s: float
    session: UUID
    framing: Framing
    profile: int = 3
    rate_hz: float = 100.0


class Recorder:
    """Writes one session. After the start no method raises for the disk's sake: `notices` says what is the matter.

    `sync` may run in another thread than the rest, so that a slow disk delays nothing.

    Parameters
    ----------
    root : Path
        Where session folders lie; made if need be.
    start : Start
    meta : SessionMeta
        What is known at the start; `amend` brings the rest.
    samples_of : callable
        Makes the CSV anew from `raw.bin`, should the disk have refused a part of it.
    fsync : callable
    most_pending_bytes : int
        Of records that wait in memory while the disk refuses.

    Attributes
    ----------
    folder : Path
        The session's, new and ours alone.

    Raises
    ------
    SessionError
        The folder cannot be made or written to, or metadata with an impossible value.
    """

    def __init__(
        self,
        root: Path | str,
        start: Start,
        meta: SessionMeta | None = None,
        *,
        samples_of: SamplesOf = link_samples,
        fsync: Callable[[int], None] = os.fsync,
        most_pending_bytes: int = MOST_PENDING_BYTES,
    ) -> None:
        meta = SessionMeta() if meta is None else meta
        meta = dataclasses.replace(meta, started_at=meta.started_at or start.at.isoformat(timespec="milliseconds"))
        values = meta_values(meta, JSON_NAME)
        header = RawHeader(
            start.session, start.framing, start.profile, start.rate_hz, start.now_s, start.at.timestamp()
        )
        self.folder = new_folder(Path(root), start.at)
        self._samples_of = samples_of
        self._session = str(start.session)
        self._meta, self._values = meta, values
        self._troubles = Troubles(self.folder)
        self._meta_lock = threading.Lock()
        self._csv_lock = threading.Lock()
        self._sync_lock = threading.Lock()
        self._synced = Synced(False, start.now_s, 0, 0, 0)
        self._json_due = self._csv_stale = self._closed = False
        self._lock = FolderLock(self.folder)
        try:
            with contextlib.ExitStack() as undo:
                undo.callback(remove_new, self.folder, (RAW_NAME, CSV_NAME, JSON_NAME))
                if not self._lock.take():
                    raise session_error(str(self.folder), "is being written by another program", "record again")
                undo.callback(self._lock.release)
                self._raw = RawWriter(self.folder / RAW_NAME, header, fsync, most_pending_bytes)
                undo.callback(self._raw.close)
                self._csv = SampleCsv(self.folder / CSV_NAME)
                undo.callback(self._csv.close)
                self._raw.append(META, start.now_s, json.dumps(values, ensure_ascii=False).encode())
                self._write_json("recording")
                flush_folder(self.folder)
                flush_folder(self.folder.parent)
                undo.pop_all()
        except OSError as error:
            raise os_error(str(self.folder), error, "written") from None

    @property
    def meta(self) -> SessionMeta:
        """The metadata as they are now."""
        return self._meta

    def received(self, data: bytes, now_s: float, channel: Channel = "data") -> None:
        """Bytes came; to be called before anything is made of them."""
        self._append(RECEIVED, now_s, data, channel)

    def sent(self, data: bytes, now_s: float, channel: Channel = "control") -> None:
        """Bytes were handed to the transport."""
        self._append(SENT, now_s, data, channel)

    def connected(self, now_s: float, payload: int, framing: Framing, unix_s: float | None = None) -> None:
        """The transport is up; as told to `LinkSession.connected`."""
        self._append(CONNECTED, now_s, connected_payload(payload, framing, unix_s))

    def disconnected(self, now_s: float, reason: str = "") -> None:
        """The transport is gone."""
        self._append(DISCONNECTED, now_s, reason.encode("utf-8", "replace"))

    def samples(self, samples: Samples) -> None:
        """Samples for the CSV, in the link's order; written at the next `sync`."""
        if not self._csv_stale:
            with self._csv_lock:
                self._csv.add(samples)

    def event(self, event: Event, now_s: float, **holds: str | float | None) -> None:
        """Something was marked: set_start, set_end, mark, zero, a repetition struck out (its reason as the note), ...

        Parameters
        ----------
        event : Event
        now_s : float
        **holds : optional
            What holds from there on: `side`, `stance`, `load_kg`, `pain_0_10`.

        Raises
        ------
        SessionError
            A time that is none, no kind, an impossible value; the recording has ended.
        """
        self._refuse_when_closed()
        with self._meta_lock:
            said = {"time_s": event.time_s, "kind": event.kind, "note": event.note, **holds}
            # Those before it are checked already.
            (checked,) = validated({**self._values, "events": [said]}, JSON_NAME)["events"]
            self._values = {**self._values, "events": [*self._values["events"], checked]}
            self._meta = dataclasses.replace(self._meta, events=(*self._meta.events, event))
            self._json_due = True
            self._append(EVENT, now_s, json.dumps(self._values["events"][-1], ensure_ascii=False).encode())

    def amend(self, now_s: float, **fields: Any) -> None:
        """Fields of `SessionMeta` became known or changed: `amend(now_s, pain_0_10=3, notes="...")`.

        Raises
        ------
        SessionError
            An impossible value (nothing is changed then); the recording has ended.
        """
        self._refuse_when_closed()
        with self._meta_lock:
            meta = dataclasses.replace(self._meta, **fields)
            values = meta_values(meta, JSON_NAME)
            if "events" not in fields:
                values["events"] = self._values["events"]  # with all that was said of them
            changed = changed_values(self._values, values)
            if changed:
                self._meta, self._values, self._json_due = meta, values, True
                self._append(META, now_s, changed)

    def sync(self) -> Synced:
        """Bring all onto the disk; to be called at least once a second. Then, if `complete`, tell the link it may
        acknowledge what was received before this was called.
        """
        with self._sync_lock:
            if not self._closed:
                self._synced = self._sync()
            return self._synced

    def _sync(self) -> Synced:
        anew = self._raw.written_anew
        synced = self._raw.sync()
        if self._raw.written_anew != anew:
            self._take_folder_again()
        self._say_raw()
        if not self._csv_stale:
            try:
                with self._csv_lock:
                    self._csv.flush()
            except (OSError, SessionError) as error:
                # Made anew at the end: raw.bin holds it all.
                self._csv_stale = True
                self._troubles.say("session.csv", self._csv_line(error))
        if self._json_due:
            self._try_json("recording")
        return synced

    def notices(self) -> list[str]:
        """What is to be told about the recording since the last call, a line each; usually none."""
        return self._troubles.take()

    def close(self, now_s: float) -> Synced:
        """End the recording: everything onto the disk, `session.json` says "complete".

        Where the disk refuses, `notices` says what is not recorded, and the folder is mended when next it is read.
        """
        with self._sync_lock:
            if not self._closed:
                self._raw.append(CLOSED, now_s)
                self._closed = True
                self._synced = self._finish()
            return self._synced

    def _finish(self) -> Synced:
        synced = self._sync()
        whole = synced.pending_bytes == 0 and self._raw.misplaced is None and self._finish_csv()
        self._try_json("complete" if whole else "recording")
        flush_folder(self.folder)
        if synced.pending_bytes:
            self._troubles.say("end", f"{self.folder}: {synced.pending_bytes} bytes are not recorded: the disk is full")
        self._raw.close()
        self._csv.close()
        self._lock.release()
        return synced

    def _append(self, kind: int, now_s: float, payload: bytes = b"", channel: Channel = "data") -> None:
        if self._closed:
            return  # a callback that came late
        self._raw.append(kind, now_s, payload, channel)
        if self._raw.trouble is not None or self._troubles.there("raw.bin"):
            self._say_raw()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise session_error(str(self.folder), "the recording has ended", "say it before closing")

    def _say_raw(self) -> None:
        raw = self._raw
        what = None
        if raw.misplaced is not None:
            what = f"{raw.path}: is no longer there (deleted, moved or replaced)"
        elif raw.trouble is not None:
            what = str(os_error(str(raw.path), raw.trouble, "written"))
        self._troubles.raw(what, raw.pending_bytes, raw.lost_bytes)

    def _take_folder_again(self) -> None:
        self._csv_stale = self._json_due = True
        self._troubles.say("folder", f"{self.folder}: was deleted or moved; what is recorded was written there anew")
        with contextlib.suppress(OSError):
            self._lock.release()
            self._lock = FolderLock(self.folder)
            self._lock.take()
        flush_folder(self.folder)
        flush_folder(self.folder.parent)

    def _finish_csv(self) -> bool:
        try:
            if not self._csv_stale:
                with self._csv_lock:
                    self._csv.finish()
                if self._csv.is_whole() or self._csv.end_s is None:
                    return True
            with RawReader(self.folder) as raw:
                write_samples(self.folder / CSV_NAME, self._samples_of(raw.header, raw))
        except (OSError, SessionError) as error:
            self._troubles.say("session.csv", f"{self._csv_line(error)}; made anew when next read")
            return False
        return True

    def _csv_line(self, error: OSError | SessionError) -> str:
        path = str(self.folder / CSV_NAME)
        return str(os_error(path, error, "written") if isinstance(error, OSError) else error)

    def _try_json(self, state: State) -> None:
        try:
            self._write_json(state)
        except SessionError as error:
            self._troubles.say("session.json", str(error))
        else:
            self._troubles.over("session.json")

    def _write_json(self, state: State) -> None:
        with self._meta_lock:
            # The length first: what is appended meanwhile is then taken in again, not left out.
            progress = Progress(state, self._session, self._raw.size, self._csv.end_s)
            values = self._values
            self._json_due = False
        try:
            write_values(self.folder / JSON_NAME, values, progress)
        except SessionError:
            self._json_due = True
            raise
