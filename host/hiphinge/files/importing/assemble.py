"""From a mapping and sources to one recording, and what a reader should know of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from hiphinge.files.columns import KINDS, Group
from hiphinge.files.errors import session_error
from hiphinge.files.gyro_units import gyro_scale
from hiphinge.files.importing.align import Track, base_instants, base_track, common_span, on_base
from hiphinge.files.importing.clocks import Clocks, common_clocks
from hiphinge.files.importing.mapping import ImportMapping, Stream
from hiphinge.files.importing.sources import find_file, open_sources
from hiphinge.files.importing.stream import StreamData, located, mapping_todo, read_stream
from hiphinge.files.importing.table import Table, read_table
from hiphinge.files.plausibility import check_samples, stuck_warnings
from hiphinge.files.time_checks import check_time
from hiphinge.model import SEGMENTS, Floats, ImuSamples, Recording, Segment, SessionMeta

# At 29 Hz the inclination error of fast rotations is twice that at 95 Hz (1.5 against 0.7 deg, worst trial 6.5), at
# 57 Hz a quarter more: measured on the BROAD recordings with this orientation filter.
# Chips that are set to 50 Hz run some per cents slower.
_SLOW_HZ = 47.0
# The directions in which gravity turns, as both sensors of a chip see them, agree to 0.9 and more in bends.
_LEAST_AGREEMENT = 0.5
_LEAST_WINDOWS = 5


@dataclass(frozen=True, slots=True)
class FileReport:
    """What was read from one file.

    Attributes
    ----------
    segment : Segment
    path : Path
    rows : int
    rate_hz : float
        Measured.
    lost : int
        Samples that are not in it, by time stamps or counter.
    incomplete : int
        Rows with a missing value.
    repeated : int
        Rows left out as they repeat the one before.
    """

    segment: Segment
    path: Path
    rows: int
    rate_hz: float
    lost: int
    incomplete: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Imported:
    """A recording out of vendors' files.

    Attributes
    ----------
    recording : Recording
    files : tuple of FileReport
    clocks : Clocks
        How the two sensors' clocks were brought together.
    missing : dict of Segment to int
        Instants of the recording at which a sensor has no complete sample.
    warnings : tuple of str
    """

    recording: Recording
    files: tuple[FileReport, ...]
    clocks: Clocks
    missing: dict[Segment, int]
    warnings: tuple[str, ...]


def import_recording(
    mapping: ImportMapping,
    name: str,
    sources: Sequence[str],
    rate_hz: float | None = None,
    offset_s: float | None = None,
    doing: Callable[[str], None] | None = None,
) -> Imported:
    """Read vendors' files as one recording.

    Parameters
    ----------
    mapping : ImportMapping
    name : str
        What the mapping is called, for the session's metadata.
    sources : sequence of str
        Files and folders, as `sources.open_sources` takes them.
    rate_hz : float, optional
        Sample rate for files that have no time stamps.
    offset_s : float, optional
        By how much the thoracic clock shows more than the sacral one; overrules the mapping.
    doing : callable, optional
        Told what is being read.

    Returns
    -------
    Imported

    Raises
    ------
    SessionError
        One line: what is wrong, where (file, line, column), and what to do.
    """
    label = ", ".join(sources)
    streams = _read_all(mapping, sources, rate_hz, doing or (lambda _: None))
    _refuse_incomplete(streams, label)
    clocks = common_clocks(streams, mapping.clock, offset_s, label)
    tracks = [_track(one, clocks) for one in streams]
    start_s, end_s = common_span(tracks)
    if start_s >= end_s:
        what = f"the sensors have no time in common: {_spans(tracks)}"
        raise session_error(label, what, 'give files of one recording, or set clock.relation = "unrelated"')
    instants_s = base_instants(base_track(tracks), start_s, end_s)
    sacral, thoracic = (on_base(tracks, segment, instants_s) for segment in SEGMENTS)
    known = _any_known(sacral) | _any_known(thoracic)
    if np.count_nonzero(known) < 2:
        raise session_error(label, "the sensors have no samples in common", "give files of one recording")
    sacral, thoracic = _rows(sacral, known), _rows(thoracic, known)
    time_s = instants_s[known] - instants_s[known][0]
    recording = Recording(time_s, sacral, thoracic, source=label)
    _refuse_implausible(recording, label)
    unused = (
        ("--rate is not used: the files have time stamps",) if rate_hz is not None and _all_stamped(streams) else ()
    )
    warnings = (
        *unused,
        *_stream_warnings(streams),
        *clocks.warnings,
        *_trimmed(tracks, start_s, end_s),
        *_warnings(recording),
    )
    meta = _meta(mapping, name, streams, float(instants_s[known][0]), clocks)
    return Imported(
        recording=replace(recording, meta=meta, warnings=warnings),
        files=tuple(
            FileReport(one.segment, one.path, len(one.table), one.rate_hz, one.lost, one.incomplete, one.times.repeated)
            for one in streams
        ),
        clocks=clocks,
        missing={segment: _missing(getattr(recording, segment)) for segment in SEGMENTS},
        warnings=warnings,
    )


def _read_all(
    mapping: ImportMapping, texts: Sequence[str], rate_hz: float | None, doing: Callable[[str], None]
) -> list[StreamData]:
    sources = open_sources(texts)
    tables: dict[Path, Table] = {}
    streams: list[StreamData] = []
    for segment in SEGMENTS:
        for number, stream in enumerate(mapping.stream, 1):
            if stream.segment not in (None, segment):
                continue
            path = find_file(mapping, stream, segment, sources)
            if path is None:
                continue
            doing(f"reading {path.name}")
            if path not in tables:
                tables[path] = read_table(path, mapping.table)
            streams.append(read_stream(tables[path], stream, segment, f"stream[{number}]", path, rate_hz))
            _refuse_twice(streams, stream)
    return streams


def _refuse_twice(streams: Sequence[StreamData], stream: Stream) -> None:
    new = streams[-1]
    for other in streams[:-1]:
        if other.path == new.path and other.segment != new.segment and stream.segment is None:
            todo = "give each sensor its own: sacral=PATH thoracic=PATH"
            raise session_error(str(new.path), "is taken for both sensors", todo)
        twice = set(other.values) & set(new.values)
        if other.segment == new.segment and twice:
            group = Group(new.segment, next(iter(twice)))
            what = f"the {group.words} is read twice, also from {other.path}"
            raise session_error(str(new.path), what, "take one of them out of the mapping")


def _refuse_incomplete(streams: Sequence[StreamData], label: str) -> None:
    for segment in SEGMENTS:
        kinds = {kind for one in streams if one.segment == segment for kind in one.values}
        if "quat" in kinds or {"acc", "gyr"} <= kinds:
            continue
        paths = ", ".join(dict.fromkeys(str(one.path) for one in streams if one.segment == segment)) or label
        words = " and ".join(Group(segment, kind).words for kind in KINDS if kind in kinds)
        what = f"holds the {words} only" if words else f"holds nothing of the {segment} sensor"
        todo = "export acceleration and angular rate, or orientation, and name them in the mapping"
        raise session_error(paths, what, todo)


def _track(stream: StreamData, clocks: Clocks) -> Track:
    time_s = clocks.to_common(stream)
    return Track(stream.segment, time_s, stream.values, 1.0 / stream.rate_hz)


def _refuse_implausible(recording: Recording, label: str) -> None:
    finding = check_time(recording.time_s)
    if finding is not None:
        raise located(label, finding, finding.todo if "holds" in finding.what else "check the time in the mapping")
    finding = check_samples(recording.time_s, _groups(recording))
    if finding is not None:
        raise located(label, finding, mapping_todo(finding))


def _groups(recording: Recording) -> dict[Group, Floats]:
    found: dict[Group, Floats] = {}
    for segment in SEGMENTS:
        imu: ImuSamples = getattr(recording, segment)
        for kind, values in zip(KINDS, (imu.acc_mps2, imu.gyr_radps, imu.quat), strict=True):
            if values is not None:
                found[Group(segment, kind)] = values
    return found


def _all_stamped(streams: Sequence[StreamData]) -> bool:
    return all(one.times.kind == "time stamps" for one in streams)


def _stream_warnings(streams: Sequence[StreamData]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(warning for one in streams for warning in one.warnings))


def _warnings(recording: Recording) -> tuple[str, ...]:
    warnings = list(stuck_warnings(recording.time_s, _groups(recording)))
    rate_hz = 1.0 / float(np.median(np.diff(recording.time_s)))
    raw = False
    for segment in SEGMENTS:
        imu: ImuSamples = getattr(recording, segment)
        if imu.acc_mps2 is None or imu.gyr_radps is None:
            continue
        raw = True
        seen = gyro_scale(recording.time_s, imu.acc_mps2, imu.gyr_radps)
        if seen.windows >= _LEAST_WINDOWS and seen.agreement < _LEAST_AGREEMENT:
            warnings.append(
                f"the {segment} gyroscope turns otherwise than its accelerometer tilts (agreement "
                f"{seen.agreement:.2f} of 1): check the axes in the mapping"
            )
    if rate_hz < _SLOW_HZ:
        about = (
            "enough for slow hinges, but in fast movement orientation is off by twice as much as at 100 Hz; "
            if raw
            else ""
        )
        warnings.append(
            f"only {rate_hz:.3g} samples a second: {about}moments are known to {1000.0 / rate_hz:.0f} ms; "
            "record at 50 Hz or more if you can"
        )
    return tuple(warnings)


def _trimmed(tracks: Sequence[Track], start_s: float, end_s: float) -> tuple[str, ...]:
    first = min(float(track.time_s[0]) for track in tracks)
    last = max(float(track.time_s[-1]) for track in tracks)
    lost_s = (start_s - first, last - end_s)
    # A second tells nobody anything: apps start sensors one after the other.
    if max(lost_s) < 1.0:
        return ()
    return (
        f"only the time all sensors share is kept: {lost_s[0]:.1f} s at the start and {lost_s[1]:.1f} s at the end "
        "are left out",
    )


def _spans(tracks: Sequence[Track]) -> str:
    zero = min(float(track.time_s[0]) for track in tracks)
    return ", ".join(
        f"{track.segment} {track.time_s[0] - zero:.2f} to {track.time_s[-1] - zero:.2f} s" for track in tracks
    )


def _any_known(imu: ImuSamples) -> np.ndarray:
    parts = [one for one in (imu.acc_mps2, imu.gyr_radps, imu.quat) if one is not None]
    return np.any([~np.isnan(one).all(axis=1) for one in parts], axis=0)


def _missing(imu: ImuSamples) -> int:
    raw = imu.acc_mps2 is not None and imu.gyr_radps is not None
    parts = (imu.acc_mps2, imu.gyr_radps) if raw else (imu.quat,)
    return int(np.count_nonzero(np.any([np.isnan(one).any(axis=1) for one in parts if one is not None], axis=0)))


def _rows(imu: ImuSamples, kept: np.ndarray) -> ImuSamples:
    return ImuSamples(*(None if one is None else one[kept] for one in (imu.acc_mps2, imu.gyr_radps, imu.quat)))


def _meta(
    mapping: ImportMapping, name: str, streams: Sequence[StreamData], first_s: float, clocks: Clocks
) -> SessionMeta:
    device = {"imported_with": name}
    if mapping.device:
        device["name"] = mapping.device
    for segment in SEGMENTS:
        device[f"{segment}_files"] = ", ".join(
            dict.fromkeys(one.path.name for one in streams if one.segment == segment)
        )
    began = None
    if any(one.times.since_1970 for one in streams if one.segment == "sacral"):
        began = datetime.fromtimestamp(clocks.zero_s + first_s, UTC).isoformat(timespec="milliseconds")
    rates = {f"{one.segment}_{kind}": round(one.rate_hz, 4) for one in streams for kind in one.values}
    return SessionMeta(started_at=began, device=device, source_rates_hz=rates, notes=clocks.told)
