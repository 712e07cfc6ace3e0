"""From a `raw.bin` back to samples and metadata: what the live session made of the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from hiphinge.files.recording.raw_format import (
    CONNECTED,
    DISCONNECTED,
    EVENT,
    META,
    RECEIVED,
    RawHeader,
    RawRecord,
    read_connected,
)

if TYPE_CHECKING:
    from hiphinge.link.events import LinkEvent, Samples

SamplesOf = Callable[[RawHeader, Iterable[RawRecord]], "Iterable[Samples]"]
"""Makes samples of a recording's records."""


def link_events(header: RawHeader, records: Iterable[RawRecord]) -> Iterator[LinkEvent]:
    """What the link told during a recorded session, in order, its `finish` included.

    Parameters
    ----------
    header : RawHeader
    records : iterable of RawRecord
        Kinds that do not concern the link are passed over.
    """
    from hiphinge.link.session import LinkSession

    link = LinkSession(header.framing, header.profile, header.rate_hz, replaying=True)
    for record in records:
        if record.kind == RECEIVED:
            yield from link.receive(record.payload, record.at_s, record.channel)
        elif record.kind == CONNECTED:
            payload, _, unix_s = read_connected(record)
            yield from link.connected(record.at_s, payload, unix_s)
        elif record.kind == DISCONNECTED:
            yield from link.disconnected(record.at_s)
    yield from link.finish()


def link_samples(header: RawHeader, records: Iterable[RawRecord]) -> Iterator[Samples]:
    """The session's samples, as `link_events` tells them."""
    from hiphinge.link.events import Samples

    for event in link_events(header, records):
        if isinstance(event, Samples):
            yield event


def take_in(values: dict[str, Any], record: RawRecord) -> None:
    """Bring the metadata up to this record, in place; a record that says nothing sensible changes nothing."""
    if record.kind not in (EVENT, META):
        return
    try:
        said: object = json.loads(record.payload)
    except ValueError:
        return
    if not isinstance(said, dict):
        return
    table = cast("dict[str, Any]", said)
    if record.kind == META:
        values |= table
    elif table not in values.get("events", []):
        # `session.json` may know an event whose record waited for the disk and stands behind what it has taken in.
        values["events"] = [*values.get("events", []), table]
