"""Recordings written as other makers' programs write them, for tests of the import."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation
from session_samples import GRAVITY_MPS2, bending, with_quats

from hiphinge.model import SEGMENTS, Floats, ImuSamples, Recording, Segment

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "bar": "|"}
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "epoch_ms": 1e-3}


def sensors(duration_s: float = 8.0, rate_hz: float = 50.0, seed: int = 1) -> Recording:
    return with_quats(bending(duration_s, rate_hz, seed, bend_s=2.0), seed)


def imu_of(recording: Recording, segment: str) -> ImuSamples:
    imu: ImuSamples = getattr(recording, segment)
    return imu


def rows_of(recording: Recording, segment: str, kept: np.ndarray | slice) -> tuple[Floats, dict[str, Floats]]:
    """Times and values of one sensor at some rows."""
    imu = imu_of(recording, segment)
    assert imu.acc_mps2 is not None and imu.gyr_radps is not None and imu.quat is not None
    values = {"acc": imu.acc_mps2[kept], "gyr": imu.gyr_radps[kept], "quat": imu.quat[kept]}
    return recording.time_s[kept], values


@dataclass
class Written:
    """Columns of a file in the making: names, and cells as text."""

    names: list[str] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)

    def add(self, name: str, values: Floats, decimals: int = 9, missing: str = "") -> None:
        self.names.append(name)
        self.cells.append([missing if np.isnan(v) else f"{v:.{decimals}f}" for v in values])

    def text(
        self,
        delimiter: str = ",",
        order: list[int] | None = None,
        comma: bool = False,
        header: bool = True,
        end: str = "\n",
    ) -> str:
        chosen = list(range(len(self.names))) if order is None else order
        rows = list(zip(*(self.cells[at] for at in chosen), strict=True))
        lines = [delimiter.join(self.names[at] for at in chosen)] if header else []
        for row in rows:
            line = [cell.replace(".", ",") if comma else cell for cell in row]
            lines.append(delimiter.join(line))
        return end.join(lines) + end


def turned_axes(values: Floats, axes: tuple[str, str, str]) -> Floats:
    """A maker's values, of whose axes ours are `axes`: the way back from what the import does."""
    theirs = np.empty_like(values)
    for ours, axis in enumerate(axes):
        theirs[:, "xyz".index(axis[-1])] = values[:, ours] * (-1.0 if axis.startswith("-") else 1.0)
    return theirs


def without_gravity(acc: Floats, quat: Floats, earth: bool) -> Floats:
    """Free acceleration, in Earth's or the sensor's axes."""
    turn = Rotation.from_quat(quat, scalar_first=True)
    in_earth = turn.apply(acc) - np.array([0.0, 0.0, GRAVITY_MPS2])
    return in_earth if earth else turn.apply(in_earth, inverse=True)


# Small files in the formats of the ready mappings, made up of `sensors()`.


def write_trunkyxl(folder: Path, recording: Recording, quaternions: bool = False) -> Path:
    trial = folder / "QSM_1"
    back = trial / ("Q_Back" if quaternions else "R_Back")
    back.mkdir(parents=True)
    (trial / "info.txt").write_text("App version: v1.1\n", encoding="utf-8")
    for number, segment in ((3, "sacral"), (2, "thoracic"), (1, "thoracic")):
        _, values = rows_of(recording, segment, slice(None))
        if quaternions:
            names, table = (
                "q1\tq2\tq3\tq4\tInterference",
                np.column_stack([values["quat"], np.zeros(len(values["quat"]))]),
            )
        else:
            names = "ax\tay\taz\tgx\tgy\tgz\tmx\tmy\tmz"
            table = np.column_stack(
                [values["acc"] / GRAVITY_MPS2, np.degrees(values["gyr"]), np.zeros((len(values["acc"]), 3))]
            )
        lines = ["Sensor string: E", "Serial number: 1970-01-0000", "Firmware version: 2,015", "Calibration quality: 5"]
        lines += [names, ""]
        for at, row in enumerate(table):
            lines.append("\t".join(f"{v:.8f}" for v in row) + "\t" + ("Reference" if at == 0 else ""))
        (back / f"Sensor {number}.csv").write_text("\n".join(lines), encoding="utf-8")
    return trial


def write_mtw(
    path: Path,
    recording: Recording,
    segment: Segment,
    first: int,
    orientation: str = "quat",
    delimiter: str = "\t",
    nan: str = "",
    rate: bool = True,
    kept: np.ndarray | slice = slice(None),
) -> Path:
    _, values = rows_of(recording, segment, kept)
    count = np.arange(len(recording.time_s))[kept]
    written = Written()
    written.names.append("PacketCounter")
    written.cells.append([f"{(first + at) % 65536:05d}" for at in count])
    for name in ("SampleTimeFine", "Year", "Month"):
        written.add(name, np.full(len(count), np.nan), missing=nan)
    for kind, name in (("acc", "Acc"), ("gyr", "Gyr")):
        for at, axis in enumerate("XYZ"):
            written.add(f"{name}_{axis}", values[kind][:, at], 6, nan)
    turn = Rotation.from_quat(values["quat"], scalar_first=True)
    if orientation == "quat":
        for at in range(4):
            written.add(f"Quat_q{at}", values["quat"][:, at], 6)
    elif orientation == "euler":
        angles = turn.as_euler("ZYX", degrees=True)
        for name, at in (("Roll", 2), ("Pitch", 1), ("Yaw", 0)):
            written.add(name, angles[:, at], 6)
    elif orientation == "matrix":
        matrix = turn.as_matrix()
        for column in range(3):
            for row in range(3):
                written.add(f"Mat[{row + 1}][{column + 1}]", matrix[:, row, column], 6)
    head = ["// General information: ", "//  MT Manager version: 2022.2.0 ", "// Coordinate system: ENU"]
    if rate:
        head.append("// Update Rate: 50.0Hz")
    path.write_text("\n".join(head) + "\n" + written.text(delimiter), encoding="utf-8")
    return path


def write_dot(path: Path, recording: Recording, segment: Segment, first_us: int) -> Path:
    time_s, values = rows_of(recording, segment, slice(None))
    written = Written()
    written.add("PacketCounter", np.arange(1.0, len(time_s) + 1), 0)
    written.add("SampleTimeFine", (first_us + np.rint(time_s * 1e6)) % 2**32, 0)
    for at, axis in enumerate("WXYZ"):
        written.add(f"Quat_{axis}", values["quat"][:, at], 6)
    free = without_gravity(values["acc"], values["quat"], earth=True)
    for at, axis in enumerate("XYZ"):
        written.add(f"FreeAcc_{axis}", free[:, at], 6)
    written.add("Status", np.zeros(len(time_s)), 0)
    head = ["sep=,", "DeviceTag:,abc", "SyncStatus:,Synced", "OutputRate:,50Hz", "StartTime: ,2021-08-20_20:21:13_835"]
    head += ["© The makers", ""]
    path.write_text("\n".join(head) + "\n" + written.text().rstrip("\n"), encoding="utf-8")
    return path


def write_ximu3(folder: Path, recording: Recording, segment: Segment, first_us: int, late_us: int = 0) -> Path:
    time_s, values = rows_of(recording, segment, slice(None))
    folder.mkdir(parents=True)
    stamps = first_us + late_us + np.rint(time_s * 1e6)
    inertial = Written()
    inertial.add("Timestamp (us)", stamps, 0)
    for at, axis in enumerate("XYZ"):
        inertial.add(f"Gyroscope {axis} (deg/s)", np.degrees(values["gyr"][:, at]), 6)
    for at, axis in enumerate("XYZ"):
        inertial.add(f"Accelerometer {axis} (g)", values["acc"][:, at] / GRAVITY_MPS2, 6)
    (folder / "Inertial.csv").write_text(inertial.text(), encoding="utf-8")
    # North, west, up: a quarter turn about the vertical from east, north, up.
    quarter = Rotation.from_euler("z", -90, degrees=True)
    quat = (quarter * Rotation.from_quat(values["quat"], scalar_first=True)).as_quat(scalar_first=True)
    fused = Written()
    fused.add("Timestamp (us)", stamps, 0)
    for at, axis in enumerate("WXYZ"):
        fused.add(axis, quat[:, at], 6)
    (folder / "Quaternion.csv").write_text(fused.text(), encoding="utf-8")
    (folder / "Battery.csv").write_text("Timestamp (us),Percentage (%)\n1,100.0\n", encoding="utf-8")
    return folder


def write_metamotion(
    folder: Path,
    recording: Recording,
    segment: Segment,
    mac: str,
    epoch_ms: int,
    acc_every: int,
    epoch: str = "epoch (ms)",
) -> None:
    for name, kind, unit, every, scale in (
        ("Accelerometer", "acc", "g", acc_every, 1.0 / GRAVITY_MPS2),
        ("Gyroscope", "gyr", "deg/s", 1, 180.0 / np.pi),
    ):
        time_s, values = rows_of(recording, segment, slice(None, None, every))
        written = Written()
        written.add(epoch, epoch_ms + np.rint(time_s * 1000.0), 0)
        written.names.append("time (01:00)")
        written.cells.append(["2019-01-11T16.10.08.270"] * len(time_s))
        written.add("elapsed (s)", time_s, 3)
        for at, axis in enumerate("xyz"):
            written.add(f"{axis}-axis ({unit})", values[kind][:, at] * scale, 6)
        rate_hz = 1.0 / (time_s[1] - time_s[0])
        path = folder / f"Set1_MetaWear_2019-01-11T16.10.08.270_{mac}_{name}_{rate_hz:.3f}Hz_1.4.4.csv"
        path.write_text(written.text(end="\r\n"), encoding="utf-8")


def assert_same(got: ImuSamples, wanted: ImuSamples, acc: float, gyr: float, quat: float) -> None:
    """Same values within a tolerance each; a quaternion and its negative are one."""
    for a, b, tolerance in ((got.acc_mps2, wanted.acc_mps2, acc), (got.gyr_radps, wanted.gyr_radps, gyr)):
        assert (a is None) == (b is None)
        if a is not None and b is not None:
            np.testing.assert_allclose(a, b, atol=tolerance, rtol=0)
    assert (got.quat is None) == (wanted.quat is None)
    if got.quat is not None and wanted.quat is not None:
        sign = np.sign(np.sum(got.quat * wanted.quat, axis=1, keepdims=True))
        np.testing.assert_allclose(got.quat, sign * wanted.quat, atol=quat, rtol=0)


def both(recording: Recording) -> tuple[ImuSamples, ImuSamples]:
    sacral, thoracic = (imu_of(recording, segment) for segment in SEGMENTS)
    return sacral, thoracic
