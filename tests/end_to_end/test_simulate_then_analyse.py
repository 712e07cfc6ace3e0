"""The command line from end to end: what was simulated is what is found, offline and live."""

import json
from pathlib import Path
from typing import Any

import pytest

from hiphinge.cli.run import run

# What an intended fault is called in a verdict.
KIND = {
    "flexion": "lumbar_flexion",
    "extension": "lumbar_extension",
    "shallow": "too_shallow",
    "deep": "too_deep",
    "fast": "too_fast",
}
SESSIONS: dict[str, tuple[str, ...]] = {
    "plain": ("--fault", "2:flexion", "--fault", "4:shallow", "--fault", "5:deep"),
    "cheap sensors anyhow": ("--mounting", "random", "--sensors", "cheap", "--fault", "3:extension"),
    "lossy at 50 Hz": ("--rate", "50", "--drop", "0.02", "--fault", "1:fast"),
    "swapped after a walk": ("--swapped", "--walking", "20", "--fault", "3:flexion"),
    "three sets with others between": (
        "--sets", "3", "--distractor", "side_bends", "--distractor", "twists", "--bent-start", "--fault", "2.2:deep",
    ),
}  # fmt: skip


@pytest.mark.parametrize("live", [(), ("--live",)], ids=["offline", "live"])
@pytest.mark.parametrize("what", SESSIONS)
def test_what_was_simulated_is_found(tmp_path: Path, what: str, live: tuple[str, ...]):
    session, truth, result = (str(tmp_path / name) for name in ("s.csv", "t.json", "r.json"))
    assert run(["simulate", session, "--truth-json", truth, "--seed", "7", "--reps", "5", *SESSIONS[what]]) == 0
    assert run(["analyse", session, "--json", result, *live]) == 0
    done, found = read(truth), read(result)
    attempts = [one for one in found["attempts"] if one["set"]]
    assert [one["set"] for one in attempts] == [one["set"] for one in done["repetitions"]]
    assert found["calibration"]["swapped"] is done["swapped"]
    for attempt, true in zip(attempts, done["repetitions"], strict=True):
        kinds = [fault["kind"] for fault in attempt["faults"]]
        if true["fault"] is None:
            assert attempt["verdict"] == "compliant", (attempt, true)
        else:
            assert attempt["verdict"] == "faulty" and KIND[true["fault"]] in kinds, (attempt, true)
        assert attempt["start_s"] < true["bottom_s"] < attempt["end_s"]


def read(path: str) -> dict[str, Any]:
    return json.loads(Path(path).read_text(encoding="utf-8"))
