"""A whole recording analysed: standing, mounting, every attempt, its measures and its verdict.

The chain, each link a module of its own: samples on an even grid (`kinematics.grid`), orientation of either sensor
(`kinematics.fusion`), calibration from the movement itself (`kinematics.calibration`), what disturbed the sensors
(`kinematics.worn`), angles (`kinematics.track`), bends (`reps.segmenter`), measures and verdicts (`reps.attempts`).
Live, `hiphinge.engine` drives the same links with the past alone.

The model on one page
---------------------
**Sensor** (`kinematics.selfcal`). Earth frame z up, R sensor to Earth, w angular rate, f specific force, g gravity:

    w_measured = A w + b(t) + G f + noise       scale and cross-axis, bias (a slow walk), g-sensitivity
    f_measured = B f + c + noise                scale and cross-axis, bias
    R' = R [w x]
    v' = R f - g

**Body.** The wearer stands in place and bends over the hips, so the sensor's velocity must be that of a lever:

    v = R w x (R r)  +  theta' (p0 + p1 theta + p2 theta^2)  +  s(t)

r is the lever on the body, p the hips' travel forward and up by the tilt theta (they go back and down in a hinge),
s a slow sway, which takes up the constant of integration v(0) as well. The difference of the two velocities is made
small over windows of up to 60 s by Gauss-Newton on R(0), b, A, G, B, c, r, p and s together, nodes 40 ms apart (80 ms
where slow samples are already corrected), robustly (Cauchy weights; less weight where steps shake the body). Assumed,
not measured on people: half a centimetre and half a degree of sway leave 0.012 m/s unexplained while standing, and soft
tissue 0.06 m/s per rad/s while bending; never less, since the body's part of the model is as smooth as the sensor's
errors. Priors are a typical chip's, times a grade that the
data choose by their evidence (`kinematics.chip_prior`).

**Orientation.** Offline: VQF on corrected samples over the recording; within a minute of a walk, which drags the
filter's vertical along, it is turned to that of standing in place (`kinematics.inclination`). Live: the same errors
learnt from the past, handed to a causal VQF that is quick while the wearer stands still (`kinematics.causal_fuser`).
Where velocities contradict the body (walking about, riding, a sensor in a hand) nothing is learnt: plain VQF, never
quick (only its first bias differs, see `kinematics.orientation`), and `warnings` and a live event say so. Sensors whose
own chips contradict each other, or that lie on a table, are refused
(`kinematics.plausible`).

**Frames** (`kinematics.calibration`). Standing gives the long axis, the bends' common rotation axis the axis to the
right, made level; the vector between the sensors, by their accelerations, tells upright from bent and right labels from
swapped ones wherever a bend shows it clearly; elsewhere the longest standing is taken. Zero is the mean over the
standing before the first bend, and before each set with a stance of its own; where the wearer gets back to between
repetitions is measured, not averaged in (unless there is no standing of 2 s). Sagittal tilt is atan2 of the
vertical's forward and long-axis components: no heading in it.

**Heading.** Neither sensor knows north. Both share the flexion axis, level in every bend, so their headings are equal
at standing by definition, and drift apart in between: by some hundredths of a degree per second over a whole recording,
by up to a tenth live (`kinematics.track`), which their standard deviation counts from the last standing on. Side bend
and rotation hang on this; a *habitual* asymmetry looks exactly like a sensor clipped on crookedly and cannot be told
from it, which the bends' scatter stands for. After a gap in which a filter
restarts they are empty until the next standing, live.

**Uncertainty** (`kinematics.uncertainty`). The posterior covariance of Gauss-Newton, carried to the tilt against
neutral (a share of the tilt), plus what the model does not hold: sway where zero was taken (by how long the wearer
stood, but no better than 10 s of it), time stamps in fast motion, gaps, disturbances, and 0.2 deg at 45 deg for skin
under a snug clip.
The axis is the mean of the bends' own; it is as uncertain as their scatter s over n of them leaves it,
psi = s / sqrt n, with a prior of 5 deg that counts as one bend. Turned by psi it takes psi times the frontal tilt for
sagittal, and shortens the tilt theta by theta psi^2 / 2; a bend that goes another way than those before adds to s at
once. Loose skin moves by 1-3 deg, which two sensors on it cannot see.

References
----------
- Laidig & Seel 2023, Information Fusion 91:187-204 (VQF). We average neighbouring gyroscope samples, start it level,
  and widen its bias clip; VQF holds each sample.
- Weygers & Kok 2020, IEEE Sensors Journal 20:7969-7979 (drift-free relative orientation from the joint's kinematics, by
  optimisation and filter). They constrain two sensors at a shared joint; we constrain each to the ground, because a
  wearer who stands gives more than a lumbar spine, which is no joint.
- Seel, Raisch & Schauer 2014, Sensors 14:6891-6909 (joint axis and lever arms from arbitrary motion). Our axis is the
  mean rate weighted with the flexion rate, which pure side bends cannot turn, instead of least squares over all
  motion.
- Kong et al. 2016 (PMC5190992; sensor to segment by standing and a principal axis of movement). Ours tells the sign of
  forward and needs no prescribed movement. Cardan order: ISB, Wu et al. 2002.
- MacKay 1992, Neural Computation 4:415-447 (evidence for the prior's size).
"""

from __future__ import annotations

from hiphinge.kinematics.decimate import coarse_stride
from hiphinge.kinematics.neutral import Neutral, spans
from hiphinge.kinematics.track import Heading, Track, found_heading, joined, joined_headings, published, take, track
from hiphinge.kinematics.worn import Oriented, worn
from hiphinge.model import Analysis, Attempt, Calibration, Recording
from hiphinge.programmes.limits import Limits
from hiphinge.reps.attempts import Located, attempt, completed, examine
from hiphinge.reps.measure import Measured
from hiphinge.reps.segmenter import Segmenter
from hiphinge.reps.sets import DEFAULT_REST_S
from hiphinge.reps.stances import neutrals_of_sets


def analyse(
    recording: Recording, limits: Limits, rest_s: float = DEFAULT_REST_S, calibration: Calibration | None = None
) -> Analysis:
    """Analyse a recording as a whole.

    Parameters
    ----------
    recording : Recording
    limits : Limits
        What the attempts are judged by.
    rest_s : float
        Attempts further apart belong to different sets, unless the session marks its sets.
    calibration : Calibration, optional
        A saved one; found in the recording if not given.

    Returns
    -------
    Analysis

    Raises
    ------
    CalibrationError
        Without a usable standing or bend.
    """
    known = worn(recording, calibration)
    motion, mounts = known.motion, known.mounts
    found, neutrals = mounts.calibration, mounts.neutrals
    whole = _tracked(motion, neutrals, neutrals, found)
    bends = _bends(whole, motion.rate_hz)
    measured = _examined(whole, bends, motion.rate_hz)
    if calibration is None and measured:
        times_s = (motion.time_s, known.coarse_s)
        neutrals = neutrals_of_sets(neutrals, measured, known.quiet, times_s, recording.meta.events, rest_s)
    if len(neutrals) > len(mounts.neutrals):
        whole = _tracked(motion, mounts.neutrals, neutrals, found)
        measured = _examined(whole, bends, motion.rate_hz)
    attempts = [attempt(at, m, limits, float(motion.time_s[b.decided])) for at, (b, m) in enumerate(measured, 1)]
    return Analysis(
        calibration=found,
        neutrals_from_s=tuple(neutral.from_s for neutral in neutrals),
        attempts=completed(attempts, recording.meta.events, rest_s),
        angles=take(published(whole), motion.rows),
        rate_hz=motion.rate_hz,
        missing_samples=motion.missing_samples,
        warnings=(*recording.warnings, *found.warnings, *known.warnings),
    )


def _tracked(motion: Oriented, mounts: list[Neutral], neutrals: list[Neutral], calibration: Calibration) -> Track:
    whole = joined_headings(
        [
            found_heading(motion.sacral.rows(part), motion.thoracic.rows(part), mount, motion.rate_hz)
            for part, mount in spans(mounts, motion.time_s)
        ]
    )
    return joined(
        [
            track(
                motion.sacral.rows(part),
                motion.thoracic.rows(part),
                motion.time_s[part],
                neutral,
                Heading(whole.offset_rad[part], whole.age_s[part]),
                calibration,
            )
            for part, neutral in spans(neutrals, motion.time_s)
        ]
    )


def _bends(whole: Track, rate_hz: float) -> list[Located]:
    stride = coarse_stride(rate_hz)
    segmenter = Segmenter(rate_hz / stride)
    coarse = slice(stride - 1, None, stride)
    found = segmenter.push(whole.angles.trunk_deg[coarse], whole.angles.hip_hinge_deg[coarse]) + segmenter.finish()
    return [Located.from_coarse(bend, stride) for bend in found]


def _examined(whole: Track, bends: list[Located], rate_hz: float) -> list[tuple[Located, Measured]]:
    pairs = ((bend, examine(whole, bend, rate_hz)) for bend in bends)
    return [(bend, measured) for bend, measured in pairs if measured is not None]


def summary(attempts: tuple[Attempt, ...]) -> dict[str, int]:
    """Counts over the attempts of sets; isolated bends (`set` 0) are left out."""
    counted = [one for one in attempts if one.set > 0]
    return {
        "attempts": len(counted),
        **{verdict: sum(one.verdict == verdict for one in counted) for verdict in ("compliant", "faulty", "uncertain")},
        "sets": len({one.set for one in counted}),
    }
