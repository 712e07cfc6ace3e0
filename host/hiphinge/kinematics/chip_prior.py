"""How large a sensor's errors may be before anything is learnt: priors, graded by the evidence.

The prior is a typical consumer chip's times a grade, and the grade is the one under which the data are likeliest
(type II maximum likelihood; MacKay 1992). A chip with large offsets is allowed large scale errors; a perfect one is
left alone.

Reference: D. J. C. MacKay, "Bayesian interpolation", Neural Computation 4 (1992) 415-447.
"""

from __future__ import annotations

import numpy as np

from hiphinge.kinematics.gravity import GRAVITY_MPS2
from hiphinge.kinematics.velocity import Layout
from hiphinge.model import Floats

# 1 sigma of a typical consumer chip (LSM6DSV, BMI270, ICM-42688 class): datasheets' typical values, after soldering.
_PRIOR_SD: dict[str, float] = {
    "turn": 100.0,  # rad: anything
    "bias": float(np.deg2rad(0.5)),
    "A": 0.01,
    "G": float(np.deg2rad(0.1)) / GRAVITY_MPS2,
    "c": 0.015 * GRAVITY_MPS2,
    "B": 0.01,
    "r": 0.4,
    "travel": 0.3,
    "sway": 0.3,
}
# Offsets go with the grade, sensitivities with its root: from a typical chip to a cheap one (MPU-6050: 50 mg, 3 deg/s,
# 2 %) offsets grow by 3-6, sensitivity errors by 2.
_GRADE_POWER: dict[str, float] = {"bias": 1.0, "c": 1.0, "A": 0.5, "G": 0.5, "B": 0.5}
# Natural logarithm of the grade: 0.08 to 12 times a typical chip, a factor of e being one sigma of what is sold.
_LOG_GRADES = np.linspace(-2.5, 2.5, 11)
_LOG_GRADE_SD = 1.0
_GYR_BIAS_WALK = float(np.deg2rad(0.003))  # rad/s per root second: warming up
_SWAY_WALK = 0.01  # m/s per root second: weight shifting from foot to foot
# A sensor's own errors, as parameters; the grade scales them and the gyroscope's bias.
ERRORS = ("A", "G", "c", "B")
GRADED = ("bias", *ERRORS)


class Prior:
    """Prior precision: every parameter near zero, neighbouring knots near each other, errors by the chip's grade."""

    def __init__(self, layout: Layout, duration_s: float) -> None:
        self._layout = layout
        self._graded = layout.rows(*GRADED)
        self._ungraded = np.setdiff1d(np.arange(layout.size), self._graded)
        self._walks = np.zeros((layout.size, layout.size))
        for name, walk in (("bias", _GYR_BIAS_WALK), ("sway", _SWAY_WALK)):
            part = layout.at[name]
            knots = (part.stop - part.start) // 3
            steps = np.diff(np.eye(knots), axis=0) / (walk * np.sqrt(duration_s / (knots - 1)))
            self._walks[part, part] = np.kron(steps.T @ steps, np.eye(3))
        self._candidates = [self._graded_part(grade) for grade in np.exp(_LOG_GRADES)]
        self._set(1.0)

    def choose_grade(self, information: Floats, pull: Floats) -> None:
        """Put the grade in force under which the data are likeliest; everything else marginalised."""
        mine, others = self._graded, self._ungraded
        rest = information[np.ix_(others, others)] + self.precision[np.ix_(others, others)]
        across = np.linalg.solve(rest, np.column_stack([information[np.ix_(others, mine)], pull[others]]))
        own = information[np.ix_(mine, mine)] - information[np.ix_(mine, others)] @ across[:, :-1]
        speaks = pull[mine] - information[np.ix_(mine, others)] @ across[:, -1]
        evidence: list[float] = []
        for log_grade, (precision, log_det) in zip(_LOG_GRADES, self._candidates, strict=True):
            factor = np.linalg.cholesky(own + precision)
            explained = np.linalg.solve(factor, speaks)
            evidence.append(
                0.5 * (log_det + explained @ explained - (log_grade / _LOG_GRADE_SD) ** 2)
                - float(np.log(np.diag(factor)).sum())
            )
        self._set(float(np.exp(_LOG_GRADES[int(np.argmax(evidence))])))

    def _set(self, grade: float) -> None:
        self.grade = grade
        self.sd = self._sd(grade)
        self.precision = np.diag(1.0 / self.sd**2) + self._walks

    def _sd(self, grade: float) -> Floats:
        sd = np.empty(self._layout.size)
        for name, part in self._layout.at.items():
            sd[part] = _PRIOR_SD[name] * grade ** _GRADE_POWER.get(name, 0.0)
        return sd

    def _graded_part(self, grade: float) -> tuple[Floats, float]:
        rows = np.ix_(self._graded, self._graded)
        precision = (np.diag(1.0 / self._sd(grade) ** 2) + self._walks)[rows]
        return precision, float(np.linalg.slogdet(precision)[1])
