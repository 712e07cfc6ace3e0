"""Guides one sensor through its six positions: what was found, what is still to do, in words; pure."""

from __future__ import annotations

from hiphinge.device.six_positions import FACES, STANDARD_GRAVITY_MPS2, Fitted, face_of, fit, slant_of
from hiphinge.device.stillness import Position, Stillness
from hiphinge.model import Floats

# Housing directions as INFO has them: 1 right, 2 up, 3 out of the back, as worn.
_SIDES = {
    1: "right side up",
    -1: "left side up",
    2: "standing up",
    -2: "on its head",
    3: "lying on its skin side",
    -3: "lying on its outer side",
}
_SLANTS = ((0, 1), (0, 2), (1, 2))


class Guide:
    """One sensor.

    Parameters
    ----------
    rate_hz : float
    axes : (int, int, int)
        Where the chip's axes point in the housing, as INFO says.
    slanted : bool
        Whether three slanted positions are wanted too.
    """

    def __init__(self, rate_hz: float, axes: tuple[int, int, int], slanted: bool = False) -> None:
        self._still = Stillness(rate_hz)
        self._axes = axes
        self._faces: dict[tuple[int, int], Position] = {}
        self._slants: dict[tuple[int, int], Position] = {}
        self._wanted_slants = _SLANTS if slanted else ()

    @property
    def share(self) -> float:
        """How much of the present position has been heard, 0 to 1."""
        return self._still.share

    @property
    def done(self) -> int:
        """How many positions are taken."""
        return len(self._faces) + len(self._slants)

    @property
    def wanted(self) -> int:
        """How many positions there are."""
        return len(FACES) + len(self._wanted_slants)

    @property
    def complete(self) -> bool:
        """Whether all are."""
        return self.done >= self.wanted

    def feed(self, acc_g: Floats, gyr_dps: Floats) -> str:
        """Take samples; the words for a position just taken, else empty.

        Parameters
        ----------
        acc_g, gyr_dps : (N, 3) float
            Chip's axes, uncorrected.
        """
        position = self._still.feed(acc_g, gyr_dps)
        if position is None:
            return ""
        face, slant = face_of(position.acc_g), slant_of(position.acc_g)
        if face is not None and face not in self._faces:
            self._faces[face] = position
            return self.words(face)
        if slant in self._wanted_slants and slant is not None and slant not in self._slants:
            self._slants[slant] = position
            return self._slant_words(slant)
        return ""

    def words(self, face: tuple[int, int]) -> str:
        """A face, as the housing lies."""
        axis, sign = face
        return _SIDES[sign * self._axes[axis]]

    def _slant_words(self, slant: tuple[int, int]) -> str:
        names = ["", "side", "end", "flat"]
        first, second = (names[abs(self._axes[axis])] for axis in slant)
        return f"leaning, half {first}, half {second}"

    def missing(self) -> list[str]:
        """What is still to do: the faces, then slants."""
        faces = [self.words(face) for face in FACES if face not in self._faces]
        return faces + [self._slant_words(one) for one in self._wanted_slants if one not in self._slants]

    def fitted(self, gravity_mps2: float = STANDARD_GRAVITY_MPS2) -> Fitted:
        """The calibration.

        Raises
        ------
        DeviceError
            Not complete, or not believable.
        """
        return fit(self._faces, list(self._slants.values()), gravity_mps2)
