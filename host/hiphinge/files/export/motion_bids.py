"""Motion-BIDS: a data set folder of one session. `dataset` builds every file's content, `write` puts them in place.

After the BIDS specification, "Motion" (Jeung et al. 2024, doi 10.1038/s41597-024-03559-8), as its validator checks it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from hiphinge import __version__
from hiphinge.files.atomic import replacing
from hiphinge.files.errors import os_error, session_error
from hiphinge.files.export.attempts_csv import findings
from hiphinge.files.export.bids_channels import COLUMNS, MISSING, Channel, channels, reference_frames
from hiphinge.files.export.content import SCOPE, Content, clean, known, measured_rate_hz, moment, provenance
from hiphinge.files.export.table import TEMPO
from hiphinge.model import Attempt

# The specification's version these files follow; `tracksys` and its kin came with 1.9.0.
BIDS_VERSION = "1.10.0"
TASK = "hinge"

_COUNTED = ("ACCEL", "GYRO", "ORNT", "JNTANG", "LATENCY")
_MEASURES = (
    "hip_hinge_deg", "hip_hinge_sd_deg", "trunk_deg", "trunk_sd_deg", "lumbar_flexion_deg", "lumbar_flexion_sd_deg",
    "lumbar_extension_deg", "lumbar_extension_sd_deg", "lumbar_side_bend_deg", "lumbar_rotation_deg", "lumbar_share",
    "smoothness_sal",
)  # fmt: skip
_EVENTS = (
    "onset", "duration", "trial_type", "attempt", "set", "bottom", "verdict", *_MEASURES, *TEMPO,
    "faults", "doubts", "mark", "note",
)  # fmt: skip


def subject_label(person: str | None) -> str:
    """A BIDS label, letters and digits only, from a person's name or number; ``01`` where nothing is left.

    Examples
    --------
    >>> subject_label("Anna-3"), subject_label(None)
    ('Anna3', '01')
    """
    return re.sub(r"[^0-9A-Za-z]", "", person or "") or "01"


def dataset(content: Content, subject: str) -> dict[str, bytes]:
    """Give every file of the data set.

    Parameters
    ----------
    content : Content
    subject : str
        Letters and digits.

    Returns
    -------
    dict
        Content by path within the data set.
    """
    stem = f"sub-{subject}/motion/sub-{subject}_task-{TASK}_tracksys-imu"
    columns = channels(content)
    files = {
        "dataset_description.json": _json(_description()),
        "README.md": _readme(content).encode(),
        "participants.tsv": _tsv(("participant_id",), [{"participant_id": f"sub-{subject}"}]),
        f"{stem}_motion.tsv": _samples(columns),
        f"{stem}_motion.json": _json(_sidecar(content, columns)),
        f"{stem}_channels.tsv": _tsv(COLUMNS, [{name: getattr(one, name) for name in COLUMNS} for one in columns]),
        f"{stem}_channels.json": _json(reference_frames(content)),
        f"{stem}_events.tsv": _tsv(_EVENTS, _events(content)),
        f"{stem}_events.json": _json(_event_columns()),
    }
    acquired = _acquired(content)
    if acquired is not None:
        row = {"filename": f"motion/{Path(stem).name}_motion.tsv", "acq_time": acquired}
        files[f"sub-{subject}/sub-{subject}_scans.tsv"] = _tsv(("filename", "acq_time"), [row])
    return files


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a data set, each file whole or not at all.

    Raises
    ------
    SessionError
        A file could not be written.
    """
    for name, data in files.items():
        place = folder / name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise session_error(str(place.parent), "is a file, not a folder", "choose another name") from None
        except OSError as error:
            raise os_error(str(place.parent), error, "made") from None
        with replacing(place) as file:
            file.write(data)


def _description() -> dict[str, Any]:
    return {
        "Name": "Hip hinge sessions",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "raw",
        "GeneratedBy": [{"Name": "hiphinge", "Version": __version__, "Description": SCOPE}],
    }


def _readme(content: Content) -> str:
    return (
        "# Hip hinge sessions\n\n"
        f"Written by hiphinge {__version__} from {content.source}.\n\n{SCOPE}\n\n"
        "`_motion.tsv` holds the samples as recorded (accelerometer, gyroscope, quaternions where there are any) and "
        "the angles computed from them, each with its standard deviation; `_channels.tsv` says what each column is. "
        "`_events.tsv` holds the attempts with their measures and verdicts, and what was marked. Limits, calibration "
        "and versions are under `Hiphinge` in `_motion.json`. Missing values are `n/a`.\n"
    )


def _sidecar(content: Content, columns: Sequence[Channel]) -> dict[str, Any]:
    meta, times = content.recording.meta, content.recording.time_s
    rate_hz = measured_rate_hz(content)
    nominal = set(meta.source_rates_hz.values())
    device = {
        "Manufacturer": meta.device.get("manufacturer"),
        "ManufacturersModelName": meta.device.get("model"),
        "DeviceSerialNumber": meta.device.get("serial"),
        "SoftwareVersions": meta.device.get("firmware"),
    }
    counts = {kind: sum(one.type == kind for one in columns) for kind in _COUNTED}
    return {
        "TaskName": TASK,
        "TaskDescription": f"Hip hinges; programme {content.programme}." if content.analysis else "Not analysed.",
        "TrackingSystemName": "imu",
        # The sensors' own rate where both have one; the samples are at the session's, which was measured.
        "SamplingFrequency": nominal.pop() if len(nominal) == 1 else round(rate_hz, 3),
        "SamplingFrequencyEffective": rate_hz,
        "RecordingDuration": float(times[-1] - times[0]),
        "MotionChannelCount": len(columns),
        "TrackedPointsCount": len({one.tracked_point for one in columns if one.type in ("ACCEL", "GYRO", "ORNT")}),
        **{f"{kind}ChannelCount": count for kind, count in counts.items()},
        "MiscChannelCount": sum(one.type == "MISC" for one in columns),
        "MissingValues": MISSING,
        **{key: clean(value) for key, value in device.items() if value},
        "Hiphinge": provenance(content),
    }


def _events(content: Content) -> list[dict[str, Any]]:
    start_s = float(content.recording.time_s[0])
    rows: list[dict[str, Any]] = [
        {"onset": event.time_s - start_s, "trial_type": "mark", "mark": event.kind, "note": event.note}
        for event in content.recording.meta.events
    ]
    if content.analysis is not None:
        rows += [_attempt(content, one, start_s) for one in content.analysis.attempts]
    return sorted(rows, key=lambda row: float(row["onset"]))


def _attempt(content: Content, one: Attempt, start_s: float) -> dict[str, Any]:
    found = findings(one, content.limits)
    return {
        "onset": one.start_s - start_s,
        "duration": one.end_s - one.start_s,
        "trial_type": "hinge" if one.set else "isolated_bend",
        "attempt": one.index,
        "set": one.set,
        "bottom": one.bottom_s - start_s,
        "verdict": one.verdict,
        **{name: getattr(one, name) for name in _MEASURES},
        **dict(zip(TEMPO, one.tempo_s, strict=True)),
        "faults": " ".join(name for name, finding in found.items() if finding.certain),
        "doubts": " ".join(name for name, finding in found.items() if not finding.certain),
    }


def _event_columns() -> dict[str, Any]:
    about: dict[str, Any] = {
        "trial_type": {
            "Description": "What happened.",
            "Levels": {
                "hinge": "an attempt of a set: one bend of the trunk and its return",
                "isolated_bend": "a lone bend outside the sets, not counted",
                "mark": "something marked during the session",
            },
        },
        "attempt": {"Description": "Number of the attempt in the session."},
        "set": {"Description": "Number of its set; 0 for an isolated bend."},
        "bottom": {"Description": "Deepest point, from the first sample.", "Units": "s"},
        "verdict": {
            "Description": "Measures against the limits set in _motion.json, with their uncertainty.",
            "Levels": {
                "compliant": "inside the set range",
                "faulty": "outside the set range",
                "uncertain": "too near a limit to call",
            },
        },
        "faults": {"Description": "Limits certainly exceeded."},
        "doubts": {"Description": "Limits too near to call."},
        "mark": {"Description": "What was marked: set_start, set_end, ..."},
        "note": {"Description": "What was written beside a mark."},
    }
    for name in (*_MEASURES, *TEMPO):
        unit = "deg" if name.endswith("_deg") else "s" if name.endswith("_s") else ""
        about[name] = {"Description": name.replace("_", " "), **({"Units": unit} if unit else {})}
    return about


def _acquired(content: Content) -> str | None:
    """`started_at` plus the first sample's time, as BIDS writes moments; None where no time of day is known."""
    started = content.recording.meta.started_at
    if started is None or len(started.strip()) <= len("2025-03-01"):
        return None
    first = moment(content, float(content.recording.time_s[0]))
    if first is None or first.tzinfo is None:
        return None if first is None else first.isoformat()
    # BIDS knows local times and Z, no offsets.
    return (first - (first.utcoffset() or timedelta())).replace(tzinfo=None).isoformat() + "Z"


def _samples(columns: Sequence[Channel]) -> bytes:
    frame = pl.DataFrame({one.name: one.values for one in columns}, nan_to_null=True)
    text = frame.write_csv(include_header=False, separator="\t", line_terminator="\n", null_value=MISSING)
    return text.encode()


def _tsv(header: Sequence[str], rows: Sequence[Mapping[str, object]]) -> bytes:
    lines = [header, *([_cell(row.get(name)) for name in header] for row in rows)]
    return "".join("\t".join(line) + "\n" for line in lines).encode()


def _cell(value: object) -> str:
    if isinstance(value, float):
        number = known(value)
        return MISSING if number is None else repr(round(number, 6) + 0.0)
    if value is None or value == "":
        return MISSING
    # A tab or line end would break the table: shown by its escape.
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in clean(str(value)))


def _json(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
