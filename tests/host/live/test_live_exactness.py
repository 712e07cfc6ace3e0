"""What `analyse --live` makes of a recording is exactly what was shown, and a replay shows it again."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from live_runs import Act, World, replayed, run, short

from hiphinge.app.live.plan import planned
from hiphinge.app.live.source import own_meta
from hiphinge.app.live.updates import Judged, SetChanged, Shown
from hiphinge.engine import Calibrated, Rezeroed
from hiphinge.link.events import ButtonPressed, Lost, Rebooted
from hiphinge.transports.virtual import VirtualTransport
from hiphinge.virtual.faulty_link import Faults
from hiphinge.virtual.settings import DeviceSettings


def press(world: World) -> None:
    world.device.press_button()


def begin(world: World) -> None:
    world.session.begin_set()


def end(world: World) -> None:
    world.session.end_set()


def again(world: World) -> None:
    world.session.recalibrate()


def zero(world: World) -> None:
    world.session.zero()


def restart(off_s: float) -> Callable[[World], None]:
    def act(world: World) -> None:
        world.link.drop()
        world.device.restart(off_s=off_s)

    return act


BAD = Faults(loss=0.05, damage=0.01, jitter_s=0.01, outages=((8.0, 1.0), (14.0, 4.0)), from_s=1.0, seed=3)
CASES: dict[str, tuple[Callable[[], VirtualTransport], list[Act], set[type]]] = {
    "as it should be": (short, [], set()),
    "a bad link": (lambda: short(faults=BAD), [], set()),
    "sets by hand": (lambda: short(2), [(1.0, begin), (11.0, end), (12.0, begin)], {SetChanged}),
    "the button": (short, [(10.0, press)], {ButtonPressed}),
    "zero on a bad link": (lambda: short(faults=BAD), [(12.0, zero)], {Rezeroed}),
    "calibrated anew in mid-repetition": (short, [(12.3, again)], {Calibrated}),
    "calibrated anew before the first sample": (lambda: short(1), [(0.01, again)], set()),
    "restarted": (short, [(12.0, restart(0.5))], {Rebooted}),
    "away for longer than the link fills": (
        lambda: short(2, duration_s=640.0),
        [(12.0, restart(615.0)), (634.0, again)],
        {Rebooted},
    ),
    "lost for over a minute": (
        lambda: short(
            2,
            settings=DeviceSettings(store_blocks=200),
            faults=Faults(outages=((13.0, 68.0),)),
            duration_s=84.0,
        ),
        [],
        {Lost},
    ),
    "all at once": (
        lambda: short(5, seed=4, faults=BAD),
        [(2.0, begin), (13.0, press), (19.0, restart(2.0)), (20.0, end), (22.0, again), (25.0, begin)],
        {SetChanged, ButtonPressed, Rebooted},
    ),
}
# Those in which something comes twice in a replay, from the bytes and from the marks: unless care is taken.
REPLAYED = {"the button"}


@pytest.mark.parametrize("name", CASES)
def test_analysed_again_gives_what_was_shown(tmp_path: Path, name: str):
    made, acts, told = CASES[name]
    ran = run(planned(tmp_path), made(), acts)
    assert all(ran.of(kind) for kind in told), "the case is what it says"
    analysis = ran.analysed()
    assert ran.finished is not None
    assert ran.finished.attempts == analysis.attempts
    assert len(analysis.attempts) == len(ran.of(Judged)) >= 1
    # Each was decided, and judged, as it was shown; only its set is counted at the end.
    assert [one.attempt.verdict for one in ran.of(Judged)] == [one.verdict for one in analysis.attempts]
    shown = np.concatenate([one.angles.lumbar_flexion_deg for one in ran.of(Shown)])
    times_s = np.concatenate([one.angles.time_s for one in ran.of(Shown)])
    assert np.all(np.diff(times_s) > 0), "each instant once, in order"
    rows = np.searchsorted(analysis.angles.time_s, times_s - 1e-6)
    # Instants of a pause have no row in the file.
    rows = np.minimum(rows, len(analysis.angles.time_s) - 1)
    there = np.abs(analysis.angles.time_s[rows] - times_s) < 1e-6
    assert there.mean() > 0.05
    off_deg = np.abs(analysis.angles.lumbar_flexion_deg[rows[there]] - shown[there])
    # Three of four instants are shown before their block is whole, by what is known until then: where that changes
    # with the very block, the recording has what is shown next, which fades in by 2.5 deg/s at most, of either tilt.
    assert np.nanmax(off_deg) < 0.3 and np.nanmedian(off_deg) < 1e-9
    assert (np.isnan(shown[there]) == np.isnan(analysis.angles.lumbar_flexion_deg[rows[there]])).mean() > 0.99
    if name not in REPLAYED:
        return
    rerun = replayed(ran.folder, planned(None, like=own_meta(f"replay:{ran.folder}")))
    assert rerun.finished is not None
    assert rerun.finished.attempts == ran.finished.attempts
    assert len(rerun.of(Shown)) == len(ran.of(Shown))


def test_limits_and_programme_go_with_the_recording(tmp_path: Path):
    plan = planned(tmp_path, "unassisted", "lenient", own_max_flexion_deg=30.0)
    ran = run(plan, short(2))
    assert ran.finished is not None
    assert ran.finished.attempts == ran.analysed().attempts
    like = own_meta(f"replay:{ran.folder}")
    assert planned(None, like=like).limits == plan.limits
    # What the user names goes before what the recording says.
    assert planned(None, "assisted", like=like).programme.name == "assisted"


def test_a_calibration_given_is_the_one_it_is_analysed_by(tmp_path: Path):
    found = run(planned(tmp_path / "first"), short(2)).of(Calibrated)[-1].calibration
    ran = run(planned(tmp_path / "second", calibration=found), short(2))
    assert ran.of(Calibrated)[0].how == "given"
    assert ran.of(Shown)[0].angles.time_s[0] < 0.1
    assert ran.finished is not None
    assert ran.finished.attempts == ran.analysed().attempts
