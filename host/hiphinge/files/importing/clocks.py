"""Each file's clock to one common clock: as the mapping says they are related, or as the motion shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hiphinge.files.errors import session_error
from hiphinge.files.importing.lag import Lag, doubt, find_lag
from hiphinge.files.importing.mapping import Clock
from hiphinge.files.importing.stream import StreamData
from hiphinge.kinematics.rotation import conjugate, multiply
from hiphinge.model import SEGMENTS, Floats, Segment

# Files of one clock and different rates end within this many steps of the slower: they do not stop at one instant.
_ROW_SLACK_STEPS = 1.0
# A bend at 50 deg/s turns by this much in 10 ms, all of which would look like lumbar flexion.
_DEG_PER_10_MS = 0.5


@dataclass(frozen=True, slots=True)
class Clocks:
    """How files' clocks become one: ``common = (file - shift) / stretch - zero``.

    Attributes
    ----------
    zero_s : float
        What the sacral clock showed at the common clock's zero.
    shift_s : dict of Segment to float
    stretch : dict of Segment to float
    period_s : float or None
        After which the files' clocks begin anew.
    lag : Lag or None
        What was found, where the clocks are unrelated.
    told : str
        In words, for the session's notes; empty where clocks are shared.
    warnings : tuple of str
    """

    zero_s: float
    shift_s: dict[Segment, float]
    stretch: dict[Segment, float]
    period_s: float | None = None
    lag: Lag | None = None
    told: str = ""
    warnings: tuple[str, ...] = field(default=())

    def to_common(self, stream: StreamData) -> Floats:
        """Times of a stream's rows on the common clock, (N,), in s."""
        start_s = stream.times.start_s - self.shift_s[stream.segment]
        stretch = self.stretch[stream.segment]
        if self.period_s is not None:
            # Two clocks that were set together never differ by half their period: the nearer turn is meant.
            start_s -= self.period_s * round((start_s / stretch - self.zero_s) / self.period_s)
        # The start first: subtracting two large numbers after adding small ones would cost digits.
        return (start_s - self.zero_s * stretch) / stretch + stream.times.time_s / stretch


def common_clocks(streams: Sequence[StreamData], clock: Clock, offset_s: float | None, label: str) -> Clocks:
    """Find out how the streams' clocks are related.

    Parameters
    ----------
    streams : sequence of StreamData
        Of both sensors.
    clock : Clock
        What the mapping says.
    offset_s : float or None
        Somebody's word against the mapping's.
    label : str
        What messages call the recording.

    Returns
    -------
    Clocks

    Raises
    ------
    SessionError
        The clocks cannot be compared, or the offset found is doubtful.
    """
    first = {segment: next(one for one in streams if one.segment == segment) for segment in SEGMENTS}
    sacral, thoracic = first["sacral"], first["thoracic"]
    for one in streams:
        reference = first[one.segment]
        if one.times.kind != reference.times.kind:
            raise _no_common_clock(reference, one)
    zero_s = sacral.times.start_s
    period_s = sacral.times.period_s
    same: dict[Segment, float] = {"sacral": 1.0, "thoracic": 1.0}
    if offset_s is not None or clock.relation == "offset":
        offset = offset_s if offset_s is not None else clock.offset_s or 0.0
        told = f"The thoracic clock was taken to show {offset:.3f} s more than the sacral one."
        return Clocks(zero_s, {"sacral": 0.0, "thoracic": offset}, same, period_s, None, told)
    if clock.relation == "unrelated":
        return _by_motion(streams, sacral, thoracic, clock, label)
    if sacral.times.kind != thoracic.times.kind:
        raise _no_common_clock(sacral, thoracic)
    if sacral.times.kind == "rows":
        _refuse_other_length(streams)
    return Clocks(zero_s, {"sacral": 0.0, "thoracic": 0.0}, same, period_s)


def _no_common_clock(one: StreamData, other: StreamData) -> Exception:
    what = f"its time comes from {other.times.kind}, that of {one.path} from {one.times.kind}: they share no clock"
    todo = 'export both in the same way, or set clock.relation = "unrelated" in the mapping'
    return session_error(str(other.path), what, todo)


def _refuse_other_length(streams: Sequence[StreamData]) -> None:
    """Without time stamps a missing row shows in the count alone; which one it is, nobody knows."""
    reference = streams[0]
    for one in streams[1:]:
        slack_s = _ROW_SLACK_STEPS / min(one.rate_hz, reference.rate_hz)
        equal = one.rate_hz == reference.rate_hz
        apart = abs(len(one.table) / one.rate_hz - len(reference.table) / reference.rate_hz)
        if (equal and len(one.table) != len(reference.table)) or apart > slack_s * 1.001:
            what = f"has {len(one.table)} rows, {reference.path} has {len(reference.table)}"
            todo = (
                "there are no time stamps to tell which are missing: export again with time or a counter, "
                'or set clock.relation = "unrelated" in the mapping'
            )
            raise session_error(str(one.path), what, todo)


def _by_motion(
    streams: Sequence[StreamData], sacral: StreamData, thoracic: StreamData, clock: Clock, label: str
) -> Clocks:
    turning: dict[Segment, tuple[Floats, Floats]] = {}
    for segment in SEGMENTS:
        own = [one for one in streams if one.segment == segment]
        source = next((one for one in own if "gyr" in one.values), None) or next(
            one for one in own if "quat" in one.values
        )
        first = sacral if segment == "sacral" else thoracic
        time_s, size = _size_of_rate(source)
        # Within a sensor there is one clock; its zero is its first stream's start.
        turning[segment] = time_s + (source.times.start_s - first.times.start_s), size
    begin = {segment: float(turning[segment][0][0]) for segment in SEGMENTS}
    lag = find_lag(
        turning["sacral"][0] - begin["sacral"],
        turning["sacral"][1],
        turning["thoracic"][0] - begin["thoracic"],
        turning["thoracic"][1],
        clock.largest_offset_s,
    )
    reason = doubt(lag)
    if lag is None or reason is not None:
        what = f"the clocks' offset could not be found from the motion: {reason}"
        todo = "measure it (tap both sensors together) and give it: --offset S"
        raise session_error(label, what, todo)
    stretch = 1.0 + lag.drift
    # thoracic elapsed = offset + stretch * sacral elapsed, both from where their turning begins.
    shift = (thoracic.times.start_s + begin["thoracic"]) + lag.offset_s
    shift -= stretch * (sacral.times.start_s + begin["sacral"])
    scatter = "" if lag.scatter_s is None else f", windows of 20 s agree to {1000.0 * lag.scatter_s:.0f} ms"
    drift = "" if lag.drift == 0.0 else f" and {1e6 * lag.drift:+.0f} ppm"
    told = (
        f"The clocks' offset was found from the motion: the thoracic file is {lag.offset_s:+.3f} s{drift} off "
        f"(correlation {lag.correlation:.2f}, next best {lag.runner_up:.2f}{scatter})."
    )
    warning = (
        f"{told[:1].lower()}{told[1:-1]}; 10 ms of error make up to {_DEG_PER_10_MS} deg of lumbar flexion "
        "in a bend at 50 deg/s"
    )
    shifts: dict[Segment, float] = {"sacral": 0.0, "thoracic": shift}
    stretches: dict[Segment, float] = {"sacral": 1.0, "thoracic": stretch}
    return Clocks(sacral.times.start_s, shifts, stretches, None, lag, told, (warning,))


def _size_of_rate(stream: StreamData) -> tuple[Floats, Floats]:
    time_s = stream.times.time_s
    if "gyr" in stream.values:
        gyr = stream.values["gyr"]
        return time_s, np.sqrt(np.sum(gyr**2, axis=1))
    quat = stream.values["quat"]
    step = multiply(conjugate(quat[:-1]), quat[1:])
    angle = 2.0 * np.arctan2(np.linalg.norm(step[:, 1:], axis=1), np.abs(step[:, 0]))
    return 0.5 * (time_s[1:] + time_s[:-1]), angle / np.diff(time_s)
