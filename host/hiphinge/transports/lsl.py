"""Lab Streaming Layer: samples, angles and marks out to other programs of a laboratory, marks of theirs in.

Needs the extra `lsl` (`pylsl`, MIT; its wheels bring the native library). This module imports without it; `library`
says in plain words what is missing. Clocks are not read here: the caller says how device time maps to LSL's clock, and
corrects that mapping as it learns.

Times: `time_s` is the session's device time in s, a stamp is LSL's clock (`lsl_clock_s`) in s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from hiphinge.engine import AnglesKnown, Calibrated, Decided, Disturbed, LiveEvent, Noted, Rezeroed
from hiphinge.kinematics.grid import GriddedImu
from hiphinge.model import SEGMENTS, Angles, Attempt, Event, Floats, HiphingeError, ImuSamples

StreamKind = Literal["samples", "angles", "markers"]


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel as others read it: what it holds, its unit and its kind."""

    label: str
    unit: str
    kind: str


_SIGNALS = (("acc", "m/s^2", "ACC"), ("gyr", "rad/s", "GYRO"))

SAMPLE_CHANNELS: tuple[Channel, ...] = tuple(
    Channel(f"{segment}_{signal}_{axis}", unit, kind)
    for segment in SEGMENTS
    for signal, unit, kind in _SIGNALS
    for axis in "xyz"
)
"""The twelve raw columns of a session CSV, in its order; each sensor in its own axes."""

ANGLE_CHANNELS: tuple[Channel, ...] = tuple(
    Channel(item.name, "deg", "SD" if item.name.endswith("_sd_deg") else "Angle")
    for item in fields(Angles)
    if item.name != "time_s"
)
"""Every angle of `Angles`, then every standard deviation."""

MARKER_CHANNELS = (Channel("marker", "none", "Marker"),)

OUR_MARK = "hiphinge"
"""An element in every description of ours, by which our own streams are told from others'."""

# A note goes out as somebody typed it; a marker is a label, not a letter.
_LONGEST_NOTE = 200


def library() -> Any:
    """The `pylsl` module.

    Raises
    ------
    HiphingeError
        It is not installed, or its native library cannot be loaded; in plain words.
    """
    try:
        import pylsl  # type: ignore[import-untyped, import-not-found]
    except ImportError:
        raise HiphingeError('Lab Streaming Layer needs pylsl: pip install "hiphinge[lsl]"') from None
    except (RuntimeError, OSError) as error:
        why = str(error).strip().splitlines()[0]
        raise HiphingeError(
            f"Lab Streaming Layer: the native library liblsl cannot be loaded ({why}); install it, "
            "or set PYLSL_LIB to its file"
        ) from None
    return pylsl


def lsl_clock_s() -> float:
    """LSL's clock now, in s: what stamps are made of."""
    return float(library().local_clock())


class LslPublisher:
    """Three outlets of one session: ``NAME samples``, ``NAME angles`` and ``NAME markers``.

    Streams appear when this is made and vanish on `close` (or at the end of a ``with``). Nothing waits for readers;
    one that connects late gets what comes from then on.

    Markers are text, parts parted by slashes, as MNE-Python selects them: ``set_start/NOTE``, ``mark``,
    ``calibrated/found``, ``rezeroed``, ``disturbed/slip/sacral``, and of each repetition ``attempt/start/3``,
    ``attempt/bottom/3``, ``attempt/end/3/faulty/lumbar_flexion``. Those carry the stamp of their moment, though they
    are sent once the repetition is judged.

    Parameters
    ----------
    rate_hz : float
        The session's rate, said to readers; every sample carries its own stamp all the same.
    stamp : callable
        Device times (n,) in s to stamps (n,) in s.
    name : str
        What readers know the streams by.
    source_id : str
        One for each device: by it readers find a stream again after an interruption.
    about : mapping, optional
        Said in every stream's description: device, firmware, programme, ...
    """

    def __init__(
        self,
        rate_hz: float,
        stamp: Callable[[Floats], Floats],
        name: str = "hiphinge",
        source_id: str = "hiphinge",
        about: Mapping[str, str] | None = None,
    ) -> None:
        self._stamp = stamp
        described = dict(about or {})
        self._outlets: dict[StreamKind, Any] = {
            "samples": _outlet(f"{name} samples", "IMU", SAMPLE_CHANNELS, rate_hz, f"{source_id}-samples", described),
            "angles": _outlet(f"{name} angles", "Angles", ANGLE_CHANNELS, rate_hz, f"{source_id}-angles", described),
            "markers": _outlet(f"{name} markers", "Markers", MARKER_CHANNELS, None, f"{source_id}-markers", described),
        }

    def __enter__(self) -> LslPublisher:
        """The streams appeared when this was made."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close, whatever happened."""
        self.close()

    def close(self) -> None:
        """Take the streams off the network; what readers have not fetched by then is lost."""
        self._outlets.clear()

    def read_now(self) -> frozenset[StreamKind]:
        """Which of the streams somebody reads at this moment."""
        return frozenset(kind for kind, outlet in self._outlets.items() if outlet.have_consumers())

    def samples(self, time_s: Floats, sacral: ImuSamples | GriddedImu, thoracic: ImuSamples | GriddedImu) -> None:
        """Send samples.

        Parameters
        ----------
        time_s : (n,) float
            Device time.
        sacral, thoracic : ImuSamples or GriddedImu
            n rows each, in the sensor's own axes, m/s² and rad/s. NaN, and sensors that give quaternions only, go out
            as NaN.

        Raises
        ------
        HiphingeError
            After `close`, or where the mapping of time gives no stamps.
        """
        columns = [
            np.full((len(time_s), 3), np.nan) if values is None else values
            for imu in (sacral, thoracic)
            for values in (imu.acc_mps2, imu.gyr_radps)
        ]
        self._push("samples", np.hstack(columns), time_s)

    def angles(self, angles: Angles) -> None:
        """Send angles in deg, stamped by their own device times; NaN where not known.

        Parameters
        ----------
        angles : Angles

        Raises
        ------
        HiphingeError
            As `samples`.
        """
        columns = [getattr(angles, channel.label) for channel in ANGLE_CHANNELS]
        self._push("angles", np.column_stack(columns), angles.time_s)

    def mark(self, event: Event) -> None:
        """Send a mark of the session: from the keyboard, the device's button, or a set's start and end.

        Parameters
        ----------
        event : Event

        Raises
        ------
        HiphingeError
            As `samples`.
        """
        self._marker(event.time_s, event.kind, event.note)

    def events(self, events: Iterable[LiveEvent]) -> None:
        """Send what the engine said: angles as samples, all else as markers.

        Parameters
        ----------
        events : iterable of LiveEvent
            As `LiveEngine.push` and `finish` give them.

        Raises
        ------
        HiphingeError
            As `samples`.
        """
        for event in events:
            match event:
                case Disturbed(disturbance=what):
                    self._marker(what.at_s, "disturbed", what.kind, what.sensor)
                case AnglesKnown():
                    self.angles(event.angles)
                case Calibrated():
                    # Improvements come with every few bends and fade in: noise among the marks.
                    if event.how != "improved":
                        self._marker(event.at_s, "calibrated", event.how)
                case Rezeroed():
                    self._marker(event.at_s, "rezeroed")
                case Noted():
                    pass  # about no moment
                case Decided():
                    self._repetition(event.attempt)

    def _repetition(self, one: Attempt) -> None:
        number, kinds = str(one.index), sorted({fault.kind for fault in one.faults if not fault.advisory})
        self._marker(one.start_s, "attempt", "start", number)
        self._marker(one.bottom_s, "attempt", "bottom", number)
        self._marker(one.end_s, "attempt", "end", number, one.verdict, *kinds)

    def _marker(self, time_s: float, *parts: str) -> None:
        text = "/".join(part for part in parts if part)[:_LONGEST_NOTE]
        (stamp,) = self._stamps(np.array([time_s]))
        self._outlet("markers").push_sample([text], stamp)

    def _push(self, kind: StreamKind, rows: Floats, time_s: Floats) -> None:
        if len(time_s):
            # Each row with a stamp of its own: readers need not guess where samples were lost.
            self._outlet(kind).push_chunk(np.ascontiguousarray(rows, dtype=np.float64), self._stamps(time_s))

    def _stamps(self, time_s: Floats) -> list[float]:
        stamps = np.asarray(self._stamp(time_s), dtype=np.float64)
        # LSL reads 0 as "now" and -1 as "one step on": neither may come about by accident.
        if stamps.shape != time_s.shape or not np.all(np.isfinite(stamps) & (stamps > 0.0)):
            raise HiphingeError(
                "Lab Streaming Layer: device time maps to no stamp; give one positive time for each sample"
            )
        return stamps.tolist()

    def _outlet(self, kind: StreamKind) -> Any:
        if kind not in self._outlets:
            raise HiphingeError("Lab Streaming Layer: the streams are closed")
        return self._outlets[kind]


def _outlet(
    name: str,
    type_name: str,
    channels: tuple[Channel, ...],
    rate_hz: float | None,
    source_id: str,
    about: Mapping[str, str],
) -> Any:
    """One stream; text at no rate if `rate_hz` is None."""
    lsl = library()
    text = rate_hz is None
    info = lsl.StreamInfo(
        name,
        type_name,
        len(channels),
        lsl.IRREGULAR_RATE if text else rate_hz,
        lsl.cf_string if text else lsl.cf_double64,
        source_id,
    )
    info.set_channel_labels([channel.label for channel in channels])
    info.set_channel_units([channel.unit for channel in channels])
    info.set_channel_types([channel.kind for channel in channels])
    description = info.desc().append_child(OUR_MARK)
    for key, value in about.items():
        description.append_child_value(key, value)
    return lsl.StreamOutlet(info)
