"""Other people's recordings as ours: just enough import for the tests that use them."""

from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.model import Floats, ImuSamples, Recording

GRAVITY_MPS2 = 9.80665
TRUNKYXL_HZ = 50.0
QMT_HZ = 100.0


def trunkyxl_trials(root: Path, folder: str = "R_Back") -> list[Path]:
    """Trials with raw data (`R_Back`) or with device quaternions only (`Q_Back`)."""
    return sorted(trial for trial in root.glob(f"*/*/{folder}") if trial.is_dir())


def _rows(path: Path, width: int) -> Floats:
    """The numbers below the header: TAB separated, a word in a further column of the first row."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    found: list[list[float]] = []
    for line in lines:
        cells = line.split("\t")[:width]
        try:
            found.append([float(cell) for cell in cells])
        except ValueError:
            continue
        if len(cells) < width:
            found.pop()
    return np.array(found)


def trunkyxl_raw(trial: Path, swapped: bool = False) -> Recording:
    """Raw trial: sensor 3 on the sacrum, sensor 2 just below T10."""

    def imu(number: int) -> ImuSamples:
        rows = _rows(trial / f"Sensor {number}.csv", 6)
        return ImuSamples(rows[:, :3] * GRAVITY_MPS2, np.radians(rows[:, 3:6]))

    sacral, thoracic = imu(3), imu(2)
    assert sacral.acc_mps2 is not None
    time_s = np.arange(len(sacral.acc_mps2)) / TRUNKYXL_HZ
    if swapped:
        sacral, thoracic = thoracic, sacral
    return Recording(time_s, sacral, thoracic, source=trial.parent.name)


def trunkyxl_quaternions(trial: Path) -> Recording:
    """A trial of which the device kept orientation alone."""
    sacral, thoracic = (_rows(trial / f"Sensor {number}.csv", 4) for number in (3, 2))
    time_s = np.arange(len(sacral)) / TRUNKYXL_HZ
    return Recording(time_s, ImuSamples(None, None, sacral), ImuSamples(None, None, thoracic), source=trial.parent.name)


def qmt_full_body(root: Path, upper: str) -> Recording:
    """Hip and one sensor of the back, of somebody who stands, sits and walks."""
    from scipy.io import loadmat

    sensors: dict[str, Any] = loadmat(root / "full_body_example_data.mat", squeeze_me=True, struct_as_record=False)

    def imu(name: str) -> ImuSamples:
        acc, gyr = (np.ascontiguousarray(getattr(sensors[name], part), np.float64) for part in ("acc", "gyr"))
        return ImuSamples(acc, gyr)

    time_s = np.asarray(sensors["t"], np.float64)
    return Recording(time_s - time_s[0], imu("hip"), imu(upper), source=f"qmt full body, hip and {upper}")
