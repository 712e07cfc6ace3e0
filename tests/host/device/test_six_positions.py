"""Six positions: known errors put into simulated readings, and how much of them is left."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.device.errors import DeviceError
from hiphinge.device.six_positions import FACES, Fitted, face_of, fit, slant_of
from hiphinge.device.stillness import Position, Stillness
from hiphinge.link.units import Units
from hiphinge.model import Floats
from hiphinge_wire.block import Block
from hiphinge_wire.calibration import Calibration
from hiphinge_wire.info import ImuInfo

SLANTS = ((0, 1), (0, 2), (1, 2))


def rotation(vector: Floats) -> Floats:
    angle = float(np.linalg.norm(vector)) or 1e-12
    x, y, z = vector / angle
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


class Sensor:
    """Reading = T true + offset, with T symmetric; placed askew, soldered askew."""

    def __init__(self, seed: int, placed_deg: float = 1.0, gravity_g: float = 1.0) -> None:
        rng = self._rng = np.random.default_rng(seed)
        xy, xz, yz = rng.normal(0, 0.01, 3)
        cross = np.array([[0, xy, xz], [xy, 0, yz], [xz, yz, 0]])
        self.matrix = np.eye(3) + np.diag(rng.normal(0, 0.02, 3)) + cross  # what M should be
        self.reads = np.linalg.inv(self.matrix)
        self.offset = rng.normal(0, 0.04, 3)
        self.bias = rng.normal(0, 0.5, 3)
        self._mounted = rotation(np.radians(rng.normal(0, 1.0, 3)))
        self._placed_deg, self._gravity_g = placed_deg, gravity_g

    def at(self, up: Floats) -> Position:
        true = self._gravity_g * self._mounted @ rotation(np.radians(self._rng.normal(0, self._placed_deg, 3))) @ up
        return Position(
            self.reads @ true + self.offset + self._rng.normal(0, 2e-4, 3),
            self.bias + self._rng.normal(0, 2e-3, 3),
            240,
        )

    def faces(self) -> dict[tuple[int, int], Position]:
        return {(axis, sign): self.at(sign * np.eye(3)[axis]) for axis, sign in FACES}

    def slanted(self) -> list[Position]:
        return [self.at((np.eye(3)[a] + np.eye(3)[b]) / np.sqrt(2)) for a, b in SLANTS]

    def errors_deg(self, fitted: Fitted | None) -> float:
        """RMS error of inclination over all directions."""
        true = np.random.default_rng(1).normal(size=(400, 3))
        true /= np.linalg.norm(true, axis=1, keepdims=True)
        read = true @ self.reads.T + self.offset
        if fitted is not None:
            read = (read - fitted.acc_offset_g) @ fitted.acc_matrix
        cosine = (read * true).sum(axis=1) / np.linalg.norm(read, axis=1)
        return float(np.degrees(np.sqrt(np.mean(np.arccos(np.clip(cosine, -1, 1)) ** 2))))


@given(st.integers(0, 10_000))
def test_slanted_positions_leave_next_to_nothing(seed: int):
    sensor = Sensor(seed)
    fitted = fit(sensor.faces(), sensor.slanted())
    # Noise 0.2 mg, and 1 deg of putting it down: measured 0.04 deg at worst in 60 runs; twice that.
    assert sensor.errors_deg(fitted) < 0.08
    assert np.abs(fitted.acc_offset_g - sensor.offset).max() < 1.5e-3
    assert np.abs(fitted.acc_matrix - sensor.matrix).max() < 2e-3
    assert np.abs(fitted.gyr_offset_dps - sensor.bias).max() < 5e-3
    assert fitted.residual_g < 1e-3


@given(st.integers(0, 10_000))
def test_six_faces_alone_find_offset_and_scale(seed: int):
    sensor = Sensor(seed)
    fitted = fit(sensor.faces())
    # Cross-axis terms (3 % at the extreme) times askew placing (4 deg) enter both: 2 mg in each.
    assert np.abs(fitted.acc_offset_g - sensor.offset).max() < 5e-3
    assert np.abs((fitted.acc_matrix - sensor.matrix).diagonal()).max() < 1e-2
    # And knows what it does not know.
    assert fitted.matrix_sd[0, 1] > 5 * fitted.matrix_sd[0, 0]


def test_by_how_much_errors_shrink():
    before, six, nine = [], [], []
    for seed in range(40):
        sensor = Sensor(seed)
        faces = sensor.faces()
        before.append(sensor.errors_deg(None))
        six.append(sensor.errors_deg(fit(faces)))
        nine.append(sensor.errors_deg(fit(faces, sensor.slanted())))
    assert np.median(before) > 2.0
    assert np.median(six) < np.median(before) / 5
    assert np.median(nine) < np.median(before) / 80


@given(st.integers(0, 1000), st.floats(0.995, 1.005))
def test_gravity_given_right_is_taken_out(seed: int, gravity_g: float):
    sensor = Sensor(seed, gravity_g=gravity_g)
    fitted = fit(sensor.faces(), sensor.slanted(), gravity_g * 9.80665)
    assert np.abs(fitted.acc_matrix - sensor.matrix).max() < 2e-3


def test_what_is_stored_is_what_the_host_applies():
    sensor = Sensor(3)
    fitted = fit(sensor.faces(), sensor.slanted())
    sent = fitted.message(0, 1_750_000_000.4)
    kept = Calibration.decode(bytes([Calibration.TYPE]) + sent.encode()[1:])
    assert kept.made_unix_s == 1_750_000_000
    units = Units(ImuInfo(acc_scale_pg=round(8e12 / 32768), gyr_scale_ndps=round(1e12 / 32768), axes=(1, 2, 3)), kept)
    up = np.array([0.6, 0.0, 0.8])
    counts = np.rint(np.concatenate([sensor.bias * 32.768, (sensor.reads @ up + sensor.offset) * 4096]))
    block = Block(profile=3, epoch=1, boot=1, counts=(1, 0), period=(1, 1))
    block.samples = (counts.astype("<i2").tobytes(), b"")
    read = units.read(block, 0)
    assert read.acc_mps2 is not None
    assert read.gyr_radps is not None
    # Half a count is 0.12 mg.
    assert np.allclose(read.acc_mps2[0] / 9.80665, up, atol=1.5e-3)
    assert np.allclose(np.degrees(read.gyr_radps[0]), 0, atol=0.03)


def test_a_missing_face_and_a_broken_sensor_are_refused():
    sensor = Sensor(0)
    faces = sensor.faces()
    missing = {face: one for face, one in faces.items() if face != (2, -1)}
    with pytest.raises(DeviceError, match="1 of the six positions"):
        fit(missing)
    double = {face: Position(2 * one.acc_g, one.gyr_dps, 240) for face, one in faces.items()}
    with pytest.raises(DeviceError, match="nothing was stored"):
        fit(double)
    wandering = {face: Position(one.acc_g + 0.3, one.gyr_dps, 240) for face, one in faces.items()}
    with pytest.raises(DeviceError, match="nothing was stored"):
        fit(wandering)
    spinning = {face: Position(one.acc_g, one.gyr_dps + 40, 240) for face, one in faces.items()}
    with pytest.raises(DeviceError, match="gyroscope"):
        fit(spinning)


@pytest.mark.parametrize(
    ("up", "face", "slant"),
    [
        ((1, 0, 0), (0, 1), None),
        ((0, -0.98, 0.1), (1, -1), None),
        ((0.7, 0, -0.7), None, (0, 2)),
        ((0.93, 0.37, 0), None, None),  # neither: 22 deg
        ((0, 0, 0), None, (1, 2)),
    ],
)
def test_faces_and_slants(up: tuple[float, ...], face: object, slant: object):
    assert face_of(np.array(up, dtype=float)) == face
    if any(up):
        assert slant_of(np.array(up, dtype=float)) == slant


@given(st.integers(0, 1000), st.integers(1, 40))
def test_stillness_however_the_stream_is_cut(seed: int, cut: int):
    rng = np.random.default_rng(seed)
    acc = np.array([0.0, 1.0, 0.0]) + rng.normal(0, 0.003, (600, 3))
    gyr = rng.normal(0, 0.05, (600, 3))
    watch, found = Stillness(100.0), list[Position]()
    for at in range(0, 600, cut):
        one = watch.feed(acc[at : at + cut], gyr[at : at + cut])
        found += [one] if one else []
    assert 2 <= len(found) <= 3
    assert all(np.allclose(one.acc_g, (0, 1, 0), atol=0.001) for one in found)


@pytest.mark.parametrize("what", ["hand", "creep", "turn", "missing"])
def test_what_is_not_still(what: str):
    rng = np.random.default_rng(0)
    acc = np.array([0.0, 1.0, 0.0]) + rng.normal(0, 0.001, (1000, 3))
    gyr = rng.normal(0, 0.05, (1000, 3))
    if what == "hand":
        acc += rng.normal(0, 0.02, acc.shape)
    elif what == "creep":
        acc[:, 0] += np.linspace(0, 0.1, 1000)
    elif what == "turn":
        gyr[:, 1] += 5 * np.sin(np.arange(1000) / 30)
    else:
        acc[:] = np.nan
    watch = Stillness(100.0)
    assert not any(watch.feed(acc[at : at + 10], gyr[at : at + 10]) for at in range(0, 1000, 10))
